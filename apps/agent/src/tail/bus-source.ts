import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { busSettings } from '@headwater/config';
import type { AgentConfig } from '@headwater/config';
import { openBus } from '@headwater/event-bus';
import type { BatchOutcome, EventBus, RecordBatch, TopicPartition } from '@headwater/event-bus';
import { EventCodecError, openRecord, topicName } from '@headwater/header-event';
import type { TailBatch, TailSource } from './source.ts';
import { SinceSearch } from './since.ts';
import { UsageError } from './usage-error.ts';

export interface BusSourceOptions {
  config: Pick<AgentConfig, 'bus' | 'topic_prefix'>;
  /** null: from the end on; else from the first batch that was published then, ms since the epoch */
  sinceMs: number | null;
  /** a line about what is waited for, or what could not be read */
  say(line: string): void;
}

/**
 * Reads the topic of header events as a consumer group of its own, so that nobody else's reading changes. Records
 * that cannot be read are counted and named once.
 * @throws UsageError when the embedded log does not exist: opening it would make an empty one
 */
export function busSource(o: BusSourceOptions): TailSource {
  const { bus: settings, topic_prefix } = o.config;
  if (settings.kind === 'embedded' && !existsSync(settings.path ?? ''))
    throw new UsageError(`there is no bus at ${settings.path}: start Headwater there, name its --state-dir or --config, or capture here with --scope port=N`);
  const topic = topicName(topic_prefix, 'headerEvents');
  const place = settings.kind === 'embedded' ? settings.path : settings.brokers?.join(', ');
  return {
    title: `${topic} on ${place}`,
    patient: true,
    async run(onBatch, stop, onReading) {
      const bus = await openBus(busSettings(settings), (level, message) => (level === 'info' ? undefined : o.say(`-- ${message}`)));
      try {
        await bus.ranges(topic);
        const reader = new Reader(bus, topic, o, onBatch, onReading);
        const subscription = await bus.consume(`headwater-tail-${randomUUID()}`, [topic], reader);
        await Promise.race([new Promise<void>((ok) => (stop.aborted ? ok() : stop.addEventListener('abort', () => ok(), { once: true }))), reader.failed]);
        await subscription.stop();
      } finally {
        await bus.close();
      }
    },
  };
}

class Reader {
  private readonly bus: EventBus;
  private readonly topic: string;
  private readonly o: BusSourceOptions;
  private readonly onBatch: (batch: TailBatch) => void | Promise<void>;
  /** where each partition goes on, for when it is taken and given again */
  private readonly next = new Map<number, number>();
  private readonly searches = new Map<number, SinceSearch>();
  private onReading: (() => void) | null;
  private unreadable = 0;
  readonly failed: Promise<never>;
  private fail: (error: unknown) => void = () => undefined;

  constructor(bus: EventBus, topic: string, o: BusSourceOptions, onBatch: (batch: TailBatch) => void | Promise<void>, onReading: () => void) {
    this.onReading = onReading;
    this.bus = bus;
    this.topic = topic;
    this.o = o;
    this.onBatch = onBatch;
    this.failed = new Promise<never>((_, reject) => (this.fail = reject));
    this.failed.catch(() => undefined);
  }

  async assigned(given: readonly TopicPartition[]): Promise<readonly (TopicPartition & { offset: number })[]> {
    const ranges = await this.bus.ranges(this.topic);
    // Partitions come one by one at times; the first ones are enough to say that reading has begun.
    this.onReading?.();
    this.onReading = null;
    return given.map(({ topic, partition }) => {
      const range = ranges.find((r) => r.partition === partition);
      let offset = this.next.get(partition) ?? range?.next ?? 0;
      if (!this.next.has(partition) && this.o.sinceMs !== null && range && range.next > range.earliest) {
        const search = new SinceSearch(range, this.o.sinceMs);
        this.searches.set(partition, search);
        offset = search.probe;
      }
      this.next.set(partition, offset);
      return { topic, partition, offset };
    });
  }

  async batch({ partition, records }: RecordBatch): Promise<BatchOutcome> {
    const search = this.searches.get(partition);
    if (search) {
      const probe = search.saw(records);
      if (probe !== null) return this.goTo(partition, probe);
      this.searches.delete(partition);
      if (records[0]!.offset > search.probe) return this.goTo(partition, search.probe);
    }
    for (const record of records) {
      this.next.set(partition, record.offset + 1);
      if (this.o.sinceMs !== null && record.timestampMs < this.o.sinceMs) continue;
      let opened;
      try {
        opened = openRecord(record);
      } catch (error) {
        if (!(error instanceof EventCodecError)) throw error;
        if (this.unreadable++ === 0) this.o.say(`-- a record of ${this.topic} cannot be read and is left out: ${error.message}`);
        continue;
      }
      const { identity, seq, columns, account } = opened;
      try {
        await this.onBatch({ host: identity.hostId, sequence: { agent: `${identity.hostId}/${identity.incarnation}`, seq }, columns, account });
      } catch (error) {
        this.fail(error);
      }
    }
    return { kind: 'next' };
  }

  private goTo(partition: number, offset: number): BatchOutcome {
    this.next.set(partition, offset);
    return { kind: 'seek', offset };
  }

  revoked(): Promise<void> {
    return Promise.resolve();
  }
}
