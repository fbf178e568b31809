import { addCounts, OTHER, type ServiceWindowScan } from '@headwater/sketch';
import { ERRORS, EXCHANGES, FIRST_SEEN_MS, LAST_SEEN_MS, NUMBERS, type ServiceDigest } from '../windows/digest.ts';
import type { PatternIdentity } from '../windows/identities.ts';
import { SlotCounts } from './history.ts';
import { selects, type FailureKey, type GroupRow, type Selection } from './selection.ts';

export interface Totals {
  exchanges: number;
  clientErrors: number;
  serverErrors: number;
  /** no whole response and no status of 400 or above */
  transportErrors: number;
  /** exchanges without a whole response, by error.type */
  errorTypes: Map<string, number>;
  /** ... of which nothing of the response was seen (status 0), and which broke within it */
  brokenBefore: number;
  brokenWithin: number;
  /** first exchange, and first that failed, ms since the epoch; Infinity: none */
  firstMs: number;
  firstFailureMs: number;
  /** exchanges and failures in the range of the same length before */
  before: number;
  failedBefore: number;
  /** exchanges in the same range a day earlier */
  day: number;
  /** the day before by hours, where it was read */
  history: SlotCounts | null;
}

/** Exchanges of all statuses: what the failures of a group are a share of. */
export interface Base {
  exchanges: number;
  before: number;
  history: SlotCounts | null;
}

export interface Group {
  key: string;
  keys: GroupRow;
  totals: Totals;
  base: Base;
  services: ReadonlySet<string>;
  /** what is over a budget is in it, whatever that is */
  isOther: boolean;
}

interface Known {
  pattern: PatternIdentity;
  errorType: string;
  totals: Totals;
  /** false: only its exchanges count, in the base of others, because another status or error type was asked for */
  selected: boolean;
}

function empty(): Totals {
  return {
    exchanges: 0,
    clientErrors: 0,
    serverErrors: 0,
    transportErrors: 0,
    errorTypes: new Map(),
    brokenBefore: 0,
    brokenWithin: 0,
    firstMs: Infinity,
    firstFailureMs: Infinity,
    before: 0,
    failedBefore: 0,
    day: 0,
    history: null,
  };
}

function count(t: Totals, status: number, exchanges: number, errors: number, firstSeenMs: number): void {
  t.exchanges += exchanges;
  if (status >= 500) t.serverErrors += exchanges;
  else if (status >= 400) t.clientErrors += exchanges;
  else t.transportErrors += errors;
  if (status === 0) t.brokenBefore += errors;
  else t.brokenWithin += errors;
  if (exchanges > 0 && firstSeenMs < t.firstMs) t.firstMs = firstSeenMs;
  if ((status >= 400 || errors > 0) && firstSeenMs < t.firstFailureMs) t.firstFailureMs = firstSeenMs;
}

function merge(sum: Totals, t: Totals): void {
  sum.exchanges += t.exchanges;
  sum.clientErrors += t.clientErrors;
  sum.serverErrors += t.serverErrors;
  sum.transportErrors += t.transportErrors;
  addCounts(sum.errorTypes, t.errorTypes);
  sum.brokenBefore += t.brokenBefore;
  sum.brokenWithin += t.brokenWithin;
  sum.firstMs = Math.min(sum.firstMs, t.firstMs);
  sum.firstFailureMs = Math.min(sum.firstFailureMs, t.firstFailureMs);
  sum.before += t.before;
  sum.failedBefore += t.failedBefore;
  sum.day += t.day;
  if (t.history !== null) sum.history = SlotCounts.sum(sum.history, t.history);
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
  /** exchanges without a whole response are told apart by why: a pattern has totals for each reason */
  readonly #byErrorType: boolean;
  /** by PatternIdentity.index; null: not selected */
  readonly #byIndex: (Known | null | undefined)[] = [];
  readonly #known: Known[] = [];
  readonly #typed = new Map<string, Known>();

  constructor(selection: Selection, byErrorType = selection.errorTypes !== null) {
    this.#selection = selection;
    this.#anyStatus = { ...selection, status: null };
    this.#byErrorType = byErrorType;
  }

  #of(pattern: PatternIdentity): Totals | null {
    const known = this.#byIndex[pattern.index];
    if (known !== undefined) return known === null ? null : known.totals;
    const found = selects(this.#anyStatus, pattern) ? { pattern, errorType: '', totals: empty(), selected: !this.#byErrorType && selects(this.#selection, pattern) } : null;
    this.#byIndex[pattern.index] = found;
    if (found !== null) this.#known.push(found);
    return found === null ? null : found.totals;
  }

  /** What one pattern failed with; null: not asked for. */
  #ofType(pattern: PatternIdentity, errorType: string): Totals | null {
    if (!selects(this.#selection, pattern) || this.#selection.errorTypes?.has(errorType) === false) return null;
    const key = `${pattern.index} ${errorType}`;
    let known = this.#typed.get(key);
    if (known === undefined) {
      this.#typed.set(key, (known = { pattern, errorType, totals: empty(), selected: true }));
      this.#known.push(known);
    }
    return known.totals;
  }

  #eachType(pattern: PatternIdentity, types: ReadonlyMap<string, number>, take: (t: Totals, n: number) => void): void {
    for (const [type, n] of types) {
      const t = this.#ofType(pattern, type);
      if (t !== null) take(t, n);
    }
  }

  add({ patterns, numbers, errorTypes }: ServiceDigest): void {
    for (let row = 0, at = 0; row < patterns.length; row += 1, at += NUMBERS) {
      const pattern = patterns[row] as PatternIdentity;
      const t = this.#of(pattern);
      if (t === null) continue;
      count(t, pattern.status, numbers[at + EXCHANGES] as number, numbers[at + ERRORS] as number, numbers[at + FIRST_SEEN_MS] as number);
    }
    for (const [row, types] of errorTypes) this.#addTypes(patterns[row] as PatternIdentity, types, numbers[row * NUMBERS + FIRST_SEEN_MS] as number);
  }

  /** One pattern of a window. */
  addPattern(pattern: PatternIdentity, scan: ServiceWindowScan): void {
    const t = this.#of(pattern);
    if (t === null) return;
    count(t, pattern.status, scan.exchanges, scan.errors, scan.firstSeenMs);
    if (scan.errors > 0) this.#addTypes(pattern, scan.errorTypes(), scan.firstSeenMs);
  }

  #addTypes(pattern: PatternIdentity, types: ReadonlyMap<string, number>, firstSeenMs: number): void {
    if (!this.#byErrorType) {
      const t = this.#of(pattern);
      if (t !== null) addCounts(t.errorTypes, types);
      return;
    }
    for (const [type, n] of types) {
      const t = this.#ofType(pattern, type);
      if (t === null) continue;
      // Whatever the status, each of them is one that failed.
      count(t, pattern.status, n, n, firstSeenMs);
      addCounts(t.errorTypes, new Map([[type, n]]));
    }
  }

  /** The windows of a range to compare with. */
  addEarlier(which: 'before' | 'day', { patterns, numbers, errorTypes }: ServiceDigest): void {
    for (let row = 0, at = 0; row < patterns.length; row += 1, at += NUMBERS) {
      const pattern = patterns[row] as PatternIdentity;
      const t = this.#of(pattern);
      if (t === null) continue;
      const exchanges = numbers[at + EXCHANGES] as number;
      t[which] += exchanges;
      if (which === 'before') t.failedBefore += pattern.status >= 400 ? exchanges : (numbers[at + ERRORS] as number);
    }
    if (which === 'before' && this.#byErrorType) for (const [row, types] of errorTypes) this.#eachType(patterns[row] as PatternIdentity, types, (t, n) => (t.failedBefore += n));
  }

  /** The windows of a slot of the day before. */
  addHistory(slot: number, { patterns, numbers, errorTypes }: ServiceDigest): void {
    for (let row = 0, at = 0; row < patterns.length; row += 1, at += NUMBERS) {
      const pattern = patterns[row] as PatternIdentity;
      const t = this.#of(pattern);
      if (t === null) continue;
      const exchanges = numbers[at + EXCHANGES] as number;
      const history = (t.history ??= new SlotCounts());
      history.add(slot, exchanges, pattern.status >= 400 ? exchanges : (numbers[at + ERRORS] as number));
      history.lastSeenMs = Math.max(history.lastSeenMs, numbers[at + LAST_SEEN_MS] as number);
    }
    if (this.#byErrorType)
      for (const [row, types] of errorTypes) this.#eachType(patterns[row] as PatternIdentity, types, (t, n) => (t.history ??= new SlotCounts()).add(slot, n, n));
  }

  by(keys: readonly FailureKey[]): Group[] {
    const groups = new Map<string, Group & { services: Set<string> }>();
    const bases = new Map<string, Base>();
    const baseKeys = keys.filter((k) => k !== 'status' && k !== 'error_type');
    const valueOf = (known: Known, k: FailureKey): string | number => (k === 'error_type' ? known.errorType : known.pattern[k]);
    for (const known of this.#known) {
      const { pattern, totals: t, selected, errorType } = known;
      const baseKey = baseKeys.map((k) => valueOf(known, k)).join('\u0000');
      let base = bases.get(baseKey);
      if (base === undefined) bases.set(baseKey, (base = { exchanges: 0, before: 0, history: null }));
      if (errorType === '') {
        base.exchanges += t.exchanges;
        base.before += t.before;
        if (t.history !== null) base.history = SlotCounts.sum(base.history, t.history);
      }
      if (!selected) continue;
      const key = keys.map((k) => valueOf(known, k)).join('\u0000');
      let group = groups.get(key);
      if (group === undefined) {
        const row: GroupRow = Object.fromEntries(keys.map((k) => [k, valueOf(known, k)]));
        groups.set(key, (group = { key, keys: row, totals: empty(), base, services: new Set(), isOther: row.route === OTHER || row.method === OTHER || row.error_type === OTHER }));
      }
      group.services.add(pattern.service);
      merge(group.totals, t);
    }
    return [...groups.values()];
  }
}
