/**
 * A group member on kafkajs. The store decides where reading begins, not the group's commits, so:
 * - a partition that was given is paused at once and read only after `assigned` has said from where;
 * - positions are kept here and sought again after every rebalance, because kafkajs forgets its own;
 * - batches are resolved only after the handler; commits are made now and then for lag tools only;
 * - a handler that throws pauses its partition: an error thrown into kafkajs would end in a crash of the consumer;
 * - a consumer that crashed is replaced by a new one, whatever kafkajs thinks of the error.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { BusRecord, ConsumerHooks, PartitionRange, Subscription, TopicPartition } from '../port.ts';
import type { BusLog } from '../settings.ts';

const SESSION_MS = 10_000;
const HEARTBEAT_MS = 1_000;
const COMMIT_MS = 5_000;
/**
 * Compressed bytes of one answer. kafkajs unfolds all of it before the first batch is handed on, ten times as much for full
 * batches of ours: larger answers fall out of the caches and into memory, and bring nothing, since reading goes on beside the fold.
 */
const FETCH_PARTITION_BYTES = 1 << 20;
const FETCH_BYTES = 4 << 20;
/**
 * After an answer of less than this, unfolded, the next fetch waits so long: while it does, what many quiet hosts send comes together. A fetch
 * costs as much as several small batches, and without it each brings one or two. Who is behind gets large answers and does not wait.
 */
const LITTLE_BYTES = 2 << 20;
const GATHER_MS = 50;
/** Handlers under way at once; of more partitions than these some would wait for the pause of others. */
const HANDLERS = 64;
const RETRY_MS = [100, 250, 500, 1000, 2000] as const;
const RESTART_MS = [250, 500, 1000, 2000, 5000] as const;

interface Held extends TopicPartition {
  /** offset of the next record to deliver; undefined until `assigned` has answered */
  position: number | undefined;
  committed: number;
  failures: number;
  /** counts seeks, so that a batch under way knows that its end is not the position any more */
  seeks: number;
  retry: NodeJS.Timeout | undefined;
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${partition}/${topic}`;
const step = (waits: readonly number[], n: number): number => waits[Math.min(n, waits.length - 1)]!;
const text = (value: Buffer | string | (Buffer | string)[] | undefined): string =>
  value === undefined ? '' : Array.isArray(value) ? text(value[0]) : typeof value === 'string' ? value : value.toString('utf8');

function recordOf({ offset, timestamp, key, value, headers }: KafkaMessage): BusRecord {
  const said: Record<string, string> = {};
  for (const name in headers) said[name] = text(headers[name]);
  return { offset: Number(offset), timestampMs: Number(timestamp), key: key === null ? null : key.toString('utf8'), value: value ?? new Uint8Array(0), headers: said };
}

export interface ConsumerDeps {
  client: () => Kafka;
  ranges: (topic: string) => Promise<PartitionRange[]>;
  log: BusLog;
}

export class KafkaSubscription implements Subscription {
  readonly #deps: ConsumerDeps;
  readonly #group: string;
  readonly #topics: readonly string[];
  readonly #hooks: ConsumerHooks;
  readonly #held = new Map<string, Held>();
  #consumer: Consumer | undefined;
  #memberId = '';
  /** the hooks `assigned` and `revoked` run one after the other */
  #hookChain: Promise<void> = Promise.resolve();
  #stopping = false;
  #stopped: Promise<void> | undefined;
  #crashed: () => void = () => undefined;
  /** bytes of the answer that is being handled, as far as its batches have come to their handlers */
  #answered = 0;
  #gathering: Promise<void> | undefined;
  readonly #loop: Promise<void>;
  readonly #wakeLoop: { wake: () => void } = { wake: () => undefined };

  constructor(deps: ConsumerDeps, group: string, topics: readonly string[], hooks: ConsumerHooks) {
    this.#deps = deps;
    this.#group = group;
    this.#topics = topics;
    this.#hooks = hooks;
    this.#loop = this.#run();
  }

  async seek(at: TopicPartition & { offset: number }): Promise<void> {
    const held = this.#held.get(keyOf(at));
    if (held?.position === undefined) return;
    this.#goTo(held, await this.#withinRange(at));
  }

  stop(): Promise<void> {
    return (this.#stopped ??= (async () => {
      this.#stopping = true;
      this.#wakeLoop.wake();
      this.#crashed();
      await this.#loop;
    })());
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      const began = Date.now();
      const crash = new Promise<void>((resolve) => (this.#crashed = resolve));
      let consumer: Consumer | undefined;
      try {
        consumer = await this.#start();
        await crash;
      } catch (error) {
        this.#deps.log('warn', `group ${this.#group}: the consumer could not start: ${String(error)}`);
      }
      this.#consumer = undefined;
      await consumer?.disconnect().catch(() => undefined);
      this.#release([...this.#held.values()]);
      await this.#hookChain;
      if (this.#stopping) return;
      failures = Date.now() - began > 30_000 ? 0 : failures + 1;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, step(RESTART_MS, failures));
        this.#wakeLoop.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #start(): Promise<Consumer> {
    const consumer = this.#deps.client().consumer({
      groupId: this.#group,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 250,
      maxBytesPerPartition: FETCH_PARTITION_BYTES,
      maxBytes: FETCH_BYTES,
      allowAutoTopicCreation: false,
      metadataMaxAge: 30_000,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#deps.log('warn', `group ${this.#group}: kafkajs gave up (${payload.error.message}), starting a new consumer`);
      this.#crashed();
    });
    consumer.on(consumer.events.FETCH, () => {
      this.#answered = 0;
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (this.#consumer === consumer) this.#joined(payload.memberId, payload.memberAssignment);
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...this.#topics], fromBeginning: true });
      this.#consumer = consumer;
      const commits = setInterval(() => void this.#commit(consumer), COMMIT_MS);
      consumer.on(consumer.events.STOP, () => clearInterval(commits));
      consumer.on(consumer.events.CRASH, () => clearInterval(commits));
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: HANDLERS, eachBatch: (p) => this.#eachBatch(consumer, p) });
      return consumer;
    } catch (error) {
      await consumer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** Runs inside of kafkajs' join, before it fetches: what is paused or sought here holds for the first fetch. */
  #joined(memberId: string, assignment: Record<string, number[]>): void {
    const given = Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
    const keys = new Set(given.map(keyOf));
    // Another member id: the group had given us up, and others may have read what we still hold.
    const again = memberId === this.#memberId;
    this.#memberId = memberId;
    this.#release([...this.#held.values()].filter((h) => !again || !keys.has(keyOf(h))));
    const fresh: Held[] = [];
    for (const at of given) {
      const kept = this.#held.get(keyOf(at));
      if (kept !== undefined) {
        if (kept.position !== undefined) this.#consumer!.seek({ ...at, offset: String(kept.position) });
        continue;
      }
      const held: Held = { ...at, position: undefined, committed: -1, failures: 0, seeks: 0, retry: undefined };
      this.#held.set(keyOf(at), held);
      this.#consumer!.pause([{ topic: at.topic, partitions: [at.partition] }]);
      fresh.push(held);
    }
    if (fresh.length > 0) this.#assign(fresh);
  }

  #assign(fresh: readonly Held[]): void {
    this.#chain(async () => {
      for (let attempt = 0; ; attempt++) {
        const current = fresh.filter((h) => this.#held.get(keyOf(h)) === h);
        if (current.length === 0 || this.#stopping) return;
        try {
          const starts = new Map((await this.#hooks.assigned(current.map(({ topic, partition }) => ({ topic, partition })))).map((s) => [keyOf(s), s.offset]));
          for (const h of current) {
            const offset = await this.#withinRange({ ...h, offset: starts.get(keyOf(h)) ?? -1 });
            if (this.#held.get(keyOf(h)) === h) this.#goTo(h, offset);
          }
          return;
        } catch (error) {
          this.#deps.log('warn', `group ${this.#group}: partitions cannot be taken over yet: ${String(error)}`);
          await new Promise((resolve) => setTimeout(resolve, step(RETRY_MS, attempt)));
        }
      }
    });
  }

  #release(gone: readonly Held[]): void {
    if (gone.length === 0) return;
    for (const h of gone) {
      clearTimeout(h.retry);
      this.#held.delete(keyOf(h));
    }
    this.#chain(() => this.#hooks.revoked(gone.map(({ topic, partition }) => ({ topic, partition }))));
  }

  #chain(work: () => Promise<void>): void {
    this.#hookChain = this.#hookChain.then(work).catch((error: unknown) => this.#deps.log('warn', `group ${this.#group}: a hook failed: ${String(error)}`));
  }

  /** Offsets outside of the log read from its beginning; kafkajs would do the same, but without saying where it is. */
  async #withinRange({ topic, partition, offset }: TopicPartition & { offset: number }): Promise<number> {
    const range = (await this.#deps.ranges(topic)).find((r) => r.partition === partition);
    return range === undefined || (offset >= range.earliest && offset <= range.next) ? offset : range.earliest;
  }

  #goTo(held: Held, offset: number): void {
    const { topic, partition } = held;
    clearTimeout(held.retry);
    held.position = offset;
    held.seeks++;
    try {
      this.#consumer?.seek({ topic, partition, offset: String(offset) });
      this.#consumer?.resume([{ topic, partitions: [partition] }]);
    } catch {
      // Between two consumers; the next join seeks.
    }
  }

  async #eachBatch(consumer: Consumer, { batch, resolveOffset, heartbeat, isStale, isRunning }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch;
    const held = this.#held.get(keyOf(batch));
    if (held?.position === undefined || this.#consumer !== consumer || isStale() || !isRunning() || this.#stopping) return;
    const { seeks } = held;
    const records = batch.messages.map(recordOf);
    for (const { value } of records) this.#answered += value.length;
    // A failed beat (such as: the group rebalances) shows again in the beat after the handler.
    const beats = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
    try {
      const outcome = await this.#hooks.batch({ topic, partition, records, highWatermark: Number(batch.highWatermark) });
      held.failures = 0;
      if (held.seeks === seeks) {
        if (outcome.kind === 'seek') {
          this.#goTo(held, await this.#withinRange({ topic, partition, offset: outcome.offset }));
        } else {
          held.position = Number(batch.lastOffset()) + 1;
          resolveOffset(batch.lastOffset());
        }
      }
    } catch (error) {
      this.#retryLater(held, error);
    } finally {
      clearInterval(beats);
    }
    await heartbeat();
    if (this.#answered < LITTLE_BYTES) await this.#gather();
  }

  /** One pause for all batches of an answer. */
  #gather(): Promise<void> {
    return (this.#gathering ??= sleep(GATHER_MS).then(() => {
      this.#gathering = undefined;
    }));
  }

  /** The same batch again: the position has not moved. */
  #retryLater(held: Held, error: unknown): void {
    const { topic, partition } = held;
    const wait = step(RETRY_MS, held.failures++);
    this.#deps.log('warn', `batch of ${topic}/${partition} from ${held.position} failed, again in ${wait} ms: ${String(error)}`);
    this.#consumer?.pause([{ topic, partitions: [partition] }]);
    clearTimeout(held.retry);
    held.retry = setTimeout(() => {
      if (this.#held.get(keyOf(held)) === held && held.position !== undefined) this.#goTo(held, held.position);
    }, wait);
  }

  /** For lag tools; nothing of ours reads it. */
  async #commit(consumer: Consumer): Promise<void> {
    const moved = [...this.#held.values()].filter((h) => h.position !== undefined && h.position !== h.committed);
    if (moved.length === 0 || this.#consumer !== consumer) return;
    const offsets = moved.map((h) => ({ held: h, topic: h.topic, partition: h.partition, offset: String(h.position) }));
    try {
      await consumer.commitOffsets(offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset })));
      for (const { held, offset } of offsets) held.committed = Number(offset);
    } catch {
      // The group may be rebalancing; the next turn commits.
    }
  }
}
