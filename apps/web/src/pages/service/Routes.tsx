import { useMemo } from 'react';
import type { RowOf } from '../../api/client.ts';
import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { DataTable, figure, useTableSearch, type Column } from '../../components/table/index.ts';
import { formatBytes, formatCount, formatExact, formatMs, formatPercent, formatRate, formatTrend } from '../../format/numbers.ts';
import { longOf } from './in-progress.ts';
import { useRouteFilter } from './RouteFilter.tsx';
import { failedOf } from './routes.ts';

type Route = RowOf<'/v1/request-patterns'>;

const keyOf = (r: Route) => `${r.method ?? ''} ${r.route ?? ''}`;
const target = (r: Route) => ({ to: '.', search: { method: r.method ?? '', route: r.route ?? '' }, keep: true });

const number = (
  id: string,
  header: string,
  hint: string,
  width: number,
  value: (r: Route) => number | null,
  text: (n: number | null, r: Route) => React.ReactNode,
): Column<Route> =>
  figure({
    id,
    header,
    hint,
    value,
    text,
    width,
  });

/** `spent` is the time spent on all routes shown, ms; `long`: some of them have exchanges that last. */
function columnsOf(spent: number, long: boolean): Column<Route>[] {
  return [
    number(
      'time',
      'Time spent',
      'Sum of the total times of its exchanges, and its share of all routes',
      168,
      (r) => r.total_ms_sum ?? null,
      (n) => (
        <span className="share">
          <span>{formatMs(n)}</span>
          <span className="quiet-text">{spent > 0 && n !== null ? formatPercent(n / spent) : ''}</span>
        </span>
      ),
    ),
    { id: 'method', header: 'Method', value: (r) => r.method ?? '', cell: (r) => <code>{r.method}</code>, width: 88, first: 'asc' },
    { id: 'route', header: 'Route', value: (r) => r.route ?? '', cell: (r) => <code>{r.route}</code>, width: 200, grow: true, rowHeader: true, first: 'asc' },
    number(
      'rate',
      'Rate',
      'Exchanges a second over the range',
      88,
      (r) => r.rate_per_s,
      (n, r) => <span title={`${formatExact(r.exchanges)} exchanges`}>{formatRate(n)}</span>,
    ),
    number(
      'exchanges',
      'Exchanges',
      'In the range',
      104,
      (r) => r.exchanges,
      (n) => formatCount(n),
    ),
    number('errors', 'Errors', 'Status 500 and above, and exchanges without a whole response', 88, failedOf, (n, r) => (
      <span
        className={(n ?? 0) > 0 ? 'bad-text' : ''}
        title={`${formatExact(r.server_errors ?? 0)} server errors, ${formatExact(r.transport_errors ?? 0)} without a whole response`}
      >
        {formatPercent(n)}
      </span>
    )),
    number('p50', 'p50', 'Total time that half of the exchanges stayed within', 88, (r) => r.total_ms?.p50 ?? null, formatMs),
    number('p95', 'p95', 'Total time that 95 % stayed within', 88, (r) => r.total_ms?.p95 ?? null, formatMs),
    number('p99', 'p99', 'Total time that 99 % stayed within', 88, (r) => r.total_ms?.p99 ?? null, formatMs),
    ...(long
      ? [
          number(
            'open',
            'In progress',
            'Long exchanges (streams, WebSockets, downloads) that began in the range less those that ended in it; below 0 older ones ended',
            112,
            (r) => (r.begun ?? 0) - (r.ended ?? 0),
            (n, r) => <span title={`${formatExact(r.begun ?? 0)} began, ${formatExact(r.ended ?? 0)} ended`}>{formatCount(n).replace('-', '\u2212')}</span>,
          ),
        ]
      : []),
    number('bytes', 'Responses', 'Bytes of responses on the wire, where known', 112, (r) => r.response_bytes ?? null, formatBytes),
    number('trend', 'Before', 'Exchanges against the range of the same length before', 88, (r) => r.trend, formatTrend),
    number('trend_day', 'Yesterday', 'Exchanges against the same range a day earlier', 96, (r) => r.trend_day, formatTrend),
  ];
}

/** By time spent, not by p99 alone: where the time goes is where it can be saved. */
export function Routes({ service, role }: { service: string; role: 'server' | 'client' }) {
  const query = useApi('/v1/request-patterns', { group_by: 'method,route', view: 'latency', service, role, limit: 1000 });
  return (
    <section aria-label="Routes">
      <h2 className="section-head">Routes by time spent</h2>
      <Answered query={query} what="the routes" height={320}>
        {(answer) => (
          <>
            <Table rows={answer.data} />
            {answer.next_cursor === undefined ? null : <p className="small quiet-text">The 1,000 routes with most exchanges are listed; the API has the others.</p>}
          </>
        )}
      </Answered>
    </section>
  );
}

function Table({ rows }: { rows: readonly Route[] }) {
  const { state, onState } = useTableSearch();
  const filter = useRouteFilter();
  const columns = useMemo(
    () =>
      columnsOf(
        rows.reduce((sum, r) => sum + (r.total_ms_sum ?? 0), 0),
        longOf(rows) !== null,
      ),
    [rows],
  );
  return (
    <DataTable
      label="Routes by time spent"
      noun={['route', 'routes']}
      columns={columns}
      rows={rows}
      rowKey={keyOf}
      defaultSort="-time"
      state={state}
      onState={onState}
      rowTarget={target}
      {...(filter === null ? {} : { selected: `${filter.method} ${filter.route}` })}
      maxHeight="480px"
      empty={
        <EmptyBox title="No route was called in this range">
          <p>Widen the range, or look at the other side of the exchanges.</p>
        </EmptyBox>
      }
    />
  );
}
