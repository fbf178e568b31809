import type { ReactNode } from 'react';

/** What a cell is worth: sorted, searched and written to CSV by this. null: not known; sorted last, an empty CSV cell. */
export type CellValue = string | number | null;

export interface Column<T> {
  /** stands in the URL (`sort=-excess`) and as the column's name in CSV */
  id: string;
  header: string;
  /** told on hover and to screen readers: what the figure is and where it comes from */
  hint?: string;
  value: (row: T) => CellValue;
  /** what it is sorted by where that is not what it says, such as a state by how bad it is */
  sortBy?: (row: T) => CellValue;
  /** how it looks; without it the value itself */
  cell?: (row: T) => ReactNode;
  /** width in px; `grow` columns share what is left and are at least `width` wide */
  width: number;
  grow?: boolean;
  /** numbers go to the end of the cell, under each other */
  align?: 'start' | 'end';
  /** which way the first click sorts; numbers usually `desc` */
  first?: 'asc' | 'desc';
  sortable?: boolean;
  /** carries the row's link and names the row to screen readers; exactly one column */
  rowHeader?: boolean;
  /** false: not searched by the text filter */
  searched?: boolean;
}

/** What is particular to a column of figures; `text` is how its number reads, where a `cell` of its own is not needed. */
type Figure<T> = Omit<Column<T>, 'align' | 'first' | 'value' | 'cell'> &
  ({ value: Column<T>['value']; cell?: (row: T) => ReactNode; text?: undefined } | { value: (row: T) => number | null; text: (n: number | null, row: T) => ReactNode });

/** A column of figures: under each other at the end of the cell, the largest first. */
export function figure<T>(column: Figure<T>): Column<T> {
  if (column.text === undefined) return { ...column, align: 'end', first: 'desc' };
  const { text, value, ...rest } = column;
  return { ...rest, value, cell: (row) => text(value(row), row), align: 'end', first: 'desc' };
}

/** Sort and filter as they stand in the URL. */
export interface TableState {
  /** column id, with `-` in front for descending */
  sort?: string | undefined;
  q?: string | undefined;
}

export interface Order {
  id: string;
  desc: boolean;
}

/** `-excess` -> excess, descending; null when there is no such column or it cannot be sorted. */
export function parseOrder<T>(sort: string | undefined, columns: readonly Column<T>[]): Order | null {
  if (sort === undefined || sort === '') return null;
  const desc = sort.startsWith('-');
  const id = desc ? sort.slice(1) : sort;
  const column = columns.find((c) => c.id === id);
  return column === undefined || column.sortable === false ? null : { id, desc };
}

export const orderText = ({ id, desc }: Order): string => (desc ? `-${id}` : id);

/** What a click on the header of `column` makes of the order: its first direction, then the other, and so on. */
export function nextOrder<T>(column: Column<T>, now: Order | null): Order {
  if (now?.id === column.id) return { id: column.id, desc: !now.desc };
  return { id: column.id, desc: column.first === 'desc' };
}
