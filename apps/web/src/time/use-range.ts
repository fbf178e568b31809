import { useMemo } from 'react';
import { useSearch, useUpdateSearch } from '../url/use-search.ts';
import { DEFAULT_RANGE, isMoving, type Range } from './range.ts';

/** Seconds between two refreshes, as the URL has them; windows are 10 s long, so 10 is the default. */
export const REFRESH_CHOICES = ['5', '10', '30', '60'] as const;
const DEFAULT_REFRESH = '10';

export interface SharedRange {
  range: Range;
  /** as the API takes it, `10s`; null: by the length of the range */
  step: string | null;
  /** seconds between two refreshes as chosen, also while off */
  refreshSeconds: number;
  /** the range ends at now and refreshing is on */
  live: boolean;
  moving: boolean;
}

export function useRange(): SharedRange {
  const search = useSearch();
  const from = search.from ?? DEFAULT_RANGE.from;
  const to = search.to ?? DEFAULT_RANGE.to;
  const step = search.step ?? null;
  const refresh = search.refresh ?? DEFAULT_REFRESH;
  return useMemo(() => {
    const range = { from, to };
    const moving = isMoving(range);
    const seconds = REFRESH_CHOICES.includes(refresh as (typeof REFRESH_CHOICES)[number]) ? Number(refresh) : Number(DEFAULT_REFRESH);
    return { range, step, refreshSeconds: seconds, live: moving && refresh !== 'off', moving };
  }, [from, to, step, refresh]);
}

/** Sets the range in the URL, as a step that "back" undoes. */
export function useSetRange(): (range: Range) => void {
  const update = useUpdateSearch();
  return useMemo(() => (range: Range) => update({ from: range.from, to: range.to }), [update]);
}
