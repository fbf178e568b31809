import { useMemo, type ReactNode } from 'react';
import type { AnswerOf } from '../../api/client.ts';
import { useApi } from '../../api/hooks.ts';
import { arrivingFrom } from '../../charts/series.ts';
import { TimeChart } from '../../charts/TimeChart.tsx';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { Quality } from '../../components/Quality.tsx';
import { useInSight } from '../../components/table/index.ts';
import type { Role } from '../../components/RoleSwitch.tsx';
import { countOf, formatCount, formatPercent } from '../../format/numbers.ts';
import { formatSince } from '../../format/times.ts';
import { zoomTo } from '../../time/range.ts';
import { stepFor } from '../../time/step.ts';
import { useRange, useSetRange } from '../../time/use-range.ts';
import { CitedStrip } from '../../insights/CitedStrip.tsx';
import { PageLink } from '../../url/PageLink.tsx';
import { useUpdateSearch } from '../../url/use-search.ts';
import type { Chosen } from './chosen.ts';
import { errorTypes, failuresOf, type Failure } from './columns.tsx';
import { ratesOf } from './rate.ts';
import { Samples } from './Samples.tsx';

interface Props {
  chosen: Chosen;
  role: Role;
  /** its row of the table; undefined while it has none */
  row: Failure | undefined;
}

const POINTS = 180;
const ROUTE = ['failure', 'endpoint'] as const;
const FAILED = '4xx,5xx,0';

/** One failing route: since when, how much, and what its failed exchanges look like beside good ones. */
export function RouteFailures({ chosen, role, row }: Props): ReactNode {
  const { range, step } = useRange();
  const update = useUpdateSearch();
  const heading = useInSight<HTMLHeadingElement>();
  const keys = { ...chosen, role };
  const asked = { ...keys, step: step ?? stepFor(range, POINTS) };
  const all = useApi('/v1/latency', asked);
  const failed = useApi('/v1/latency', { ...asked, status: FAILED });
  const outcomes = useApi('/v1/failures', { ...keys, group_by: 'status', limit: 50 });
  return (
    <section className="page-grid fail-route" aria-labelledby="fail-route">
      <div>
        <div className="fail-head">
          <h2 id="fail-route" ref={heading}>
            {chosen.method} {chosen.route} <span className="quiet-text">of</span>{' '}
            <PageLink to="/services/$service" params={{ service: chosen.service }} className="text-link">
              {chosen.service}
            </PageLink>
          </h2>
          <button type="button" className="quiet" onClick={() => update({ at: null, outcome: null, failed: null, good: null, diff: null })}>
            Close
          </button>
        </div>
        <p>{row === undefined ? '\u00a0' : sentence(row, all.dataUpdatedAt)}</p>
        <Quality quality={all.data?.quality} exchanges={row?.exchanges} />
      </div>
      <CitedStrip what="this route" shown={{ kinds: ROUTE, ...chosen }} enabled={all.data !== undefined} lines={1} />
      <Answered query={all} what="its error rate" height={200}>
        {(answer) =>
          answer.data.every((p) => p.exchanges === 0) ? (
            <EmptyBox title="It was not asked in this range">
              There is no exchange of this route {role === 'server' ? 'as a server' : 'as a client'} here. Widen the range, or look at the other side of the exchanges.
            </EmptyBox>
          ) : (
            <Rate all={answer} failed={failed.data ?? null} readAt={all.dataUpdatedAt} />
          )
        }
      </Answered>
      <Samples chosen={chosen} role={role} outcomes={outcomes.data?.data ?? []} />
    </section>
  );
}

function sentence(row: Failure, now: number): string {
  const failures = failuresOf(row);
  const usual =
    row.baseline_ratio === null
      ? 'Nothing was asked of it in the range before, so there is no usual rate'
      : `Usual is ${formatPercent(row.baseline_ratio)}, so ${formatCount(Math.round(row.excess))} are more than usual`;
  const types = errorTypes(row);
  return `${countOf(failures, 'failure')} of ${countOf(row.exchanges, 'exchange')} (${formatPercent(row.error_ratio)}). ${usual}. First in this range at ${formatSince(Date.parse(row.first_seen), now)}.${types === '' ? '' : ` Without a whole response: ${types}.`}`;
}

type Latency = AnswerOf<'/v1/latency'>;

function Rate({ all, failed, readAt }: { all: Latency; failed: Latency | null; readAt: number }): ReactNode {
  const setRange = useSetRange();
  const shown = useMemo(() => {
    // Two answers may be of two moments; drawn is the range of the first.
    const rates = ratesOf(all.data, failed?.data ?? [], all.range);
    const range = { start: Date.parse(all.range.start), end: Date.parse(all.range.end) };
    return {
      ...rates,
      range,
      arriving: arrivingFrom(range, all.quality.complete, readAt),
      perSecond: (v: (number | null)[]) => v.map((n) => (n === null ? null : n / all.range.step)),
    };
  }, [all, failed, readAt]);
  const common = { t: shown.t, range: shown.range, arrivingFrom: shown.arriving, onZoom: (from: number, to: number) => setRange(zoomTo(from, to)) };
  return (
    <div className="fail-charts">
      <TimeChart
        {...common}
        title="Error rate"
        format={formatPercent}
        series={[{ label: 'Failed', values: failed === null ? shown.ratio.map(() => null) : shown.ratio, colour: 'error', filled: true }]}
      />
      <TimeChart
        {...common}
        title="Exchanges in a step"
        format={formatCount}
        series={[
          { label: 'All', values: shown.exchanges, colour: 'rest' },
          { label: 'Failed', values: failed === null ? shown.failed.map(() => null) : shown.failed, colour: 'error' },
        ]}
      />
    </div>
  );
}
