import { mostFailing } from './facts.ts';
import type { ServiceFacts } from './port.ts';
import type { Rule } from './rule.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** Windows up to this long are summed by minutes, exactly; longer ones by whole hours, from the hour in which they begin. */
export const BY_MINUTES = 360;
/** Minutes are held for twelve hours: six of evaluation behind the newest, and six before that. */
const MINUTES = 720;
/** Three days and the hours that a window of three days begins in, with room for evaluation behind the newest. */
const HOURS = 80;
/** Failing routes of one hour once its minutes are gone, in between up to twice as many. */
const MAX_HOUR_ROUTES = 256;

const EXCHANGES = 0;
const FAILED = 1;
const CLIENT_ERRORS = 2;
const INCOMPLETE = 3;
const SLOW = 4;

export interface Sums {
  exchanges: number;
  failed: number;
  clientErrors: number;
  /** of the latency rule that was asked for */
  known: number;
  above: number;
  complete: boolean;
}

export interface RouteFacts {
  exchanges: number;
  failed: number;
  clientErrors: number;
  firstSeenMs: number;
}

/** Equal spans of time in a ring; what is not as old as it should be is not there. */
class Slots {
  readonly starts: Float64Array;
  readonly counts: Float64Array[];
  readonly failing: (Map<string, RouteFacts> | undefined)[];
  private readonly size: number;
  private readonly lengthMs: number;

  constructor(size: number, lengthMs: number, columns: number) {
    this.size = size;
    this.lengthMs = lengthMs;
    this.starts = new Float64Array(size).fill(-1);
    this.counts = Array.from({ length: columns }, () => new Float64Array(size));
    this.failing = new Array<Map<string, RouteFacts> | undefined>(size);
  }

  at(startMs: number): number {
    return Math.floor(startMs / this.lengthMs) % this.size;
  }

  /** The slot of this start, emptied if it held another. */
  claim(startMs: number): number {
    const i = this.at(startMs);
    if (this.starts[i] === startMs) return i;
    this.starts[i] = startMs;
    for (const column of this.counts) column[i] = 0;
    this.failing[i] = undefined;
    return i;
  }
}

/**
 * What the rules know of one service: twelve hours of minutes and three days of hours, about 60 kB. A function of the newest revision of
 * each minute that was added, not of their order. Rules' latency thresholds are part of the facts, so other rules need another history.
 */
export class ServiceHistory {
  readonly service: string;
  /** start of the oldest facts and end of the newest minute; Infinity and 0 while empty */
  oldestMs = Infinity;
  newestMs = 0;
  private readonly slow = new Map<string, number>();
  private readonly minutes: Slots;
  private readonly hours: Slots;
  /** starts of hours that were given whole: their minutes add nothing to them */
  private readonly whole = new Set<number>();

  constructor(service: string, rules: readonly Rule[]) {
    this.service = service;
    for (const rule of rules) if (rule.kind === 'latency_burn') this.slow.set(rule.id, SLOW + 2 * this.slow.size);
    this.minutes = new Slots(MINUTES, MINUTE_MS, SLOW + 2 * this.slow.size);
    this.hours = new Slots(HOURS, HOUR_MS, SLOW + 2 * this.slow.size);
  }

  /**
   * Adds a minute, or an hour as a whole (which then stands in place of the sum of its minutes), or a later revision of either.
   * Answers false when it is older than what is held.
   */
  add(facts: ServiceFacts): boolean {
    if (facts.lengthMs === HOUR_MS) return this.addHour(facts);
    if (facts.lengthMs !== MINUTE_MS) throw new RangeError(`facts of ${facts.lengthMs} ms: a history takes minutes (${MINUTE_MS}) and hours (${HOUR_MS})`);
    const { startMs } = facts;
    if (startMs < this.newestMs - MINUTES * MINUTE_MS) return false;
    this.oldestMs = Math.min(this.oldestMs, startMs);
    this.newestMs = Math.max(this.newestMs, startMs + MINUTE_MS);
    this.evict(this.minutes.at(startMs), startMs);
    const i = this.minutes.claim(startMs);
    const hourMs = startMs - (startMs % HOUR_MS);
    const h = this.whole.has(hourMs) || hourMs <= this.newestMs - HOURS * HOUR_MS ? -1 : this.hours.claim(hourMs);
    this.write(facts, (column, n) => {
      const cell = this.minutes.counts[column]!;
      if (h >= 0) this.hours.counts[column]![h]! += n - cell[i]!;
      cell[i] = n;
    });
    const routes = Object.entries(facts.failing);
    this.minutes.failing[i] = routes.length > 0 ? new Map(routes) : undefined;
    return true;
  }

  private addHour(facts: ServiceFacts): boolean {
    const { startMs } = facts;
    if (startMs <= this.newestMs - HOURS * HOUR_MS) return false;
    this.oldestMs = Math.min(this.oldestMs, startMs);
    const h = this.hours.claim(startMs);
    this.write(facts, (column, n) => (this.hours.counts[column]![h] = n));
    this.hours.failing[h] = new Map(mostFailing(Object.entries(facts.failing), MAX_HOUR_ROUTES));
    this.whole.add(startMs);
    if (this.whole.size > 2 * HOURS) for (const start of this.whole) if (this.hours.starts[this.hours.at(start)] !== start) this.whole.delete(start);
    return true;
  }

  private write(facts: ServiceFacts, put: (column: number, n: number) => void): void {
    put(EXCHANGES, facts.exchanges);
    put(FAILED, facts.failed);
    put(CLIENT_ERRORS, facts.clientErrors);
    put(INCOMPLETE, facts.complete ? 0 : 1);
    for (const [id, column] of this.slow) {
      put(column, facts.slow[id]?.known ?? 0);
      put(column + 1, facts.slow[id]?.above ?? 0);
    }
  }

  /** A minute that makes room: which routes failed in it stays known by the hour. */
  private evict(i: number, forMs: number): void {
    const start = this.minutes.starts[i]!;
    const failing = this.minutes.failing[i];
    if (start === forMs || start < 0 || !failing) return;
    const hourMs = start - (start % HOUR_MS);
    const h = this.hours.at(hourMs);
    if (this.whole.has(hourMs) || this.hours.starts[h] !== hourMs) return;
    const known = (this.hours.failing[h] ??= new Map<string, RouteFacts>());
    for (const [route, more] of failing) addRoute(known, route, more);
    if (known.size > 2 * MAX_HOUR_ROUTES) this.hours.failing[h] = new Map(mostFailing([...known], MAX_HOUR_ROUTES));
  }

  /** The `minutes` that end at `untilMs`, a whole minute; longer than BY_MINUTES: from the hour in which they begin. */
  sum(minutes: number, untilMs: number, slowRule?: string): Sums {
    const sinceMs = untilMs - minutes * MINUTE_MS;
    const total = new Float64Array(SLOW + 2);
    const slow = slowRule === undefined ? undefined : this.slow.get(slowRule);
    if (minutes <= BY_MINUTES) this.collect(this.minutes, MINUTE_MS, sinceMs, untilMs, slow, total);
    else {
      const lastHour = untilMs - (untilMs % HOUR_MS);
      this.collect(this.hours, HOUR_MS, sinceMs - (sinceMs % HOUR_MS), lastHour, slow, total);
      this.collect(this.minutes, MINUTE_MS, lastHour, untilMs, slow, total);
    }
    return {
      exchanges: total[EXCHANGES]!,
      failed: total[FAILED]!,
      clientErrors: total[CLIENT_ERRORS]!,
      known: total[SLOW]!,
      above: total[SLOW + 1]!,
      complete: total[INCOMPLETE] === 0,
    };
  }

  private collect({ starts, counts }: Slots, lengthMs: number, sinceMs: number, untilMs: number, slow: number | undefined, into: Float64Array): void {
    const size = starts.length;
    for (let start = sinceMs; start < untilMs; start += lengthMs) {
      const i = Math.floor(start / lengthMs) % size;
      if (starts[i] !== start) continue;
      for (let column = 0; column < SLOW; column++) into[column]! += counts[column]![i]!;
      if (slow === undefined) continue;
      into[SLOW]! += counts[slow]![i]!;
      into[SLOW + 1]! += counts[slow + 1]![i]!;
    }
  }

  /** Routes that failed in the minutes [since, until), minute by minute. */
  *failingMinutes(sinceMs: number, untilMs: number): Generator<[string, RouteFacts]> {
    for (let start = sinceMs; start < untilMs; start += MINUTE_MS) {
      const i = this.minutes.at(start);
      if (this.minutes.starts[i] === start && this.minutes.failing[i]) yield* this.minutes.failing[i];
    }
  }

  /** How often a route failed in each hour from the one that holds `sinceMs` to `untilMs`, where it did; the last one may be a part. */
  failuresByHour(route: string, sinceMs: number, untilMs: number, clientErrors: boolean): number[] {
    const from = sinceMs - (sinceMs % HOUR_MS);
    const byHour = new Map<number, number>();
    const count = (hourMs: number, facts: RouteFacts | undefined) => {
      const n = facts ? facts.failed + (clientErrors ? facts.clientErrors : 0) : 0;
      if (n > 0) byHour.set(hourMs, (byHour.get(hourMs) ?? 0) + n);
    };
    for (let hourMs = from; hourMs < untilMs; hourMs += HOUR_MS) {
      const h = this.hours.at(hourMs);
      if (this.hours.starts[h] === hourMs) count(hourMs, this.hours.failing[h]?.get(route));
    }
    for (let i = 0; i < MINUTES; i++) {
      const start = this.minutes.starts[i]!;
      if (start < from || start >= untilMs || !this.minutes.failing[i]) continue;
      const hourMs = start - (start % HOUR_MS);
      if (!this.whole.has(hourMs)) count(hourMs, this.minutes.failing[i]!.get(route));
    }
    return [...byHour.values()];
  }
}

function addRoute(into: Map<string, RouteFacts>, route: string, more: RouteFacts): void {
  const known = into.get(route);
  if (!known) into.set(route, { ...more });
  else {
    known.exchanges += more.exchanges;
    known.failed += more.failed;
    known.clientErrors += more.clientErrors;
    known.firstSeenMs = Math.min(known.firstSeenMs, more.firstSeenMs);
  }
}
