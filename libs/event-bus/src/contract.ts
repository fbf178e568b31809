/**
 * What every bus does, run against each adapter: `embedded/*.spec.ts`, `kafka/*.integration.ts`.
 * A test file: it imports vitest.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ConsumerHooks, EventBus, OutRecord, RecordBatch, Subscription, TopicPartition, TopicSettings } from './port.ts';
import { MAX_RECORD_BYTES } from './limits.ts';

export interface BusUnderTest {
  /** one more client of the same bus */
  open(): Promise<EventBus>;
  /** every client has been closed: lose this topic and create it anew */
  recreate(topic: TopicSettings): Promise<void>;
  close(): Promise<void>;
}

const WAIT_MS = 60_000;
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = WAIT_MS): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export const rec = (text: string, more: Partial<OutRecord> = {}): OutRecord => ({ key: null, value: Buffer.from(text), headers: {}, partition: 0, ...more });
const textOf = (value: Uint8Array): string => Buffer.from(value).toString();

/** Collects what a member sees. */
export class Member implements ConsumerHooks {
  readonly seen: string[] = [];
  readonly events: string[] = [];
  readonly held = new Set<string>();
  readonly batches: RecordBatch[] = [];
  start: (at: TopicPartition) => number | undefined = () => undefined;
  handle: (batch: RecordBatch) => Promise<{ kind: 'next' } | { kind: 'seek'; offset: number }> = async () => ({ kind: 'next' });

  async assigned(partitions: readonly TopicPartition[]) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const { partition } of partitions) {
      this.events.push(`assigned ${partition}`);
      this.held.add(String(partition));
    }
    return partitions.flatMap((p) => {
      const offset = this.start(p);
      return offset === undefined ? [] : [{ ...p, offset }];
    });
  }
  async batch(batch: RecordBatch) {
    if (!this.held.has(String(batch.partition))) this.events.push(`BATCH OF ${batch.partition} WITHOUT ASSIGNMENT`);
    this.events.push(`batch ${batch.partition}`);
    this.batches.push(batch);
    const outcome = await this.handle(batch);
    this.seen.push(...batch.records.map((r) => textOf(r.value)));
    return outcome;
  }
  async revoked(partitions: readonly TopicPartition[]) {
    for (const { partition } of partitions) {
      this.events.push(`revoked ${partition}`);
      this.held.delete(String(partition));
    }
  }
}

export function busContract(name: string, openFactory: () => Promise<BusUnderTest>): void {
  describe(`event bus: ${name}`, () => {
    let factory: BusUnderTest;
    let buses: EventBus[] = [];
    let subscriptions: Subscription[] = [];

    const open = async (): Promise<EventBus> => {
      const bus = await factory.open();
      buses.push(bus);
      return bus;
    };
    const topicOf = (partitions = 1, more: Partial<TopicSettings> = {}): TopicSettings => ({
      name: `t-${randomUUID()}`,
      partitions,
      cleanup: 'delete',
      retentionMs: 3_600_000,
      ...more,
    });
    const withTopic = async (partitions = 1, more: Partial<TopicSettings> = {}) => {
      const bus = await open();
      const topic = topicOf(partitions, more);
      await bus.applyTopics([topic], { dryRun: false });
      return { bus, topic: topic.name, settings: topic };
    };
    const consume = async (bus: EventBus, group: string, topic: string, member: Member): Promise<Subscription> => {
      const s = await bus.consume(group, [topic], member);
      subscriptions.push(s);
      return s;
    };
    const closeAll = async (): Promise<void> => {
      await Promise.all(subscriptions.map((s) => s.stop()));
      await Promise.all(buses.map((b) => b.close()));
      subscriptions = [];
      buses = [];
    };

    beforeAll(async () => {
      factory = await openFactory();
    });
    afterEach(closeAll);
    afterAll(() => factory.close());

    it('keeps order, gives offsets, and starts at the earliest record', async () => {
      const { bus, topic } = await withTopic();
      expect(await bus.publish(topic, [rec('a'), rec('b')])).toEqual([
        { partition: 0, offset: 0 },
        { partition: 0, offset: 1 },
      ]);
      expect(await bus.publish(topic, [rec('c')])).toEqual([{ partition: 0, offset: 2 }]);
      expect(await bus.publish(topic, [])).toEqual([]);
      expect(await bus.ranges(topic)).toEqual([{ partition: 0, earliest: 0, next: 3 }]);
      const member = new Member();
      await consume(bus, 'g', topic, member);
      await until('three records', () => member.seen.length >= 3);
      await bus.publish(topic, [rec('d')]);
      await until('the fourth', () => member.seen.length >= 4);
      expect(member.seen).toEqual(['a', 'b', 'c', 'd']);
      const offsets = member.batches.flatMap((b) => b.records.map((r) => r.offset));
      expect(offsets).toEqual([0, 1, 2, 3]);
      expect(member.batches.at(-1)!.highWatermark).toBe(4);
    });

    it('carries keys, header text beyond ASCII, binary values and a time', async () => {
      const { bus, topic } = await withTopic();
      const value = Uint8Array.from({ length: 256 }, (_, i) => i);
      const before = Date.now();
      await bus.publish(topic, [{ key: 'schlüssel', value, headers: { 'content-type': 'x/y', text: 'é € \u{1f600}' }, partition: 0 }]);
      const member = new Member();
      await consume(bus, 'g', topic, member);
      await until('the record', () => member.seen.length === 1);
      const record = member.batches[0]!.records[0]!;
      expect(Buffer.compare(Buffer.from(record.value), Buffer.from(value))).toBe(0);
      expect(record).toMatchObject({ key: 'schlüssel', headers: { 'content-type': 'x/y', text: 'é € \u{1f600}' } });
      expect(record.timestampMs).toBeGreaterThanOrEqual(before - 2000);
    });

    it('obeys explicit partitions and keeps one key in one partition', async () => {
      const { bus, topic } = await withTopic(3);
      expect(await bus.publish(topic, [rec('x', { partition: 2 }), rec('y', { partition: 0 })])).toEqual([
        { partition: 2, offset: 0 },
        { partition: 0, offset: 0 },
      ]);
      const keyed = { key: 'service', value: Buffer.from('v'), headers: {} };
      const placed = await bus.publish(topic, [keyed, keyed]);
      expect(new Set(placed.map((p) => p.partition)).size).toBe(1);
      expect(placed[1]!.offset).toBe(placed[0]!.offset + 1);
    });

    it('takes large records and many at once, and refuses too large ones whole', async () => {
      const { bus, topic } = await withTopic();
      const big = Buffer.alloc(900_000, 7);
      for (let i = 0; i < big.length; i += 3) big[i] = (i * 2654435761) >>> 24;
      await bus.publish(
        topic,
        [1, 2, 3].map((n) => rec('', { value: Buffer.concat([Buffer.from([n]), big]) })),
      );
      await expect(bus.publish(topic, [rec('ok'), rec('', { value: Buffer.alloc(MAX_RECORD_BYTES + 1) })])).rejects.toMatchObject({ code: 'too_large', retryable: false });
      expect(await bus.ranges(topic)).toEqual([{ partition: 0, earliest: 0, next: 3 }]);
      const member = new Member();
      await consume(bus, 'g', topic, member);
      await until('three big records', () => member.seen.length === 3);
      expect(member.batches.flatMap((b) => b.records.map((r) => [r.value[0], r.value.length]))).toEqual([1, 2, 3].map((n) => [n, 900_001]));
    });

    it('gives no batch before `assigned` has resolved, and starts where it says', async () => {
      const { bus, topic } = await withTopic();
      await bus.publish(
        topic,
        ['a', 'b', 'c'].map((t) => rec(t)),
      );
      const member = new Member();
      member.start = () => 1;
      await consume(bus, 'g', topic, member);
      await until('two records', () => member.seen.length >= 2);
      expect(member.events.slice(0, 2)).toEqual(['assigned 0', 'batch 0']);
      expect(member.seen).toEqual(['b', 'c']);
    });

    it('a seek goes there, and what was already fetched is dropped', async () => {
      const { bus, topic } = await withTopic();
      await bus.publish(
        topic,
        ['a', 'b', 'c'].map((t) => rec(t)),
      );
      const member = new Member();
      let seeks = 0;
      member.handle = async () => (seeks++ === 0 ? { kind: 'seek', offset: 1 } : { kind: 'next' });
      await consume(bus, 'g', topic, member);
      await until('the batch after the seek', () => member.batches.length >= 2);
      await bus.publish(topic, [rec('d')]);
      await until('d', () => member.seen.includes('d'));
      expect(member.batches[1]!.records[0]!.offset).toBe(1);
      expect(member.seen.join('')).toMatch(/^(abc|ab|a)bcd$/);
    });

    it('Subscription.seek replays an idle partition', async () => {
      const { bus, topic } = await withTopic();
      await bus.publish(
        topic,
        ['a', 'b', 'c'].map((t) => rec(t)),
      );
      const member = new Member();
      const subscription = await consume(bus, 'g', topic, member);
      await until('three records', () => member.seen.length === 3);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await subscription.seek({ topic, partition: 0, offset: 1 });
      await subscription.seek({ topic, partition: 9, offset: 1 });
      await until('two again', () => member.seen.length >= 5);
      expect(member.seen).toEqual(['a', 'b', 'c', 'b', 'c']);
    });

    it('a handler that throws gets the same batch again, and nothing overlaps', async () => {
      const { bus, topic } = await withTopic();
      await bus.publish(
        topic,
        ['a', 'b'].map((t) => rec(t)),
      );
      const member = new Member();
      let failures = 0;
      let running = 0;
      member.handle = async () => {
        expect(++running).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
        if (failures++ < 2) throw new Error('not yet');
        return { kind: 'next' };
      };
      await consume(bus, 'g', topic, member);
      await until('both records', () => member.seen.length >= 2);
      expect(member.seen).toEqual(['a', 'b']);
      expect(member.batches.slice(0, 3).map((b) => b.records[0]!.offset)).toEqual([0, 0, 0]);
    });

    it('two members share the partitions, and one takes over when the other stops', async () => {
      const { bus, topic } = await withTopic(4);
      const [one, two] = [new Member(), new Member()];
      await consume(bus, 'g', topic, one);
      await until('one has all', () => one.held.size === 4);
      const second = await consume(await open(), 'g', topic, two);
      await until('two each', () => one.held.size === 2 && two.held.size === 2);
      expect([...one.held, ...two.held].toSorted()).toEqual(['0', '1', '2', '3']);
      await bus.publish(
        topic,
        [0, 1, 2, 3].map((p) => rec(`p${p}`, { partition: p })),
      );
      await until('four records', () => new Set([...one.seen, ...two.seen]).size === 4);
      expect([...one.seen, ...two.seen].toSorted()).toEqual(['p0', 'p1', 'p2', 'p3']);
      expect([...one.events, ...two.events].filter((e) => e.includes('WITHOUT'))).toEqual([]);
      await second.stop();
      expect(two.held.size).toBe(0);
      await until('one has all again', () => one.held.size === 4);
    });

    it('groups do not disturb each other', async () => {
      const { bus, topic } = await withTopic();
      await bus.publish(topic, [rec('a')]);
      const [one, two] = [new Member(), new Member()];
      await consume(bus, 'g1', topic, one);
      await consume(bus, 'g2', topic, two);
      await until('both', () => one.seen.length === 1 && two.seen.length === 1);
    });

    it('a missing topic is named with the command that makes it', async () => {
      const bus = await open();
      const expected = expect.objectContaining({ code: 'topic_missing', retryable: true, message: expect.stringMatching(/absent-topic.*headwater-admin topics apply/) as string });
      for (const work of [
        () => bus.ranges('absent-topic'),
        () => bus.publish('absent-topic', [rec('a')]),
        () => bus.incarnation('absent-topic'),
        () => bus.consume('g', ['absent-topic'], new Member()),
      ]) {
        await expect(work()).rejects.toThrow(expected);
      }
    });

    it('applyTopics says what it would do, does it once, and names what differs', async () => {
      const bus = await open();
      const topic = topicOf(2);
      expect(await bus.applyTopics([topic], { dryRun: true })).toMatchObject([{ topic: topic.name, action: 'created' }]);
      await expect(bus.ranges(topic.name)).rejects.toMatchObject({ code: 'topic_missing' });
      expect(await bus.applyTopics([topic], { dryRun: false })).toMatchObject([{ action: 'created' }]);
      expect(await bus.applyTopics([topic], { dryRun: false })).toMatchObject([{ action: 'exists' }]);
      const [differs] = await bus.applyTopics([{ ...topic, partitions: 3 }], { dryRun: false });
      expect(differs).toMatchObject({ action: 'differs', detail: expect.stringContaining('2') as string });
    });

    it('the incarnation is stable, and another one after the topic was made anew', async () => {
      const { bus, topic, settings } = await withTopic();
      const before = await bus.incarnation(topic);
      expect(await bus.incarnation(topic)).toBe(before);
      await closeAll();
      await factory.recreate(settings);
      const again = await open();
      expect(await again.incarnation(topic)).not.toBe(before);
      expect(await again.ranges(topic)).toEqual([{ partition: 0, earliest: 0, next: 0 }]);
    });

    it('retention moves `earliest`, never `next`', async () => {
      const { bus, topic } = await withTopic(1, { retentionMs: 500 });
      await bus.publish(topic, [rec('a'), rec('b')]);
      await until('the records to expire', async () => (await bus.ranges(topic))[0]!.earliest === 2);
      expect(await bus.publish(topic, [rec('c')])).toEqual([{ partition: 0, offset: 2 }]);
    });

    it('after close every call is refused', async () => {
      const { bus, topic } = await withTopic();
      await bus.close();
      await expect(bus.publish(topic, [rec('a')])).rejects.toMatchObject({ code: 'closed', retryable: false });
    });
  });
}
