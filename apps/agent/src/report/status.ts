import type { Capture, CaptureTotals } from '@headwater/capture';
import type { AgentIdentity, AgentStatus } from '@headwater/header-event';
import { hostTotals } from './totals.ts';

export interface StatusParts {
  identity: AgentIdentity;
  version: string;
  startedAt: Date;
  capture: Capture | null;
  replay: boolean;
  totals: CaptureTotals | null;
  queue: { lost: Readonly<Record<string, number>>; lagMs(now: number): number };
  coverage: number;
  policy: string;
}

/** The heartbeat. Losses and exchanges count requests: one exchange has one. */
export function agentStatus(parts: StatusParts): AgentStatus {
  const now = new Date();
  const { request } = hostTotals(parts.totals, parts.queue.lost);
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
    source: parts.replay ? 'replay' : 'live',
    losses: request.lost,
    filtered: request.filtered,
    exchanges: request.emitted,
    coverage: parts.coverage,
    lag_ms: parts.queue.lagMs(now.getTime()),
    kernel: probe?.kernel ?? '',
  };
}
