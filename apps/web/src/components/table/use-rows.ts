import { columnFilteringFeature, createFilteredRowModel, createSortedRowModel, globalFilteringFeature, rowSortingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import type { ColumnDef, FilterFn, Row, SortFn } from '@tanstack/react-table';
import { useMemo } from 'react';
import type { Column, Order } from './column.ts';
import { compareValues, matcher } from './compare.ts';

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  columnFilteringFeature,
  filteredRowModel: createFilteredRowModel(),
  globalFilteringFeature,
});
type Features = typeof features;

/** All searched cells of a row in one text, so that words of one filter may stand in different columns. */
const TEXT = '\u0000text';

const sortFn = (<T extends object>(a: Row<Features, T>, b: Row<Features, T>, id: string) => compareValues(a.getValue(id), b.getValue(id))) satisfies SortFn<Features, never>;

/** The filter function is asked row by row; the words are cut up once a filter. */
function textFilter<T extends object>(): FilterFn<Features, T> {
  let last = '';
  let test = matcher('');
  return (row, id, q: string) => {
    if (q !== last) [last, test] = [q, matcher(q)];
    return test(row.getValue(id));
  };
}

/** The rows that pass the filter, in order; the unknown last in both directions; equal ones as they came. */
export function useRows<T extends object>(columns: readonly Column<T>[], rows: readonly T[], order: Order | null, q: string): T[] {
  const defs = useMemo(() => {
    const own = columns.map((c): ColumnDef<Features, T> => {
      const accessorFn = (row: T): string | number | undefined => {
        const value = (c.sortBy ?? c.value)(row);
        return value === null || Number.isNaN(value) ? undefined : value;
      };
      return { id: c.id, accessorFn, sortFn, sortUndefined: 'last', enableSorting: c.sortable !== false, enableGlobalFilter: false } as ColumnDef<Features, T>;
    });
    const searched = columns.filter((c) => c.searched !== false);
    const text = { id: TEXT, accessorFn: (row: T) => searched.map((c) => c.value(row) ?? '').join(' '), enableGlobalFilter: true } as ColumnDef<Features, T>;
    return [...own, text];
  }, [columns]);
  const globalFilterFn = useMemo(() => textFilter<T>(), []);
  const sorting = useMemo(() => (order === null ? [] : [order]), [order]);
  const table = useTable<Features, T>({
    features,
    columns: defs,
    data: rows as T[],
    state: { sorting, globalFilter: q, columnFilters: [] },
    globalFilterFn,
    getColumnCanGlobalFilter: (column) => column.id === TEXT,
  });
  const model = table.getRowModel();
  return useMemo(() => model.rows.map((r) => r.original), [model]);
}
