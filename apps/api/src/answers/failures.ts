import type { Ranked } from '../query/cursor.ts';
import { iso } from '../query/time.ts';
import { failedOf, type Group } from './pattern-totals.ts';
import { excessOf, failureRatio } from './ratios.ts';
import type { GroupRow } from './selection.ts';

export interface FailureRow extends GroupRow {
  /** all exchanges of the group, failed or not */
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
  /** of the first failure in the range */
  first_seen: string;
}

export type FailureSort = 'failures' | 'excess';

/** Groups with at least one failure. The three kinds are disjoint. */
export function failureRows(groups: readonly Group[], sort: FailureSort): Ranked<FailureRow>[] {
  const rows: Ranked<FailureRow>[] = [];
  for (const { key, keys, totals: t, base } of groups) {
    const failed = failedOf(t);
    if (failed === 0) continue;
    const baseline = base.before === 0 ? null : Math.min(1, t.failedBefore / base.before);
    const excess = excessOf(failed, base.exchanges, baseline);
    rows.push({
      rank: sort === 'excess' ? excess : failed,
      key,
      row: {
        ...keys,
        exchanges: t.exchanges,
        client_errors: t.clientErrors,
        server_errors: t.serverErrors,
        transport_errors: t.transportErrors,
        error_ratio: failureRatio(failed, t.exchanges) ?? 0,
        baseline_ratio: base.before === 0 ? null : failureRatio(t.failedBefore, base.before),
        excess,
        error_types: Object.fromEntries([...t.errorTypes].sort(([a], [b]) => (a < b ? -1 : 1))),
        first_seen: iso(t.firstFailureMs),
      },
    });
  }
  return rows;
}
