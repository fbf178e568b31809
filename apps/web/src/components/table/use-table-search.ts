import { useCallback, useMemo } from 'react';
import { useSearch, useUpdateSearch } from '../../url/use-search.ts';
import type { TableState } from './column.ts';

/** Sort and filter of a table in the URL as `sort` and `q`, or `<prefix>_sort` and `<prefix>_q` for a page's second table. */
export function useTableSearch(prefix = ''): { state: TableState; onState: (state: TableState) => void } {
  const search = useSearch();
  const update = useUpdateSearch();
  const [sortName, qName] = prefix === '' ? ['sort', 'q'] : [`${prefix}_sort`, `${prefix}_q`];
  const sort = search[sortName];
  const q = search[qName];
  const state = useMemo(() => ({ sort, q }), [sort, q]);
  // "Back" leaves the page; it does not play typing and sorting backwards.
  const onState = useCallback((next: TableState) => update({ [sortName]: next.sort ?? null, [qName]: next.q ?? null }, { replace: true }), [update, sortName, qName]);
  return { state, onState };
}
