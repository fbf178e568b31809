import type { Ranked } from '../query/cursor.ts';
import { iso } from '../query/time.ts';
import type { Expected, History } from './history.ts';
import { SlotCounts } from './history.ts';
import { failedOf, type Group } from './pattern-totals.ts';
import { excessOf, failureRatio } from './ratios.ts';
import { round } from './round.ts';
import type { GroupRow } from './selection.ts';
import { firstOf } from './changes.ts';

export interface ExpectedRatio {
  median_ratio: number;
  low_ratio: number;
  high_ratio: number;
  basis: Expected['basis'];
  hours: number;
}

export interface FailureRow extends GroupRow {
  /** of all statuses: those that the failures are a share of */
  exchanges: number;
  client_errors: number;
  server_errors: number;
  /** no whole response (error.type) and no status of 400 or above */
  transport_errors: number;
  error_ratio: number;
  /** failures over exchanges of all statuses in the range before; null: there were none */
  baseline_ratio: number | null;
  /** failures beyond what the baseline would have given */
  excess: number;
  /** exchanges without a whole response, by error.type */
  error_types: Record<string, number>;
  /** of those: nothing of the response was seen; it broke within the response */
  broken_before_response: number;
  broken_within_response: number;
  /** of the first failure in the range */
  first_seen: string;
  /** none of these failed in the 24 hours before; null: too little was watched then to tell */
  new?: boolean | null;
  expected?: ExpectedRatio | null;
  deviation?: number | null;
}

export type FailureSort = 'failures' | 'excess' | 'deviation';

/**
 * Groups with at least one failure. The three kinds are disjoint.
 * @param history what was usual, where that was asked for
 */
export function failureRows(groups: readonly Group[], sort: FailureSort, history: History | null): Ranked<FailureRow>[] {
  const rows: Ranked<FailureRow>[] = [];
  for (const group of groups) {
    const { key, keys, totals: t, base } = group;
    const failed = failedOf(t);
    if (failed === 0) continue;
    const baseline = base.before === 0 ? null : Math.min(1, t.failedBefore / base.before);
    const excess = excessOf(failed, base.exchanges, baseline);
    const row: FailureRow = {
      ...keys,
      exchanges: base.exchanges,
      client_errors: t.clientErrors,
      server_errors: t.serverErrors,
      transport_errors: t.transportErrors,
      error_ratio: failureRatio(failed, base.exchanges) ?? 0,
      baseline_ratio: base.before === 0 ? null : failureRatio(t.failedBefore, base.before),
      excess,
      error_types: Object.fromEntries([...t.errorTypes].sort(([a], [b]) => (a < b ? -1 : 1))),
      broken_before_response: t.brokenBefore,
      broken_within_response: t.brokenWithin,
      first_seen: iso(t.firstFailureMs),
      ...(history === null ? {} : comparedWith(history, group, failed)),
    };
    rows.push({ rank: sort === 'excess' ? excess : sort === 'deviation' ? (row.deviation ?? -1e9) : failed, key, row });
  }
  return rows;
}

const NONE = new SlotCounts();

function comparedWith(history: History, group: Group, failed: number): Pick<FailureRow, 'new' | 'expected' | 'deviation'> {
  const { totals: t, base } = group;
  const before = t.history ?? NONE;
  const expected = history.expectedRatio(failed, base.exchanges, before, base.history ?? NONE, firstOf(history, group));
  return {
    new: before.dayBefore('failed') > 0 || group.isOther ? false : history.tellsNew ? true : null,
    expected:
      expected === null
        ? null
        : {
            median_ratio: round(expected.median, 6),
            low_ratio: round(expected.low, 6),
            high_ratio: round(expected.high, 6),
            basis: expected.basis,
            hours: round(expected.hours, 2),
          },
    deviation: expected === null ? null : round(expected.deviation, 2),
  };
}
