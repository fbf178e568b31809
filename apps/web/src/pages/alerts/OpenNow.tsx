import { openSentence, worstFirst, type Alert, type Mute } from '../../alerts/alert.ts';
import { useNow, type Asked } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { formatSince } from '../../format/times.ts';
import { PageLink } from '../../url/PageLink.tsx';
import { useUpdateSearch } from '../../url/use-search.ts';
import { useRules } from './Rules.tsx';
import { AlertCard } from './AlertCard.tsx';

interface Props {
  query: Asked<'/v1/alerts'>;
  shown: (alert: Alert) => boolean;
  /** not all alerts are asked for */
  narrowed: boolean;
  mutes: readonly Mute[];
}

/** What is open now, worst first. */
export function OpenNow({ query, shown, narrowed, mutes }: Props) {
  return (
    <section aria-label="Open now">
      <h2 className="section-head">Open now</h2>
      <Answered query={query} what="the open alerts" height={240}>
        {(answer) => {
          const all = answer.data;
          const open = all.filter(shown).toSorted(worstFirst);
          const now = query.dataUpdatedAt;
          if (open.length === 0) return <div className="alerts-none">{narrowed && all.length > 0 ? <OthersOpen n={all.length} /> : <NothingOpen now={now} />}</div>;
          return (
            <>
              <p className="alerts-verdict">{openSentence(open, now)}</p>
              <ul className="alert-cards">
                {open.map((alert) => (
                  <li key={alert.id}>
                    <AlertCard alert={alert} mutes={mutes} now={now} />
                  </li>
                ))}
              </ul>
              {answer.next_cursor === undefined ? null : <p className="small quiet-text">Only the worst {all.length} are shown; the API has the others.</p>}
            </>
          );
        }}
      </Answered>
    </section>
  );
}

function OthersOpen({ n }: { n: number }) {
  const update = useUpdateSearch();
  return (
    <EmptyBox title="Nothing of this kind is open">
      <p>{n === 1 ? 'Another alert is open.' : `${n} other alerts are open.`}</p>
      <p className="alerts-actions">
        <button type="button" onClick={() => update({ severity: null, service: null, rule: null })}>
          Show all
        </button>
      </p>
    </EmptyBox>
  );
}

/** Why nothing is open: nothing matched, since when, or nothing is looked at. */
function NothingOpen({ now }: { now: number }) {
  const rules = useRules();
  const last = useNow('/v1/alerts', { state: 'resolved', limit: 50 });
  const evaluated = rules.data?.data.filter((r) => r.enabled).length;
  const since = Math.max(...(last.data?.data ?? []).map((a) => Date.parse(a.resolved_at ?? '')));
  if (evaluated === 0)
    return (
      <EmptyBox title="No rule is evaluated">
        <p>
          {rules.data?.source === null
            ? 'No analyzer has said which rules are in force: none runs, or alerts.enabled is off in its settings.'
            : `${rules.data?.source} has no rule that is enabled, so nothing can open.`}{' '}
          Start an analyzer with <code>alerts.enabled</code>, or put rules into the file of <code>alerts.rules_file</code>.
        </p>
      </EmptyBox>
    );
  return (
    <EmptyBox title={Number.isFinite(since) ? `Nothing open since ${formatSince(since, now)}` : 'Nothing is open'}>
      <p>
        {evaluated === undefined ? '' : `${evaluated} rules look at every closed minute, so about half a minute behind. `}
        That is as good as what they look at: the{' '}
        <PageLink to="/fleet" className="text-link">
          fleet page
        </PageLink>{' '}
        says whether everything is measured, and below a rule can be tried with other figures.
      </p>
    </EmptyBox>
  );
}
