import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchOutcome, BusRecord, ConsumerHooks, EventBus, RecordBatch, TopicPartition } from '@headwater/event-bus';

const RETRY_MS = 2_000;
/** A log whose last records were compacted away ends without a last record; then silence of a bus that answers ends the reading. */
const SILENCE_MS = 10_000;

export interface TopicReader {
  onRecord(record: BusRecord): void;
  /** once: everything that the topic held when reading began was given */
  onEnd(): void;
  /** why reading has not begun; null once it has */
  onTrouble(why: string | null): void;
}

class Hooks implements ConsumerHooks {
  private readonly bus: EventBus;
  private readonly reader: TopicReader;
  /** where a partition goes on, for when it is taken and given again */
  private readonly next = new Map<number, number>();
  private readonly ends = new Map<number, number>();
  private readonly topics = new Set<string>();
  private ended = false;
  private silence: NodeJS.Timeout | undefined;

  constructor(bus: EventBus, reader: TopicReader) {
    this.bus = bus;
    this.reader = reader;
  }

  async assigned(given: readonly TopicPartition[]): Promise<readonly (TopicPartition & { offset: number })[]> {
    const from = [];
    for (const { topic, partition } of given) {
      const range = (await this.bus.ranges(topic)).find((r) => r.partition === partition);
      const kept = this.next.get(partition);
      // A log that ends before where we are was made anew.
      const offset = kept !== undefined && range && kept <= range.next ? kept : (range?.earliest ?? 0);
      this.next.set(partition, offset);
      this.topics.add(topic);
      if (!this.ended) this.ends.set(partition, range?.next ?? 0);
      from.push({ topic, partition, offset });
    }
    this.wake();
    return from;
  }

  batch({ partition, records }: RecordBatch): Promise<BatchOutcome> {
    for (const record of records) {
      this.next.set(partition, record.offset + 1);
      this.reader.onRecord(record);
    }
    this.wake();
    return Promise.resolve({ kind: 'next' });
  }

  revoked(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    clearTimeout(this.silence);
  }

  private wake(): void {
    if (this.ended) return;
    clearTimeout(this.silence);
    if ([...this.ends].every(([partition, end]) => (this.next.get(partition) ?? 0) >= end)) this.end();
    else this.silence = setTimeout(() => void this.endIfAlive(), SILENCE_MS);
  }

  private async endIfAlive(): Promise<void> {
    const before = [...this.next.values()].join();
    try {
      for (const topic of this.topics) await this.bus.ranges(topic);
    } catch {
      this.wake();
      return;
    }
    if (before === [...this.next.values()].join()) this.end();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.reader.onEnd();
  }
}

/** Reads the policy topic from its beginning and goes on with it, as a consumer group of its own; until `stop`. */
export async function followTopic(bus: EventBus, topic: string, reader: TopicReader, stop: AbortSignal): Promise<void> {
  const hooks = new Hooks(bus, reader);
  while (!stop.aborted) {
    try {
      await bus.ranges(topic);
      const subscription = await bus.consume(`headwater-policy-${randomUUID()}`, [topic], hooks);
      reader.onTrouble(null);
      if (!stop.aborted) await new Promise<void>((ok) => stop.addEventListener('abort', () => ok(), { once: true }));
      hooks.close();
      await subscription.stop();
      return;
    } catch (error) {
      reader.onTrouble(error instanceof Error ? error.message : String(error));
      await sleep(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}
