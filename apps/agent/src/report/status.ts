import type { Capture, CaptureTotals } from '@headwater/capture';
import type { AgentIdentity, AgentPolicyState, AgentStatus } from '@headwater/header-event';
import type { Losses } from '../account.ts';
import { hostTotals } from './totals.ts';

export interface StatusParts {
  identity: AgentIdentity;
  version: string;
  startedAt: Date;
  capture: Capture | null;
  replay: boolean;
  totals: CaptureTotals | null;
  publisher: { lost: Losses; lagMs(now: number): number };
  spool: { bytes: number; batches: number; oldestMs: number | null } | null;
  overhead: { percent: number; ceiling: number; oneIn: number; since: Date };
  coverage: number;
  policy: string;
  policyState: AgentPolicyState;
}

/** The heartbeat; `ended`: the last one. Losses and exchanges count requests: one exchange has one. */
export function agentStatus(parts: StatusParts, ended: boolean): AgentStatus {
  const now = new Date();
  const { request } = hostTotals(parts.totals, parts.publisher.lost);
  const probe = parts.capture?.probe ?? null;
  return {
    host: parts.identity.hostId,
    incarnation: parts.identity.incarnation,
    version: parts.version,
    started_at: parts.startedAt.toISOString(),
    seen_at: now.toISOString(),
    hooks: probe?.hooks ?? '',
    scope: probe ? probe.scope.split(/[\s,]+/).filter((s) => s !== '') : [],
    policy: parts.policy,
    policy_state: parts.policyState,
    source: parts.replay ? 'replay' : 'live',
    losses: request.lost,
    filtered: request.filtered,
    exchanges: request.emitted,
    coverage: parts.coverage,
    lag_ms: parts.publisher.lagMs(now.getTime()),
    kernel: probe?.kernel ?? '',
    ...(ended ? { ended: true as const } : {}),
    ...(probe?.hooksWhy ? { hooks_why: probe.hooksWhy } : {}),
    ...(parts.overhead.oneIn > 1 ? { sampling: { reason: 'governor' as const, one_in: parts.overhead.oneIn, since: parts.overhead.since.toISOString() } } : {}),
    cpu_percent: Math.round(parts.overhead.percent * 10) / 10,
    cpu_ceiling_percent: parts.overhead.ceiling,
    ...(parts.spool
      ? { spool: { bytes: parts.spool.bytes, batches: parts.spool.batches, oldest_at: parts.spool.oldestMs === null ? null : new Date(parts.spool.oldestMs).toISOString() } }
      : {}),
    ...(parts.totals ? { unread_by: parts.totals.unread_by } : {}),
  };
}
