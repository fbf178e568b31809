import type { AgentStatus } from '@headwater/header-event';
import type { HostsWindow } from '@headwater/sketch';
import type { Ranked } from '../query/cursor.ts';

export interface AgentRow {
  host: string;
  version: string;
  hooks: string;
  scope: string[];
  policy: string;
  /** live capture, or a replay of recorded traffic */
  source: 'live' | 'replay';
  kernel: string;
  incarnation: string;
  started_at: string;
  exchanges: number;
  /** since the agent's start, by reason */
  losses: Record<string, number>;
  filtered: Record<string, number>;
  coverage: number;
  lag_ms: number;
  /** bus clock minus host clock in the range, ms; null when it did not report in it */
  skew_ms: number | null;
  seen_at: string;
  /** heard of within 30 s */
  alive: boolean;
  /** incarnations of other live agents that use the same host id: one of them must get another */
  conflicts: string[];
}

/** A heartbeat as the analyzer keeps it. */
export interface StoredStatus extends AgentStatus {
  conflicts?: string[];
}

const SILENT_AFTER_MS = 30_000;

/** The JSON under `agent/<host>`; null when it is not a status. */
export function parseStatus(value: string): StoredStatus | null {
  try {
    const parsed = JSON.parse(value) as Partial<AgentStatus> | null;
    const sound =
      parsed !== null && typeof parsed === 'object' && typeof parsed.host === 'string' && typeof parsed.seen_at === 'string' && !Number.isNaN(Date.parse(parsed.seen_at));
    return sound ? (parsed as StoredStatus) : null;
  } catch {
    return null;
  }
}

export function agentRow(status: StoredStatus, hosts: HostsWindow, now: number): Ranked<AgentRow> {
  const skew = hosts.get(status.host)?.skewMinMs ?? Infinity;
  return {
    rank: 0,
    key: status.host,
    row: {
      host: status.host,
      version: status.version,
      hooks: status.hooks,
      scope: status.scope,
      policy: status.policy,
      source: status.source,
      kernel: status.kernel,
      incarnation: status.incarnation,
      started_at: status.started_at,
      exchanges: status.exchanges,
      losses: status.losses,
      filtered: status.filtered,
      coverage: status.coverage,
      lag_ms: status.lag_ms,
      skew_ms: Number.isFinite(skew) ? Math.round(skew) : null,
      seen_at: status.seen_at,
      alive: now - Date.parse(status.seen_at) <= SILENT_AFTER_MS,
      conflicts: status.conflicts ?? [],
    },
  };
}
