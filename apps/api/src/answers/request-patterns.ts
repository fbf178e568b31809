import type { Ranked } from '../query/cursor.ts';
import type { PatternCounts } from '../windows/decoded.ts';
import { Groups, selects, type GroupKey, type GroupRow, type Selection } from './selection.ts';

export interface RequestPatternRow extends GroupRow {
  exchanges: number;
  rate_per_s: number;
  /** exchanges / exchanges in the range of the same length before - 1; null when there were none */
  trend: number | null;
}

/** Counts by group, in the range and in the one of the same length before it. */
export class RequestPatternFold {
  readonly #selection: Selection;
  readonly #groups: Groups<{ exchanges: number; before: number }>;

  constructor(selection: Selection, keys: readonly GroupKey[]) {
    this.#selection = selection;
    this.#groups = new Groups(keys, () => ({ exchanges: 0, before: 0 }));
  }

  add(service: string, rows: readonly PatternCounts[], before: boolean): void {
    for (const p of rows) {
      if (!selects(this.#selection, p)) continue;
      const group = this.#groups.of(service, p);
      if (before) group.before += p.exchanges;
      else group.exchanges += p.exchanges;
    }
  }

  /** @param rangeMs length of the range */
  rows(rangeMs: number): Ranked<RequestPatternRow>[] {
    const rows: Ranked<RequestPatternRow>[] = [];
    for (const { key, keys, value } of this.#groups.all()) {
      if (value.exchanges === 0) continue;
      const trend = value.before === 0 ? null : round(value.exchanges / value.before - 1, 4);
      rows.push({ rank: value.exchanges, key, row: { ...keys, exchanges: value.exchanges, rate_per_s: round((value.exchanges * 1_000) / rangeMs, 6), trend } });
    }
    return rows;
  }
}

export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
