import { addCounts, type ServiceWindowScan } from '@headwater/sketch';
import { ERRORS, EXCHANGES, FIRST_SEEN_MS, NUMBERS, type ServiceDigest } from '../windows/digest.ts';
import type { PatternIdentity } from '../windows/identities.ts';
import { selects, type GroupKey, type GroupRow, type Selection } from './selection.ts';

export interface Totals {
  exchanges: number;
  clientErrors: number;
  serverErrors: number;
  /** no whole response and no status of 400 or above */
  transportErrors: number;
  /** exchanges without a whole response, by error.type */
  errorTypes: Map<string, number>;
  /** first exchange that failed, ms since the epoch; Infinity: none */
  firstFailureMs: number;
  /** exchanges and failures in the range of the same length before */
  before: number;
  failedBefore: number;
  /** exchanges in the same range a day earlier */
  day: number;
}

/** Exchanges of all statuses: what the failures of a group are a share of. */
export interface Base {
  exchanges: number;
  before: number;
}

export interface Group {
  key: string;
  keys: GroupRow;
  totals: Totals;
  base: Base;
}

interface Known {
  pattern: PatternIdentity;
  totals: Totals;
  /** false: only its exchanges count, in the base of others, because another status was asked for */
  selected: boolean;
}

function empty(): Totals {
  return { exchanges: 0, clientErrors: 0, serverErrors: 0, transportErrors: 0, errorTypes: new Map(), firstFailureMs: Infinity, before: 0, failedBefore: 0, day: 0 };
}

function count(t: Totals, status: number, exchanges: number, errors: number, firstSeenMs: number): void {
  t.exchanges += exchanges;
  if (status >= 500) t.serverErrors += exchanges;
  else if (status >= 400) t.clientErrors += exchanges;
  else t.transportErrors += errors;
  if ((status >= 400 || errors > 0) && firstSeenMs < t.firstFailureMs) t.firstFailureMs = firstSeenMs;
}

export function failedOf(t: Totals): number {
  return t.clientErrors + t.serverErrors + t.transportErrors;
}

/**
 * Sums the windows of a range by pattern, then the patterns by what the query groups by: the first happens once per
 * pattern and window and is one look-up in an array, the second once per pattern.
 */
export class PatternTotals {
  readonly #selection: Selection;
  readonly #anyStatus: Selection;
  /** by PatternIdentity.index; null: not selected */
  readonly #byIndex: (Known | null | undefined)[] = [];
  readonly #known: Known[] = [];

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#anyStatus = { ...selection, status: null };
  }

  #of(pattern: PatternIdentity): Totals | null {
    const known = this.#byIndex[pattern.index];
    if (known !== undefined) return known === null ? null : known.totals;
    const found = selects(this.#anyStatus, pattern) ? { pattern, totals: empty(), selected: selects(this.#selection, pattern) } : null;
    this.#byIndex[pattern.index] = found;
    if (found !== null) this.#known.push(found);
    return found === null ? null : found.totals;
  }

  add({ patterns, numbers, errorTypes }: ServiceDigest): void {
    for (let row = 0, at = 0; row < patterns.length; row += 1, at += NUMBERS) {
      const pattern = patterns[row] as PatternIdentity;
      const t = this.#of(pattern);
      if (t === null) continue;
      count(t, pattern.status, numbers[at + EXCHANGES] as number, numbers[at + ERRORS] as number, numbers[at + FIRST_SEEN_MS] as number);
    }
    for (const [row, types] of errorTypes) {
      const t = this.#of(patterns[row] as PatternIdentity);
      if (t !== null) addCounts(t.errorTypes, types);
    }
  }

  /** One pattern of a window. */
  addPattern(pattern: PatternIdentity, scan: ServiceWindowScan): void {
    const t = this.#of(pattern);
    if (t === null) return;
    count(t, pattern.status, scan.exchanges, scan.errors, scan.firstSeenMs);
    if (scan.errors > 0) addCounts(t.errorTypes, scan.errorTypes());
  }

  /** The windows of a range to compare with. */
  addEarlier(which: 'before' | 'day', { patterns, numbers }: ServiceDigest): void {
    for (let row = 0, at = 0; row < patterns.length; row += 1, at += NUMBERS) {
      const pattern = patterns[row] as PatternIdentity;
      const t = this.#of(pattern);
      if (t === null) continue;
      const exchanges = numbers[at + EXCHANGES] as number;
      t[which] += exchanges;
      if (which === 'before') t.failedBefore += pattern.status >= 400 ? exchanges : (numbers[at + ERRORS] as number);
    }
  }

  by(keys: readonly GroupKey[]): Group[] {
    const groups = new Map<string, Group>();
    const bases = new Map<string, Base>();
    const baseKeys = keys.filter((k) => k !== 'status');
    for (const { pattern, totals: t, selected } of this.#known) {
      const baseKey = baseKeys.map((k) => pattern[k]).join('\u0000');
      let base = bases.get(baseKey);
      if (base === undefined) bases.set(baseKey, (base = { exchanges: 0, before: 0 }));
      base.exchanges += t.exchanges;
      base.before += t.before;
      if (!selected) continue;
      const key = keys.map((k) => pattern[k]).join('\u0000');
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = { key, keys: Object.fromEntries(keys.map((k) => [k, pattern[k]])), totals: empty(), base }));
      const sum = group.totals;
      sum.exchanges += t.exchanges;
      sum.clientErrors += t.clientErrors;
      sum.serverErrors += t.serverErrors;
      sum.transportErrors += t.transportErrors;
      addCounts(sum.errorTypes, t.errorTypes);
      sum.firstFailureMs = Math.min(sum.firstFailureMs, t.firstFailureMs);
      sum.before += t.before;
      sum.failedBefore += t.failedBefore;
      sum.day += t.day;
    }
    return [...groups.values()];
  }
}
