import { useMemo } from 'react';
import type { RowOf } from '../../api/client.ts';
import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { DataTable, figure, type Column } from '../../components/table/index.ts';
import { formatCount, formatExact, formatPercent, formatTrend } from '../../format/numbers.ts';
import type { RouteChoice } from './RouteFilter.tsx';
import { isFailure, statusText } from './routes.ts';

type Row = RowOf<'/v1/request-patterns'>;

const keyOf = (r: Row) => String(r.status ?? 0);

function columnsOf(total: number): Column<Row>[] {
  return [
    figure({
      id: 'exchanges',
      header: 'Exchanges',
      value: (r) => r.exchanges,
      cell: (r) => <span title={formatExact(r.exchanges)}>{formatCount(r.exchanges)}</span>,
      width: 120,
    }),
    {
      id: 'status',
      header: 'Status',
      value: (r) => r.status ?? 0,
      cell: (r) => (
        <span className={isFailure(r.status ?? 0) ? 'bad-text' : ''}>
          {r.status === 0 ? '' : `${r.status} `}
          {statusText(r.status ?? 0)}
        </span>
      ),
      width: 144,
      grow: true,
      rowHeader: true,
      first: 'asc',
    },
    figure({
      id: 'share',
      header: 'Share',
      value: (r) => (total === 0 ? null : r.exchanges / total),
      cell: (r) => formatPercent(total === 0 ? null : r.exchanges / total),
      width: 80,
    }),
    figure({
      id: 'trend',
      header: 'Before',
      hint: 'Exchanges against the range of the same length before',
      value: (r) => r.trend,
      text: formatTrend,
      width: 80,
    }),
  ];
}

export function Statuses({ service, role, filter }: { service: string; role: 'server' | 'client'; filter: RouteChoice | null }) {
  const query = useApi('/v1/request-patterns', { group_by: 'status', service, role, ...(filter ?? {}) });
  return (
    <section aria-label="Statuses">
      <h2 className="section-head">Statuses</h2>
      <Answered query={query} what="the statuses" height={200}>
        {(answer) => <Table rows={answer.data} />}
      </Answered>
    </section>
  );
}

function Table({ rows }: { rows: readonly Row[] }) {
  const columns = useMemo(() => columnsOf(rows.reduce((sum, r) => sum + r.exchanges, 0)), [rows]);
  return (
    <DataTable
      label="Statuses by exchanges"
      noun={['status', 'statuses']}
      columns={columns}
      rows={rows}
      rowKey={keyOf}
      defaultSort="-exchanges"
      plain
      empty={<p>No exchange in this range.</p>}
    />
  );
}
