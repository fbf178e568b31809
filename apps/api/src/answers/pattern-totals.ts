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
 * pattern and window and is one look-up by identity, the second once per pattern.
 */
export class PatternTotals {
  readonly #selection: Selection;
  /** null: not selected */
  readonly #byPattern = new Map<PatternIdentity, Totals | null>();

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  #of(pattern: PatternIdentity): Totals | null {
    let t = this.#byPattern.get(pattern);
    if (t === undefined) this.#byPattern.set(pattern, (t = selects(this.#selection, pattern) ? empty() : null));
    return t;
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
    for (const [pattern, t] of this.#byPattern) {
      if (t === null) continue;
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
