/** Topic names and their shape; `prefix` is configurable (default `headwater`). */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly cleanup: 'delete' | 'compact';
  readonly retentionMs: number;
}

const HOUR = 3_600_000;

export const TOPICS = {
  headerEvents: { name: 'header-events.v1', partitions: 12, cleanup: 'delete', retentionMs: 24 * HOUR },
  headerEventsJson: { name: 'header-events.json.v1', partitions: 12, cleanup: 'delete', retentionMs: 24 * HOUR },
  summaries: { name: 'summaries.v1', partitions: 3, cleanup: 'delete', retentionMs: 7 * 24 * HOUR },
  alerts: { name: 'alerts.v1', partitions: 3, cleanup: 'compact', retentionMs: -1 },
  insights: { name: 'insights.v1', partitions: 3, cleanup: 'delete', retentionMs: 7 * 24 * HOUR },
  insightRequests: { name: 'insight-requests.v1', partitions: 3, cleanup: 'delete', retentionMs: 7 * 24 * HOUR },
  agentStatus: { name: 'agent-status.v1', partitions: 3, cleanup: 'compact', retentionMs: -1 },
  capturePolicy: { name: 'capture-policy.v1', partitions: 1, cleanup: 'compact', retentionMs: -1 },
  deadLetter: { name: 'dead-letter.v1', partitions: 3, cleanup: 'delete', retentionMs: 7 * 24 * HOUR },
} as const satisfies Record<string, TopicSpec>;

export type TopicId = keyof typeof TOPICS;

/** `headwater.header-events.v1` for ('headwater', 'headerEvents'). */
export function topicName(prefix: string, id: TopicId): string {
  return `${prefix}.${TOPICS[id].name}`;
}

/** Record headers of `header-events.v1`. */
export const RECORD_HEADERS = {
  contentType: 'content-type',
  schema: 'headwater-schema',
  agent: 'headwater-agent',
  seq: 'headwater-seq',
  crc32: 'headwater-crc32',
  account: 'headwater-account',
} as const;

export const ARROW_STREAM = 'application/vnd.apache.arrow.stream';

/** `headwater-agent` is `<host id>/<incarnation>`; `headwater-crc32` covers the account header's bytes, then the value. */
export interface AgentIdentity {
  hostId: string;
  incarnation: string;
}

/** Heartbeat on `agent-status.v1`, every 5 s, key = host id. */
export interface AgentStatus {
  host: string;
  incarnation: string;
  version: string;
  started_at: string;
  seen_at: string;
  hooks: string;
  scope: string[];
  policy: string;
  source: 'live' | 'replay';
  /** totals since the agent's start, by reason */
  losses: Record<string, number>;
  filtered: Record<string, number>;
  exchanges: number;
  coverage: number;
  /** age of the oldest exchange not yet acknowledged by the bus */
  lag_ms: number;
  kernel: string;
  /** its last one: the agent ends in order, and is not silent from now on but gone */
  ended?: true;
  /** why these hooks: what was asked for, or what auto found */
  hooks_why?: string;
  /** the policies in force and what became of the last one offered */
  policy_state?: AgentPolicyState;
  /** absent while every exchange that the filters let through is a row */
  sampling?: { reason: 'policy' | 'governor'; one_in: number; since: string };
  /** CPU of agent and probe over the last 10 s, percent of one core, and the ceiling (0: none) */
  cpu_percent?: number;
  cpu_ceiling_percent?: number;
  /** batches that wait on disk */
  spool?: { bytes: number; batches: number; oldest_at: string | null };
  /** message starts in scope that could not be read, since the start: which program, and why */
  unread_by?: { executable: string; reason: string; messages: number }[];
}

export interface AgentPolicyState {
  /** the host's own: `id@version`, and where it came from */
  host: string;
  source: 'built-in' | 'file';
  loaded_at: string;
  /** the fleet's policy that narrows it, or null */
  narrowing: { policy: string; key: string; accepted_at: string } | null;
  /** the last one that was refused, or null; cleared when a later one is accepted */
  refused: { policy: string; source: 'file' | 'topic'; reason: string; at: string } | null;
}
