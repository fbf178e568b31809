import { useMemo } from 'react';
import type { RowOf } from '../../api/client.ts';
import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { DataTable, figure, type Column } from '../../components/table/index.ts';
import { countOf, formatCount, formatExact } from '../../format/numbers.ts';
import { formatSince } from '../../format/times.ts';

type Change = RowOf<'/v1/request-patterns'>;

const keyOf = (c: Change) => `${c.method ?? ''} ${c.route ?? ''}`;
const target = (c: Change) => ({ to: '.', search: { method: c.method ?? '', route: c.route ?? '' }, keep: true });
const seenOf = (c: Change): string | null => (c.change === 'vanished' ? c.last_seen : c.first_seen) ?? null;
const sizeOf = (c: Change): number => (c.change === 'vanished' ? (c.expected_exchanges ?? 0) : c.exchanges);

function columnsOf(now: number): Column<Change>[] {
  return [
    figure({
      id: 'size',
      header: 'Exchanges',
      hint: 'Of a new route in the range; of a vanished one what the range would have had of it',
      value: sizeOf,
      cell: (c) => <span title={formatExact(sizeOf(c))}>{c.change === 'vanished' ? `0 of ${formatCount(Math.round(sizeOf(c)))}` : formatCount(sizeOf(c))}</span>,
      width: 112,
    }),
    { id: 'route', header: 'Route', value: keyOf, cell: (c) => <code>{keyOf(c)}</code>, width: 200, grow: true, rowHeader: true, first: 'asc' },
    {
      id: 'change',
      header: 'Change',
      hint: 'New: not there in the 24 hours before. Vanished: steady then, and not there now',
      value: (c) => c.change ?? '',
      cell: (c) => (
        <span className="change" data-change={c.change} title={c.certain === false ? 'It may have been among those that were not told apart' : undefined}>
          <span aria-hidden="true">{c.change === 'vanished' ? '−' : '+'}</span> {c.change === 'vanished' ? 'Vanished' : 'New'}
          {c.certain === false ? ', perhaps' : ''}
        </span>
      ),
      width: 136,
      first: 'desc',
    },
    figure({
      id: 'seen',
      header: 'Since',
      hint: 'A new one was seen first, a vanished one last',
      value: seenOf,
      cell: (c) => {
        const at = seenOf(c);
        return at === null ? '–' : formatSince(Date.parse(at), now);
      },
      width: 112,
    }),
  ];
}

/** What is asked now and was not before, and what is not asked any more. */
export function Changes({ service, role }: { service: string; role: 'server' | 'client' }) {
  const query = useApi('/v1/request-patterns', { view: 'changes', service, role, limit: 200 });
  return (
    <section aria-label="New and vanished">
      <h2 className="section-head">New and vanished routes</h2>
      <Answered query={query} what="the changes" height={72}>
        {(answer) =>
          answer.data.length === 0 ? (
            <p className="quiet-text changes-none">
              Against the 24 hours before the range no route is new and none has vanished. With less than an hour watched before it nobody could say; then a range that begins later
              tells.
            </p>
          ) : (
            <Table rows={answer.data} now={query.dataUpdatedAt} />
          )
        }
      </Answered>
    </section>
  );
}

function Table({ rows, now }: { rows: readonly Change[]; now: number }) {
  const columns = useMemo(() => columnsOf(now), [now]);
  const vanished = rows.filter((r) => r.change === 'vanished').length;
  return (
    <>
      <p className="quiet-text">
        {countOf(rows.length - vanished, 'new route')}, {countOf(vanished, 'vanished one')}, against the 24 hours before the range.
      </p>
      <DataTable
        label="Routes that changed"
        noun={['route', 'routes']}
        columns={columns}
        rows={rows}
        rowKey={keyOf}
        rowTarget={target}
        defaultSort="-change"
        maxHeight="320px"
        plain
        empty={null}
      />
    </>
  );
}
