import { useMemo, type ReactNode } from 'react';
import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import type { Role } from '../../components/RoleSwitch.tsx';
import { CompareTable } from '../../exchange/CompareTable.tsx';
import type { Sample } from '../../exchange/exchange.ts';
import { ExchangeView } from '../../exchange/ExchangeView.tsx';
import { findShared } from '../../exchange/shared.ts';
import { SharedList } from '../../exchange/SharedList.tsx';
import { countOf, formatCount } from '../../format/numbers.ts';
import { formatAgo, formatInstant } from '../../format/times.ts';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import type { Chosen } from './chosen.ts';
import { failuresOf, type Failure } from './columns.tsx';
import { outcomeStatus, pickSamples, sampleAt } from './samples.ts';

interface Props {
  chosen: Chosen;
  role: Role;
  /** failures of the route by status */
  outcomes: readonly Failure[];
}

const outcomeLabel = (status: number): string => (status === 0 ? 'no response' : String(status));

/** Kept samples of the route: what the failed ones share, and one beside a good one. */
export function Samples({ chosen, role, outcomes }: Props): ReactNode {
  const samples = useApi('/v1/exchanges', { ...chosen, role, limit: 200 }, { stepless: true });
  if (samples.error !== null && (samples.error.status === 403 || samples.error.status === 404)) {
    return (
      <EmptyBox title="Single exchanges are not shown to you">
        {samples.error.code === 'insufficient_scope'
          ? 'Reading them needs the scope events:read, which your login does not have. Ask whoever gave it to you for that scope; until then the figures above are what can be known.'
          : samples.error.message}
      </EmptyBox>
    );
  }
  return (
    <Answered query={samples} what="the kept exchanges" height={400}>
      {(answer) => <Compared samples={answer.data as unknown as Sample[]} outcomes={outcomes} readAt={samples.dataUpdatedAt} />}
    </Answered>
  );
}

function Compared({ samples, outcomes, readAt }: { samples: readonly Sample[]; outcomes: readonly Failure[]; readAt: number }): ReactNode {
  const outcome = useParameter('outcome', '');
  const failedAt = useParameter('failed', '');
  const goodAt = useParameter('good', '');
  const onlyDifferences = useParameter('diff', '') === 'only';
  const update = useUpdateSearch();
  const statuses = useMemo(() => [...new Set(samples.filter((s) => s.kept === 'failed').map(outcomeStatus))], [samples]);
  const status = statuses.includes(Number(outcome)) && outcome !== '' ? Number(outcome) : (mostFrequent(statuses, outcomes) ?? null);
  const picked = useMemo(() => pickSamples(samples, status), [samples, status]);
  const shared = useMemo(
    () =>
      findShared(
        picked.failed.map((s) => s.exchange),
        picked.good.map((s) => s.exchange),
      ),
    [picked],
  );
  const failed = sampleAt(picked.failed, failedAt);
  const good = sampleAt(picked.good, goodAt);

  if (failed === undefined) {
    return (
      <EmptyBox title="No failed exchange of this route is kept">
        Of each route and status a few exchanges are kept for 24 hours, from when the analyzer first sees them. Choose a range that ends later, or wait for the next failure.
      </EmptyBox>
    );
  }
  return (
    <div className="page-grid">
      {statuses.length < 2 ? null : (
        <div className="fail-outcomes" role="group" aria-label="Outcome">
          <span className="quiet-text">Outcome</span>
          <div className="segments">
            {statuses.map((s) => (
              <button key={s} type="button" aria-pressed={s === status} onClick={() => update({ outcome: String(s), failed: null })}>
                {outcomeLabel(s)}
                {countText(s, outcomes)}
              </button>
            ))}
          </div>
        </div>
      )}
      <section aria-labelledby="fail-shared" className="fail-section">
        <h3 id="fail-shared">What do the broken ones share?</h3>
        {good === undefined ? (
          <p>No good exchange of this route is kept, so there is nothing to hold them against: in the last 24 hours it never succeeded while it was watched.</p>
        ) : (
          <SharedList answer={shared} />
        )}
      </section>
      <section aria-labelledby="fail-beside" className="fail-section">
        <div className="fail-head">
          <h3 id="fail-beside">{good === undefined ? 'A failed exchange' : `Failed beside ${picked.goodKind === 'good' ? 'good' : 'slow'}`}</h3>
          <div className="fail-picks">
            <SampleSelect label="Failed exchange" samples={picked.failed} chosen={failed} readAt={readAt} onChoose={(at) => update({ failed: at }, { replace: true })} />
            {good === undefined ? null : (
              <>
                <SampleSelect
                  label={picked.goodKind === 'good' ? 'Good exchange' : 'Slow exchange'}
                  samples={picked.good}
                  chosen={good}
                  readAt={readAt}
                  onChoose={(at) => update({ good: at }, { replace: true })}
                />
                <label className="fail-only">
                  <input type="checkbox" checked={onlyDifferences} onChange={(e) => update({ diff: e.target.checked ? 'only' : null }, { replace: true })} /> Only differences
                </label>
              </>
            )}
          </div>
        </div>
        {good === undefined ? (
          <ExchangeView exchange={failed.exchange} label="Failed exchange" />
        ) : (
          <CompareTable failed={failed.exchange} good={good.exchange} goodLabel={picked.goodKind} goods={picked.good.map((s) => s.exchange)} onlyDifferences={onlyDifferences} />
        )}
      </section>
    </div>
  );
}

/** The status that failed most, of those of which there are samples. */
function mostFrequent(statuses: readonly number[], outcomes: readonly Failure[]): number | undefined {
  const count = (s: number): number => outcomes.reduce((n, o) => (o.status === s ? n + failuresOf(o) : n), 0);
  return statuses.toSorted((a, b) => count(b) - count(a))[0];
}

function countText(status: number, outcomes: readonly Failure[]): string {
  const row = outcomes.find((o) => o.status === status);
  return row === undefined ? '' : ` · ${formatCount(failuresOf(row))}`;
}

function SampleSelect(props: { label: string; samples: readonly Sample[]; chosen: Sample; readAt: number; onChoose: (seenAt: string) => void }): ReactNode {
  const { label, samples, chosen, readAt, onChoose } = props;
  return (
    <select aria-label={label} title={`${label}: ${countOf(samples.length, 'sample')} kept`} value={chosen.seen_at} onChange={(e) => onChoose(e.target.value)}>
      {samples.map((s, i) => (
        <option key={`${s.seen_at} ${i}`} value={s.seen_at}>
          {label}, {formatInstant(Math.floor(Date.parse(s.seen_at) / 1_000) * 1_000)} ({i === 0 ? 'newest, ' : ''}
          {formatAgo(Date.parse(s.seen_at), readAt)})
        </option>
      ))}
    </select>
  );
}
