import type { Ranked } from '../query/cursor.ts';
import { iso } from '../query/time.ts';
import type { PatternCounts } from '../windows/decoded.ts';
import { round } from './request-patterns.ts';
import { Groups, selects, type GroupKey, type GroupRow, type Selection } from './selection.ts';

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

interface Failed {
  exchanges: number;
  client: number;
  server: number;
  transport: number;
  firstSeenMs: number;
}

/** Groups with at least one failure: status >= 400, or an error.type. The three kinds are disjoint. */
export class FailureFold {
  readonly #selection: Selection;
  readonly #groups: Groups<Failed>;

  constructor(selection: Selection, keys: readonly GroupKey[]) {
    this.#selection = selection;
    this.#groups = new Groups(keys, () => ({ exchanges: 0, client: 0, server: 0, transport: 0, firstSeenMs: Infinity }));
  }

  add(service: string, rows: readonly PatternCounts[]): void {
    for (const p of rows) {
      if (!selects(this.#selection, p)) continue;
      const g = this.#groups.of(service, p);
      g.exchanges += p.exchanges;
      if (p.status >= 500) g.server += p.exchanges;
      else if (p.status >= 400) g.client += p.exchanges;
      else g.transport += p.errors;
      if (p.status >= 400 || p.errors > 0) g.firstSeenMs = Math.min(g.firstSeenMs, p.firstSeenMs);
    }
  }

  rows(): Ranked<FailureRow>[] {
    const rows: Ranked<FailureRow>[] = [];
    for (const { key, keys, value: g } of this.#groups.all()) {
      const failed = g.client + g.server + g.transport;
      if (failed === 0) continue;
      const row = { ...keys, exchanges: g.exchanges, client_errors: g.client, server_errors: g.server, transport_errors: g.transport, error_ratio: round(failed / g.exchanges, 6), first_seen: iso(g.firstSeenMs) };
      rows.push({ rank: failed, key, row });
    }
    return rows;
  }
}
