import { placeOf, RESOLUTIONS, subjectText, type Alert, type Mute } from '../../alerts/alert.ts';
import { alertFigures } from '../../alerts/figures.ts';
import { mutedText, muteFor } from '../../alerts/mute.ts';
import { MuteButton } from '../../alerts/MuteButton.tsx';
import { SeverityMark } from '../../alerts/SeverityMark.tsx';
import { useEndMute, useWhyNoMutes } from '../../alerts/use-alerts.ts';
import { formatAgo, formatClock, formatInstant, formatLength, formatSince } from '../../format/times.ts';
import { AlertInsight } from '../../insights/AlertInsight.tsx';
import { AskInsight } from '../../insights/AskInsight.tsx';
import { PageLink } from '../../url/PageLink.tsx';
import { KINDS } from './rule-words.ts';

interface Props {
  alert: Alert;
  mutes: readonly Mute[];
  /** ms */
  now: number;
}

/** One alert with its figures, where to look, and its mute. */
export function AlertCard({ alert, mutes, now }: Props) {
  const opened = Date.parse(alert.opened_at);
  const figures = alertFigures(alert.values, alert.last_values);
  return (
    <article className="alert-card" data-severity={alert.severity} data-quiet={alert.muted || alert.state === 'resolved' || undefined} aria-label={alert.title}>
      <div className="alert-head">
        <SeverityMark severity={alert.severity} muted={alert.muted || alert.state === 'resolved'} />
        <h3>
          <PageLink {...placeOf(alert, now)} className="alert-title" title={`${subjectText(alert.subject)} at the time it opened`}>
            {alert.title}
          </PageLink>
        </h3>
        <span className="alert-since" title={formatInstant(opened)}>
          {alert.state === 'open' ? `since ${formatSince(opened, now)}, ${formatLength(roundMinutes(now - opened))}` : resolvedText(alert, now)}
        </span>
      </div>
      <dl className="alert-figures">
        {figures.map(({ name, label, opened: then, last }) => (
          <div key={name}>
            <dt>{label}</dt>
            <dd>
              {alert.complete ? '' : <span title="Something was lost in the windows it rests on">≈ </span>}
              {last === null || alert.state === 'resolved' ? then : `${last}, was ${then}`}
            </dd>
          </div>
        ))}
      </dl>
      <p className="alert-description">
        {alert.description}
        {alert.complete ? '' : ' Something was lost in the windows it rests on, so its figures are bounds.'}
      </p>
      <AlertInsight alert={alert} />
      <div className="alert-foot">
        <span className="quiet-text alert-whence">
          <PageLink {...placeOf(alert, now)} className="text-link">
            {subjectText(alert.subject)} at {formatClock(opened)}
          </PageLink>
          {' · '}
          {KINDS[alert.kind]}, rule{' '}
          <PageLink to="/alerts" search={{ try: alert.rule }} className="text-link">
            {alert.rule}
          </PageLink>
          {alert.muted ? <strong className="alert-muted">, {mutedText(muteFor(alert, mutes), now)}</strong> : null}
        </span>
        <span className="alert-actions">
          <AskInsight subject={askable(alert)} window={windowOf(alert, now)} />
          {alert.state === 'open' ? <MuteOf alert={alert} mutes={mutes} /> : null}
        </span>
      </div>
    </article>
  );
}

function MuteOf({ alert, mutes }: { alert: Alert; mutes: readonly Mute[] }) {
  const why = useWhyNoMutes();
  const end = useEndMute();
  const mute = muteFor(alert, mutes);
  // Said once for the page, below the mutes; here it would be said for every alert.
  if (why === undefined) return null;
  if (why !== null)
    return (
      <span className="small quiet-text" title={why}>
        No right to mute
      </span>
    );
  if (mute !== undefined)
    return (
      <button type="button" disabled={end.isPending} onClick={() => end.mutate(mute)}>
        End the mute
      </button>
    );
  return alert.muted ? null : <MuteButton alert={alert} />;
}

/** What an insight can be about: the service or the host of the alert. */
function askable({ subject: { service, host } }: Alert): { service?: string; host?: string } {
  return service !== undefined ? { service } : host !== undefined ? { host } : {};
}

/** Before it opened, so that there is something to compare with; to its end, or to now. ms */
const BEFORE_MS = 15 * 60_000;
const windowOf = (alert: Alert, now: number): { start: number; end: number } => ({
  start: Date.parse(alert.opening_window.start) - BEFORE_MS,
  end: alert.resolved_at === null ? now : Date.parse(alert.resolved_at),
});

function resolvedText(alert: Alert, now: number): string {
  const at = Date.parse(alert.resolved_at ?? '');
  const how = alert.resolution === null ? '' : `, ${RESOLUTIONS[alert.resolution]}`;
  return `${formatSince(Date.parse(alert.opened_at), now)} to ${formatSince(at, now)} (${formatAgo(at, now)})${how}`;
}

/** ms to seconds of whole minutes from the second minute on: seconds would change at every refresh. */
const roundMinutes = (ms: number): number => (ms < 120_000 ? ms / 1000 : Math.floor(ms / 60_000) * 60);
