import { memo, type HTMLAttributes, type ReactNode } from 'react';
import { nextOrder, type Column, type Order } from './column.ts';

export type HeadEvents = Pick<HTMLAttributes<HTMLTableSectionElement>, 'onPointerEnter' | 'onPointerLeave' | 'onFocus' | 'onBlur'>;

interface Props<T> {
  columns: readonly Column<T>[];
  order: Order | null;
  onOrder: (order: Order) => void;
  events: HeadEvents;
}

function Head<T>({ columns, order, onOrder, events }: Props<T>): ReactNode {
  return (
    <thead {...events}>
      <tr aria-rowindex={1}>
        {columns.map((c) => {
          const sorted = order?.id === c.id ? order : null;
          const classes = `${c.align === 'end' ? 'dt-end' : ''} ${sorted === null ? '' : 'dt-sorted'}`;
          if (c.sortable === false) {
            return (
              <th key={c.id} data-column={c.id} scope="col" className={classes} title={c.hint}>
                <span className="dt-head">{c.header}</span>
              </th>
            );
          }
          return (
            <th key={c.id} data-column={c.id} scope="col" className={classes} aria-sort={sorted === null ? undefined : sorted.desc ? 'descending' : 'ascending'}>
              <button type="button" className="dt-head dt-sort" title={c.hint} onClick={() => onOrder(nextOrder(c, order))}>
                <span>{c.header}</span>
                <svg className="dt-arrow" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
                  <path d={sorted !== null && !sorted.desc ? 'M4 1 7.5 7h-7z' : 'M4 7 .5 1h7z'} />
                </svg>
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

export const TableHead = memo(Head) as typeof Head;
