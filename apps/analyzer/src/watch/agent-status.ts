import type { BatchOutcome, ConsumerHooks, RecordBatch } from '@headwater/event-bus';
import type { AgentStatus } from '@headwater/header-event';
import type { StateStore } from '@headwater/state-store';
import type { Report } from '../report/report.ts';

/** Heartbeats come every 5 s; an agent that ended stays listed as last seen for this long. */
const KEEP_MS = 15 * 60_000;
/** Two incarnations of one host are in conflict while each was heard within this time after the other. */
const CONFLICT_MS = 30_000;
const PREFIX = 'agent/';

/** Under `agent/<host id>`: the newest heartbeat, and whether another incarnation speaks for the same host id. */
export interface StoredAgent extends AgentStatus {
  /** incarnations of the same host id that were displaced and spoke again since; empty: no conflict */
  conflicts: string[];
  /** incarnation -> when it last spoke, ms */
  heard: Record<string, number>;
}

/**
 * One heartbeat on top of what is known. A restarted agent displaces its predecessor, which stays silent; if that one
 * speaks again, two live agents share a host id.
 */
export function heard(before: StoredAgent | null, status: AgentStatus, atMs: number): StoredAgent {
  const recent: Record<string, number> = {};
  for (const [incarnation, at] of Object.entries(before?.heard ?? {})) if (at >= atMs - CONFLICT_MS) recent[incarnation] = at;
  const displaced = before !== null && before.incarnation !== status.incarnation && status.incarnation in recent;
  recent[status.incarnation] = atMs;
  // The farewell of one that was replaced says nothing of its successor, which is alive.
  if (displaced && status.ended) return before;
  const others = Object.keys(recent).filter((i) => i !== status.incarnation);
  const conflicts = displaced || (before?.conflicts.length ?? 0) > 0 ? others : [];
  return { ...status, conflicts, heard: recent };
}

/** Keeps the last heartbeat of every agent in the state store, for `/v1/fleet/agents`. */
export class AgentStatusWatch implements ConsumerHooks {
  private readonly state: StateStore;
  private readonly report: Report;
  private readonly now: () => number;

  constructor(state: StateStore, report: Report, now: () => number) {
    this.state = state;
    this.report = report;
    this.now = now;
  }

  assigned(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  revoked(): Promise<void> {
    return Promise.resolve();
  }

  async batch({ records }: RecordBatch): Promise<BatchOutcome> {
    for (const record of records) {
      // The log holds a day of heartbeats; only the living are of interest.
      if (record.timestampMs < this.now() - KEEP_MS) continue;
      const status = parse(record.value);
      if (!status || record.key !== status.host) {
        this.report.failed('agent status', new Error(`record ${record.offset} is not a heartbeat`));
        continue;
      }
      const key = PREFIX + status.host;
      for (let tries = 0; tries < 5; tries++) {
        const stored = await this.state.get(key);
        const next = heard(stored ? (JSON.parse(stored.value) as StoredAgent) : null, status, record.timestampMs);
        if (await this.state.compareAndSet(key, stored?.version ?? null, JSON.stringify(next), { ttlMs: KEEP_MS })) break;
      }
    }
    return { kind: 'next' };
  }
}

function parse(bytes: Uint8Array): AgentStatus | null {
  try {
    const status = JSON.parse(Buffer.from(bytes).toString()) as AgentStatus;
    return typeof status === 'object' && status !== null && typeof status.host === 'string' && typeof status.incarnation === 'string' ? status : null;
  } catch {
    return null;
  }
}
