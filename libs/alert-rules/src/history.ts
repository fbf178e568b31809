import { mostFailing } from './facts.ts';
import type { ServiceFacts } from './port.ts';
import type { Rule } from './rule.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** Windows up to this long are summed by minutes, exactly; longer ones by whole hours, from the hour in which they begin. */
export const BY_MINUTES = 360;
/** Minutes are held for twelve hours: six of evaluation behind the newest, and six before that. */
const MINUTES = 720;
/** Running sums reach back as far as the longest window that is summed by minutes. */
const SUMS = BY_MINUTES + 1;
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
 * What the rules know of one service: twelve hours of minutes and three days of hours, about 130 kB. A function of the newest revision of
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
  /** by column: sums of the minutes since `summedFrom`, at the number of the minute they end before; true up to `summedTo` */
  private readonly sums: Float64Array[];
  private summedFrom = 0;
  private summedTo = 0;
  /** starts of hours that were given whole: their minutes add nothing to them */
  private readonly whole = new Set<number>();

  constructor(service: string, rules: readonly Rule[]) {
    this.service = service;
    for (const rule of rules) if (rule.kind === 'latency_burn') this.slow.set(rule.id, SLOW + 2 * this.slow.size);
    this.minutes = new Slots(MINUTES, MINUTE_MS, SLOW + 2 * this.slow.size);
    this.hours = new Slots(HOURS, HOUR_MS, SLOW + 2 * this.slow.size);
    this.sums = this.minutes.counts.map(() => new Float64Array(SUMS));
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
    this.summedTo = Math.min(this.summedTo, startMs / MINUTE_MS);
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
    if (minutes <= BY_MINUTES) this.addMinutes(sinceMs, untilMs, slow, total);
    else {
      const lastHour = untilMs - (untilMs % HOUR_MS);
      this.addHours(sinceMs - (sinceMs % HOUR_MS), lastHour, slow, total);
      this.addMinutes(lastHour, untilMs, slow, total);
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

  private addHours(sinceMs: number, untilMs: number, slow: number | undefined, into: Float64Array): void {
    const { starts, counts } = this.hours;
    for (let start = sinceMs; start < untilMs; start += HOUR_MS) {
      const i = this.hours.at(start);
      if (starts[i] === start) each(slow, (column, to) => (into[to]! += counts[column]![i]!));
    }
  }

  /** At most BY_MINUTES of them: the difference of two running sums, so that a window costs the same however long it is. */
  private addMinutes(sinceMs: number, untilMs: number, slow: number | undefined, into: Float64Array): void {
    const since = sinceMs / MINUTE_MS;
    const until = untilMs / MINUTE_MS;
    this.sumUp(since, until);
    each(slow, (column, to) => (into[to]! += this.sums[column]![until % SUMS]! - this.sums[column]![since % SUMS]!));
  }

  private sumUp(since: number, until: number): void {
    if (since < this.summedFrom || this.summedTo < this.summedFrom || until - this.summedTo > BY_MINUTES) {
      this.summedFrom = this.summedTo = until - BY_MINUTES;
      for (const column of this.sums) column[this.summedFrom % SUMS] = 0;
    }
    const { starts, counts } = this.minutes;
    for (; this.summedTo < until; this.summedTo++) {
      const startMs = this.summedTo * MINUTE_MS;
      const i = this.minutes.at(startMs);
      const there = starts[i] === startMs;
      for (const [column, sums] of this.sums.entries()) sums[(this.summedTo + 1) % SUMS] = sums[this.summedTo % SUMS]! + (there ? counts[column]![i]! : 0);
    }
    this.summedFrom = Math.max(this.summedFrom, until - SUMS + 1);
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

/** The columns of a sum: those that all have, and of the latency rule that is asked for. */
function each(slow: number | undefined, add: (column: number, to: number) => void): void {
  for (let column = 0; column < SLOW; column++) add(column, column);
  if (slow === undefined) return;
  add(slow, SLOW);
  add(slow + 1, SLOW + 1);
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
