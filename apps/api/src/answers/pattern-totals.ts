import type { PatternCounts, PatternIdentity } from '../windows/digest.ts';
import { selects, type GroupKey, type GroupRow, type Selection } from './selection.ts';

export interface Totals {
  exchanges: number;
  /** exchanges in the range of the same length before */
  before: number;
  clientErrors: number;
  serverErrors: number;
  /** no whole response and no status of 400 or above */
  transportErrors: number;
  /** first exchange that failed, ms since the epoch; Infinity: none */
  firstFailureMs: number;
}

export interface Group {
  key: string;
  keys: GroupRow;
  totals: Totals;
}

function empty(): Totals {
  return { exchanges: 0, before: 0, clientErrors: 0, serverErrors: 0, transportErrors: 0, firstFailureMs: Infinity };
}

/**
 * Sums the windows of a range by pattern, then the patterns by what the query groups by: the first happens once per
 * pattern and window and is one look-up in an array, the second once per pattern.
 */
export class PatternTotals {
  readonly #selection: Selection;
  /** by PatternIdentity.index; null: not selected */
  readonly #byIndex: (Totals | null | undefined)[] = [];
  readonly #selected: { pattern: PatternIdentity; totals: Totals }[] = [];

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  #of(pattern: PatternIdentity): Totals | null {
    const known = this.#byIndex[pattern.index];
    if (known !== undefined) return known;
    const totals = selects(this.#selection, pattern) ? empty() : null;
    this.#byIndex[pattern.index] = totals;
    if (totals !== null) this.#selected.push({ pattern, totals });
    return totals;
  }

  add(rows: readonly PatternCounts[]): void {
    for (const row of rows) {
      const t = this.#of(row.pattern);
      if (t === null) continue;
      const { status } = row.pattern;
      t.exchanges += row.exchanges;
      if (status >= 500) t.serverErrors += row.exchanges;
      else if (status >= 400) t.clientErrors += row.exchanges;
      else t.transportErrors += row.errors;
      if ((status >= 400 || row.errors > 0) && row.firstSeenMs < t.firstFailureMs) t.firstFailureMs = row.firstSeenMs;
    }
  }

  addBefore(rows: readonly PatternCounts[]): void {
    for (const row of rows) {
      const t = this.#of(row.pattern);
      if (t !== null) t.before += row.exchanges;
    }
  }

  by(keys: readonly GroupKey[]): Group[] {
    const groups = new Map<string, Group>();
    for (const { pattern, totals: t } of this.#selected) {
      const key = keys.map((k) => pattern[k]).join('\u0000');
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = { key, keys: Object.fromEntries(keys.map((k) => [k, pattern[k]])), totals: empty() }));
      const sum = group.totals;
      sum.exchanges += t.exchanges;
      sum.before += t.before;
      sum.clientErrors += t.clientErrors;
      sum.serverErrors += t.serverErrors;
      sum.transportErrors += t.transportErrors;
      sum.firstFailureMs = Math.min(sum.firstFailureMs, t.firstFailureMs);
    }
    return [...groups.values()];
  }
}
