import type { AgentPolicyState, AgentStatus } from '@headwater/header-event';
import type { HostAccount, HostsWindow, StartCounts } from '@headwater/sketch';
import type { Ranked } from '../query/cursor.ts';

export interface StartsRow {
  started: number;
  emitted: number;
  filtered: Record<string, number>;
  lost: Record<string, number>;
  in_flight: number;
}

/** What a host's agent said of its capture in a range: started = emitted + filtered + lost + in_flight. */
export interface AccountRow {
  request: StartsRow;
  response: StartsRow;
  exchanges: number;
  batches: number;
  lost_batches: Record<string, number>;
  clamped_times: number;
  late_exchanges: number;
  /** what declared sample rates left out in the range, by who asked for it; empty: nothing */
  sampling: { reason: string; one_in: number; exchanges: number; kept: number }[];
}

export interface AgentRow {
  host: string;
  version: string;
  hooks: string;
  /** null in this and the seven below: the agent is of a version that does not say */
  hooks_why: string | null;
  scope: string[];
  policy: string;
  /** the policies in force and what became of the last one offered */
  policy_state: AgentPolicyState | null;
  /** null also while nothing is sampled */
  sampling: NonNullable<AgentStatus['sampling']> | null;
  /** agent and probe over the last 10 s, percent of one core */
  cpu_percent: number | null;
  /** 0: none */
  cpu_ceiling_percent: number | null;
  /** batches that wait on disk */
  spool: NonNullable<AgentStatus['spool']> | null;
  /** message starts in scope that could not be read since the start: which program, and why; most first */
  unread_by: NonNullable<AgentStatus['unread_by']> | null;
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
  /** null: it said nothing in the range */
  account: AccountRow | null;
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
  const account = hosts.get(status.host);
  const skew = account?.skewMinMs ?? Infinity;
  return {
    rank: 0,
    key: status.host,
    row: {
      host: status.host,
      version: status.version,
      hooks: status.hooks,
      hooks_why: status.hooks_why ?? null,
      scope: status.scope,
      policy: status.policy,
      policy_state: status.policy_state ?? null,
      sampling: status.sampling ?? null,
      cpu_percent: status.cpu_percent ?? null,
      cpu_ceiling_percent: status.cpu_ceiling_percent ?? null,
      spool: status.spool ?? null,
      unread_by: status.unread_by?.toSorted((a, b) => b.messages - a.messages) ?? null,
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
      account: account === undefined ? null : accountRow(account),
      seen_at: status.seen_at,
      alive: now - Date.parse(status.seen_at) <= SILENT_AFTER_MS,
      conflicts: status.conflicts ?? [],
    },
  };
}

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

function startsRow(s: StartCounts): StartsRow {
  return { started: s.started, emitted: s.emitted, filtered: sorted(s.filtered), lost: sorted(s.lost), in_flight: s.inFlight };
}

function accountRow(a: HostAccount): AccountRow {
  return {
    request: startsRow(a.request),
    response: startsRow(a.response),
    exchanges: a.exchanges,
    batches: a.batches,
    lost_batches: sorted(a.lostBatches),
    clamped_times: a.clampedTimes,
    late_exchanges: a.lateExchanges,
    sampling: [...a.sampling].sort(([x], [y]) => (x < y ? -1 : 1)).map(([reason, s]) => ({ reason, one_in: s.oneIn, exchanges: s.exchanges, kept: s.kept })),
  };
}
