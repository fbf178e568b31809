import { memo, type ReactNode } from 'react';
import type { Search } from '../../url/search.ts';
import type { Column } from './column.ts';
import { RowLink, type RowTarget } from './row-link.tsx';

interface Props<T> {
  row: T;
  index: number;
  columns: readonly Column<T>[];
  orderId: string | undefined;
  target: ((row: T) => RowTarget) | undefined;
  here: Search;
  active: boolean;
  selected: boolean;
}

function Row<T>({ row, index, columns, orderId, target, here, active, selected }: Props<T>): ReactNode {
  return (
    <tr aria-rowindex={index + 2} data-index={index} className={selected ? 'dt-selected' : undefined}>
      {columns.map((c) => {
        const value = c.value(row);
        const shown: ReactNode = c.cell === undefined ? (value ?? <Unknown />) : c.cell(row);
        const classes = `${c.align === 'end' ? 'dt-end' : ''}${c.id === orderId ? ' dt-sorted' : ''}`;
        if (c.rowHeader !== true) {
          return (
            <td key={c.id} className={classes} title={typeof value === 'string' && c.cell === undefined ? value : undefined}>
              {shown}
            </td>
          );
        }
        return (
          <th key={c.id} scope="row" className={classes} title={typeof value === 'string' ? value : undefined}>
            {target === undefined ? (
              shown
            ) : (
              <RowLink target={target(row)} here={here} active={active} selected={selected}>
                {shown}
              </RowLink>
            )}
          </th>
        );
      })}
    </tr>
  );
}

function Unknown(): ReactNode {
  return (
    <span className="dt-unknown">
      <span aria-hidden="true">–</span>
      <span className="hidden-visually">not known</span>
    </span>
  );
}

export const TableRow = memo(Row) as typeof Row;
