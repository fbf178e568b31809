import { iso } from '../query/time.ts';
import type { Expected, History } from './history.ts';
import { SlotCounts } from './history.ts';
import type { Group } from './pattern-totals.ts';
import { round } from './round.ts';

/** What was usual of a rate, as rows carry it. */
export interface ExpectedRate {
  median_per_s: number;
  low_per_s: number;
  high_per_s: number;
  basis: Expected['basis'];
  hours: number;
}

export interface Change {
  /** `new`: not there in the 24 hours before; `vanished`: steady then, and not there now */
  change: 'new' | 'vanished';
  /** false: what is over a budget may hide it in `{other}` */
  certain: boolean;
  /** exchanges that the range would have had; null: too little is known */
  expected_exchanges: number | null;
  first_seen: string | null;
  last_seen: string | null;
}

/** Present in this share of the hours before: then its absence says something. */
const STEADY = 0.8;
/** So many would have been expected: by chance alone there are none about once in 20,000 times. */
const LEAST_EXPECTED = 10;
const NONE = new SlotCounts();

export function firstOf(history: History, { services }: Pick<Group, 'services'>): number {
  let first = Infinity;
  for (const s of services) first = Math.min(first, history.firstOf(s));
  return first;
}

export function expectedRate(history: History, exchanges: number, before: SlotCounts | null, first: number): { expected: ExpectedRate | null; deviation: number | null } {
  const e = history.expectedRate(exchanges, before ?? NONE, first);
  if (e === null) return { expected: null, deviation: null };
  return {
    expected: { median_per_s: round(e.median, 6), low_per_s: round(e.low, 6), high_per_s: round(e.high, 6), basis: e.basis, hours: round(e.hours, 2) },
    deviation: round(e.deviation, 2),
  };
}

/**
 * Groups that are new in the range or vanished from it, with their rank: the largest first. Buckets `{other}` are neither.
 * @param rangeMs length of the range
 */
export function changesOf(groups: readonly Group[], history: History, rangeMs: number): { group: Group; rank: number; change: Change }[] {
  if (!history.tellsNew) return [];
  const others = groups.filter((g) => g.isOther);
  const otherThen = new Set(others.filter((g) => (g.totals.history?.dayBefore('exchanges') ?? 0) > 0).flatMap((g) => [...g.services]));
  const otherNow = new Set(others.filter((g) => g.totals.exchanges > 0).flatMap((g) => [...g.services]));
  const among = (set: ReadonlySet<string>, g: Group): boolean => [...g.services].some((s) => set.has(s));
  const found: { group: Group; rank: number; change: Change }[] = [];
  for (const group of groups) {
    const { totals: t } = group;
    if (group.isOther) continue;
    const before = t.history ?? NONE;
    if (t.exchanges > 0) {
      if (before.dayBefore('exchanges') > 0) continue;
      const change: Change = { change: 'new', certain: !among(otherThen, group), expected_exchanges: null, first_seen: iso(t.firstMs), last_seen: null };
      found.push({ group, rank: t.exchanges, change });
    } else {
      const first = firstOf(history, group);
      const expected = history.expectedRate(0, before, first);
      const exchanges = (expected?.median ?? 0) * (rangeMs / 1_000);
      if (exchanges < LEAST_EXPECTED || history.steadiness(before, first) < STEADY) continue;
      const change: Change = { change: 'vanished', certain: !among(otherNow, group), expected_exchanges: round(exchanges, 1), first_seen: null, last_seen: iso(before.lastSeenMs) };
      found.push({ group, rank: exchanges, change });
    }
  }
  return found;
}
