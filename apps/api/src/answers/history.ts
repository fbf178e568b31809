import type { Resolution } from '@headwater/summary-store';
import type { TimeRange } from '../query/time.ts';
import { usualRate, usualRatio, type Usual } from './robust.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const HOURS = 24;
/** What lies between the last whole hour and the range: it was there, and is no slot of its own. */
const REST = HOURS;
/** The range's hours two to seven days earlier; those a day earlier are among the hours. */
const FIRST_DAY = REST + 1;
const OLDEST_DAY = 7;
const MINUTES = 60;
const FIRST_MINUTE = FIRST_DAY + OLDEST_DAY - 1;

/** Fewer slots say too little. */
const LEAST_HOURS = 3;
const LEAST_DAYS = 3;
const LEAST_MINUTES = 10;
/** With less before the range than this nobody can say what is new in it. */
const LEAST_KNOWN_MS = HOUR_MS;

/** Exchanges of something (a pattern, a group) by slot, and those that failed. */
export class SlotCounts {
  readonly #counts = new Float64Array(2 * FIRST_MINUTE);
  /** most questions have no use for minutes */
  #minutes: Float64Array | null = null;
  lastSeenMs = -Infinity;
  /** a sum of several, which nobody else holds */
  #isSum = false;

  add(slot: number, exchanges: number, failed: number): void {
    if (slot >= FIRST_MINUTE) {
      const minutes = (this.#minutes ??= new Float64Array(2 * MINUTES));
      (minutes[slot - FIRST_MINUTE] as number) += exchanges;
      (minutes[MINUTES + slot - FIRST_MINUTE] as number) += failed;
      return;
    }
    (this.#counts[slot] as number) += exchanges;
    (this.#counts[FIRST_MINUTE + slot] as number) += failed;
  }

  /** The sum of both; the first of several is taken as it is, since mostly it stays the only one. */
  static sum(into: SlotCounts | null, more: SlotCounts): SlotCounts {
    if (into === null) return more;
    if (into.#isSum) return into.#merge(more);
    const sum = new SlotCounts();
    sum.#isSum = true;
    return sum.#merge(into).#merge(more);
  }

  #merge(other: SlotCounts): this {
    for (let i = 0; i < 2 * FIRST_MINUTE; i += 1) (this.#counts[i] as number) += other.#counts[i] as number;
    if (other.#minutes !== null) {
      const minutes = (this.#minutes ??= new Float64Array(2 * MINUTES));
      for (let i = 0; i < 2 * MINUTES; i += 1) (minutes[i] as number) += other.#minutes[i] as number;
    }
    this.lastSeenMs = Math.max(this.lastSeenMs, other.lastSeenMs);
    return this;
  }

  exchanges(slot: number): number {
    return slot < FIRST_MINUTE ? (this.#counts[slot] as number) : (this.#minutes?.[slot - FIRST_MINUTE] ?? 0);
  }

  failed(slot: number): number {
    return slot < FIRST_MINUTE ? (this.#counts[FIRST_MINUTE + slot] as number) : (this.#minutes?.[MINUTES + slot - FIRST_MINUTE] ?? 0);
  }

  /** Of the 24 hours before the range's hour, and of what is between that and the range. */
  dayBefore(of: 'exchanges' | 'failed'): number {
    let sum = 0;
    for (let slot = 0; slot <= REST; slot += 1) sum += this[of](slot);
    return sum;
  }
}

/** What a figure was compared with. */
export type Basis = 'last_24_hours' | 'same_hours_of_7_days' | 'last_60_minutes';

export interface Expected extends Usual {
  basis: Basis;
  /** hours of traffic it rests on */
  hours: number;
}

/** What is to be read, with the slot of each of its windows. */
export interface HistorySpan {
  start: number;
  end: number;
  slotOf: (start: number) => number;
  coarsest: Resolution;
  /** whole hours that are long over: the same for many ranges */
  whole: boolean;
}

/** Slots that make one figure together, with their length. */
interface Figure {
  at: number[];
  ms: number;
}

interface Known {
  hours: Figure[];
  days: Figure[];
  minutes: Figure[];
}

interface Slot {
  slot: number;
  start: number;
}

/**
 * What was there before a range: the 24 whole hours before the hour in which it begins, and the same hours of the six
 * days before those, so that neither a day's course nor one bad hour makes a figure look unusual; and where less than
 * that is held, the 60 minutes before the range. All from hour roll-ups where there are any.
 */
export class History {
  readonly #range: Pick<TimeRange, 'start' | 'end'>;
  readonly #hour: number;
  readonly #spanMs: number;
  readonly #seconds: number;
  /** the oldest window of each service, ms */
  readonly #first = new Map<string, number>();
  #oldest = Infinity;
  /** slots of which the hosts gave account: in others nobody was watching */
  readonly #watched = new Set<number>();
  readonly #slots = new Map<number, Known>();

  /** @param now a range that is not over yet is as long as it is old */
  constructor(range: Pick<TimeRange, 'start' | 'end'>, now: number) {
    this.#range = range;
    this.#hour = Math.floor(range.start / HOUR_MS) * HOUR_MS;
    this.#spanMs = Math.ceil(range.end / HOUR_MS) * HOUR_MS - this.#hour;
    this.#seconds = Math.max(10_000, Math.min(range.end, now) - range.start) / 1_000;
  }

  /** Start of the day before, ms. */
  get from(): number {
    return this.#hour - HOURS * HOUR_MS;
  }

  /** Hours that are read through roll-ups. The days of a range that is longer than one would be its own. */
  spans(): HistorySpan[] {
    const hours = { start: this.from, end: this.#hour, slotOf: (t: number) => Math.floor((t - this.from) / HOUR_MS), coarsest: '1h', whole: true } as const;
    const rest = { start: this.#hour, end: this.#range.start, slotOf: () => REST, coarsest: '1m', whole: false } as const;
    const days = this.#days().map(({ slot, start }) => ({ start, end: start + this.#spanMs, slotOf: () => slot, coarsest: '1h', whole: true }) as const);
    return [hours, ...(rest.start < rest.end ? [rest] : []), ...days];
  }

  /** Where whole hours say too little of some service: the minutes before the range, else null. */
  minutes(): HistorySpan | null {
    const end = Math.floor(this.#range.start / MINUTE_MS) * MINUTE_MS;
    const young = (first: number): boolean => first > this.#hour - (LEAST_HOURS + 1) * HOUR_MS && first <= end - LEAST_MINUTES * MINUTE_MS;
    if (![...this.#first.values()].some(young)) return null;
    const start = end - MINUTES * MINUTE_MS;
    return { start, end, slotOf: (t) => FIRST_MINUTE + Math.floor((t - start) / MINUTE_MS), coarsest: '1m', whole: false };
  }

  #days(): Slot[] {
    if (this.#spanMs > DAY_MS) return [];
    return Array.from({ length: OLDEST_DAY - 1 }, (_, i) => ({ slot: FIRST_DAY + i, start: this.#hour - (i + 2) * DAY_MS }));
  }

  /** A service's window was read. */
  saw(service: string, start: number): void {
    this.#oldest = Math.min(this.#oldest, start);
    const first = this.#first.get(service);
    if (first === undefined || start < first) this.#first.set(service, start);
  }

  /** The hosts' account of a window was there. */
  watched(start: number, slot: number): void {
    this.#oldest = Math.min(this.#oldest, start);
    this.#watched.add(slot);
  }

  #wasWatched(slot: number): boolean {
    return this.#watched.size === 0 || this.#watched.has(slot);
  }

  /** When a service was first heard of, as far back as was read, ms; Infinity: never. */
  firstOf(service: string): number {
    return this.#first.get(service) ?? Infinity;
  }

  /** Whether enough was watched before the range to call something new in it. */
  get tellsNew(): boolean {
    return this.#range.start - this.#oldest >= LEAST_KNOWN_MS;
  }

  /** Share of the known hours of the day before in which there was any; 0 where few are known. */
  steadiness(counts: SlotCounts, first: number): number {
    const hours = this.#hours(first);
    return hours.length < LEAST_HOURS ? 0 : hours.filter(({ slot }) => counts.exchanges(slot) > 0).length / hours.length;
  }

  /** null: too little is known */
  expectedRate(count: number, before: SlotCounts, first: number): Expected | null {
    return this.#expected(first, (slots) => {
      const rates = slots.map(({ at, ms }) => at.reduce((n, slot) => n + before.exchanges(slot), 0) / (ms / 1_000));
      return usualRate(count, this.#seconds, rates);
    });
  }

  /** @param whole exchanges of all statuses before, of which the failures are a share */
  expectedRatio(failed: number, exchanges: number, before: SlotCounts, whole: SlotCounts, first: number): Expected | null {
    if (exchanges === 0) return null;
    return this.#expected(
      first,
      (slots) => {
        const sums = (of: 'exchanges' | 'failed', counts: SlotCounts, at: readonly number[]): number => at.reduce((n, slot) => n + counts[of](slot), 0);
        const ratios = slots.map(({ at }) => Math.min(1, sums('failed', before, at) / sums('exchanges', whole, at)));
        return usualRatio(failed, exchanges, ratios);
      },
      (at) => at.some((slot) => whole.exchanges(slot) > 0),
    );
  }

  /** Of what was usual over the last day and at these hours of the last week, that which explains the figure better. */
  #expected(first: number, judge: (slots: Figure[]) => Usual, counts: (at: number[]) => boolean = () => true): Expected | null {
    const candidates: Expected[] = [];
    const consider = (basis: Basis, least: number, slots: Figure[]): void => {
      const known = slots.filter((s) => counts(s.at));
      if (known.length < least) return;
      candidates.push({ ...judge(known), basis, hours: known.reduce((ms, s) => ms + s.ms, 0) / HOUR_MS });
    };
    const { hours, days, minutes } = this.#known(first);
    consider('last_24_hours', LEAST_HOURS, hours);
    consider('same_hours_of_7_days', LEAST_DAYS, days);
    if (candidates.length === 0) consider('last_60_minutes', LEAST_MINUTES, minutes);
    return candidates.toSorted((a, b) => Math.abs(a.deviation) - Math.abs(b.deviation))[0] ?? null;
  }

  /** The slots that are known of whoever came then: the same for all patterns of a service. */
  #known(first: number): Known {
    let known = this.#slots.get(first);
    if (known !== undefined) return known;
    const hours = this.#hours(first).map(({ slot }) => ({ at: [slot], ms: HOUR_MS }));
    this.#slots.set(first, (known = { hours, days: this.#daySlots(first), minutes: this.#minuteSlots(first) }));
    return known;
  }

  /** Hours in which the service was known all along: not the one in which it came. */
  #hours(first: number): Slot[] {
    return Array.from({ length: HOURS }, (_, slot) => ({ slot, start: this.from + slot * HOUR_MS })).filter(
      ({ slot, start }) => this.#wasWatched(slot) && (start > first || (start === first && start === this.from)),
    );
  }

  #daySlots(first: number): Figure[] {
    const days = this.#days().filter(({ slot, start }) => this.#wasWatched(slot) && start >= first);
    const slots = days.map(({ slot }) => ({ at: [slot], ms: this.#spanMs }));
    const yesterday = Array.from({ length: Math.min(HOURS, this.#spanMs / HOUR_MS) }, (_, i) => i);
    return days.length === 0 || !yesterday.every((slot) => this.#wasWatched(slot)) ? slots : [{ at: yesterday, ms: yesterday.length * HOUR_MS }, ...slots];
  }

  #minuteSlots(first: number): Figure[] {
    const end = Math.floor(this.#range.start / MINUTE_MS) * MINUTE_MS;
    const from = end - MINUTES * MINUTE_MS;
    const known = Math.max(0, Math.floor((first - from) / MINUTE_MS) + 1);
    return Array.from({ length: Math.max(0, MINUTES - known) }, (_, i) => FIRST_MINUTE + known + i)
      .filter((slot) => this.#wasWatched(slot))
      .map((slot) => ({ at: [slot], ms: MINUTE_MS }));
  }
}
