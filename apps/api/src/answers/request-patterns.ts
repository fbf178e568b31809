import type { Ranked } from '../query/cursor.ts';
import type { Group } from './pattern-totals.ts';
import { round } from './round.ts';
import type { GroupRow } from './selection.ts';

export interface RequestPatternRow extends GroupRow {
  exchanges: number;
  rate_per_s: number;
  /** exchanges / exchanges in the range of the same length before - 1; null when there were none */
  trend: number | null;
}

/** @param rangeMs length of the range */
export function requestPatternRows(groups: readonly Group[], rangeMs: number): Ranked<RequestPatternRow>[] {
  return groups
    .filter((g) => g.totals.exchanges > 0)
    .map(({ key, keys, totals: { exchanges, before } }) => ({
      rank: exchanges,
      key,
      row: { ...keys, exchanges, rate_per_s: round((exchanges * 1_000) / rangeMs, 6), trend: before === 0 ? null : round(exchanges / before - 1, 4) },
    }));
}
