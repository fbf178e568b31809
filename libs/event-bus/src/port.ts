/**
 * The event bus: an ordered, partitioned, at-least-once log. Adapters: `kafka/` and `embedded/`;
 * both pass contract.spec.ts. Deliberately absent: transactions, per-record acknowledgement,
 * message-level retry. What was folded is remembered by the summary store, not by the bus.
 */
export interface OutRecord {
  key: string | null;
  value: Uint8Array;
  headers: Record<string, string>;
  /** explicit partition; else by key */
  partition?: number;
}

export interface BusRecord {
  offset: number;
  timestampMs: number;
  key: string | null;
  value: Uint8Array;
  headers: Record<string, string>;
}

export interface TopicPartition {
  topic: string;
  partition: number;
}

export interface RecordBatch extends TopicPartition {
  /** never empty, ascending offsets */
  records: BusRecord[];
  /** offset the next record of the log will get */
  highWatermark: number;
}

/** What the handler wants next on this partition. */
export type BatchOutcome = { kind: 'next' } | { kind: 'seek'; offset: number };

export interface ConsumerHooks {
  /**
   * Partitions were given to this member. Returns where to read from; a partition that is not in the
   * answer starts at the earliest record. No batch of these partitions is delivered before it resolves.
   */
  assigned(partitions: readonly TopicPartition[]): Promise<readonly (TopicPartition & { offset: number })[]>;
  /** One partition's batches never overlap. Throwing = the same batch again after a pause (logged). */
  batch(batch: RecordBatch): Promise<BatchOutcome>;
  /** Partitions were taken away, or the member left. Work under way for them has ended or will be refused by the store. */
  revoked(partitions: readonly TopicPartition[]): Promise<void>;
}

export interface Subscription {
  /**
   * Reads this partition from `offset` on, also when it is idle (a consumer whose state was rolled back must replay
   * although nothing new arrives). A batch under way or fetched before may still be delivered. Partitions that are
   * not assigned are ignored.
   */
  seek(at: TopicPartition & { offset: number }): Promise<void>;
  /** Ends after the batches under way. */
  stop(): Promise<void>;
}

export interface PartitionRange {
  partition: number;
  /** offset of the oldest record still held */
  earliest: number;
  /** offset the next record will get */
  next: number;
}

export interface TopicSettings {
  name: string;
  partitions: number;
  cleanup: 'delete' | 'compact';
  retentionMs: number;
}

export interface EventBus {
  /** Changes when the log was re-created: offsets of another incarnation mean nothing. */
  incarnation(topic: string): Promise<string>;
  /** Resolves once every record is durable, with their offsets in order. Rejects with BusError; nothing is retried after it. */
  publish(topic: string, records: readonly OutRecord[]): Promise<{ partition: number; offset: number }[]>;
  consume(group: string, topics: readonly string[], hooks: ConsumerHooks): Promise<Subscription>;
  /** Rejects with code `topic_missing` (its message names `headwater-admin topics apply`). */
  ranges(topic: string): Promise<PartitionRange[]>;
  /** Creates what is missing; answers what it did (or, with dryRun, would do). Idempotent. */
  applyTopics(topics: readonly TopicSettings[], options: { dryRun: boolean }): Promise<{ topic: string; action: 'created' | 'exists' | 'differs'; detail: string }[]>;
  close(): Promise<void>;
}

export const BUS_ERRORS = {
  topic_missing: { retryable: true, text: 'topic {topic} does not exist; create it with: headwater-admin topics apply' },
  unreachable: { retryable: true, text: 'the bus does not answer: {detail}' },
  denied: { retryable: true, text: 'the bus does not let this client in: {detail}; check bus.sasl (user name, password file, mechanism)' },
  untrusted: { retryable: true, text: 'the certificate of the bus is not accepted: {detail}; check bus.tls.ca and the names in bus.brokers' },
  too_large: { retryable: false, text: 'a record of {bytes} bytes is over the limit of {limit}' },
  full: { retryable: true, text: 'the bus has no room: {detail}' },
  corrupt: { retryable: false, text: 'the bus file is damaged: {detail}' },
  closed: { retryable: false, text: 'the bus was closed' },
} as const;

export type BusErrorCode = keyof typeof BUS_ERRORS;

export class BusError extends Error {
  readonly code: BusErrorCode;
  readonly retryable: boolean;
  constructor(code: BusErrorCode, params: Record<string, string | number> = {}, options?: ErrorOptions) {
    super(
      BUS_ERRORS[code].text.replace(/\{(\w+)\}/g, (_, k: string) => String(params[k] ?? `{${k}}`)),
      options,
    );
    this.name = 'BusError';
    this.code = code;
    this.retryable = BUS_ERRORS[code].retryable;
  }
}

/** How to reach the bus; `openBus(settings)` in index.ts answers an EventBus. */
export type BusSettings =
  | { kind: 'embedded'; path: string; retentionMs: number; retentionBytes: number }
  | {
      kind: 'kafka';
      brokers: string[];
      clientId: string;
      ssl?: { ca?: string; cert?: string; key?: string };
      sasl?: { mechanism: 'scram-sha-256' | 'scram-sha-512' | 'plain'; username: string; passwordFile: string };
      compression: 'zstd' | 'gzip' | 'none';
    };
