import type { Ranked } from '../query/cursor.ts';
import { iso } from '../query/time.ts';
import type { Group } from './pattern-totals.ts';
import { round } from './round.ts';
import type { GroupRow } from './selection.ts';

export interface FailureRow extends GroupRow {
  /** all exchanges of the group, failed or not */
  exchanges: number;
  client_errors: number;
  server_errors: number;
  /** no whole response (error.type) and no status of 400 or above */
  transport_errors: number;
  error_ratio: number;
  /** of the first failure in the range */
  first_seen: string;
}

/** Groups with at least one failure, most failures first. The three kinds are disjoint. */
export function failureRows(groups: readonly Group[]): Ranked<FailureRow>[] {
  const rows: Ranked<FailureRow>[] = [];
  for (const { key, keys, totals: t } of groups) {
    const failed = t.clientErrors + t.serverErrors + t.transportErrors;
    if (failed === 0) continue;
    rows.push({
      rank: failed,
      key,
      row: {
        ...keys,
        exchanges: t.exchanges,
        client_errors: t.clientErrors,
        server_errors: t.serverErrors,
        transport_errors: t.transportErrors,
        error_ratio: round(failed / t.exchanges, 6),
        first_seen: iso(t.firstFailureMs),
      },
    });
  }
  return rows;
}
