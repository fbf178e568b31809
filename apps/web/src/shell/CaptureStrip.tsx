import { useApi } from '../api/hooks.ts';
import { useTrouble } from '../api/trouble.ts';
import { formatSeconds } from '../format/times.ts';
import { NAVIGATION } from './pages.ts';
import { PageLink } from '../url/PageLink.tsx';
import { captureState, type CaptureState } from './capture.ts';

const MARK: Readonly<Record<CaptureState['level'], string>> = { good: '●', notice: '◆', bad: '▲' };

/**
 * One line under the navigation, always there and always as high, so that what it has to say moves nothing: whether the
 * measurement can be believed, and whether the page is still being kept up to date.
 */
export function CaptureStrip() {
  const agents = useApi('/v1/fleet/agents', {});
  const trouble = useTrouble();
  let state: CaptureState | null = null;
  if (trouble !== null) {
    const since = trouble.since === null ? '' : ` What is shown is of ${formatSeconds(trouble.since)}.`;
    state = { level: 'bad', sentences: [`${trouble.title}; trying again.${since}`] };
  } else if (agents.data) state = captureState(agents.data.data, agents.data.quality.lost, agents.data.quality.sampling);
  const fleet = NAVIGATION.find((page) => page.path === '/fleet');
  return (
    <div className="capture" role="status" aria-label="Capture" data-level={state?.level ?? 'none'}>
      {state === null ? null : (
        <>
          <span className="capture-mark" aria-hidden="true">
            {MARK[state.level]}
          </span>
          <span className="capture-text" title={state.sentences.join(' ')}>
            {state.sentences.join(' ')}
          </span>
          {fleet && agents.data && trouble === null ? (
            <PageLink to={fleet.path} className="capture-more">
              Capture by host
            </PageLink>
          ) : null}
        </>
      )}
    </div>
  );
}
