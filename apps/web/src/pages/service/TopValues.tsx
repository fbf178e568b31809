import { useMemo } from 'react';
import { DataTable, figure, type Column } from '../../components/table/index.ts';
import { formatCount, formatPercent } from '../../format/numbers.ts';
import type { TopValue } from './routes.ts';

const keyOf = (v: TopValue) => v.value;

function columnsOf(header: string, total: number): Column<TopValue>[] {
  return [
    figure({
      id: 'exchanges',
      header: 'Exchanges',
      hint: 'At most; an estimate may be above the truth by what it says',
      value: (v) => v.exchanges,
      cell: (v) => (
        <span title={v.error > 0 ? `between ${v.exchanges - v.error} and ${v.exchanges}` : 'counted exactly'}>{`${v.error > 0 ? '≤ ' : ''}${formatCount(v.exchanges)}`}</span>
      ),
      width: 120,
    }),
    { id: 'value', header, value: (v) => v.value, cell: (v) => <span title={v.value}>{v.value}</span>, width: 136, grow: true, rowHeader: true, first: 'asc' },
    figure({
      id: 'share',
      header: 'Share',
      value: (v) => (total === 0 ? null : v.exchanges / total),
      cell: (v) => formatPercent(total === 0 ? null : Math.min(1, v.exchanges / total)),
      width: 76,
    }),
  ];
}

/** The most frequent values of one header. `total` are the exchanges that carry it. */
export function TopValues({ label, header, values, total }: { label: string; header: string; values: readonly TopValue[]; total: number }) {
  const columns = useMemo(() => columnsOf(header, total), [header, total]);
  return <DataTable label={label} noun={['value', 'values']} columns={columns} rows={values} rowKey={keyOf} defaultSort="-exchanges" plain empty={<p>No value.</p>} />;
}
