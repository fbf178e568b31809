// A broker that is away, at the start or later, and a consumer that a member's death leaves behind.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { startKafka as start } from '../../../../infra/kafka/start.mjs';
import { Member, rec, until } from '../contract.ts';
import { openBus } from '../index.ts';
import type { EventBus, Subscription, TopicSettings } from '../index.ts';
import type { KafkaServer } from './contract.integration.ts';

let kafka: KafkaServer & { stopBroker(index?: number): Promise<void> };
const topic: TopicSettings = { name: 'faults', partitions: 2, cleanup: 'delete', retentionMs: 3_600_000 };
const log: string[] = [];
const open = (): Promise<EventBus> => openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'faults', compression: 'zstd' }, (_, message) => log.push(message));
const open2 = async <T>(work: (bus: EventBus) => Promise<T>): Promise<T> => {
  const bus = await open();
  try {
    return await work(bus);
  } finally {
    await bus.close();
  }
};

beforeAll(async () => {
  kafka = await (start as () => Promise<typeof kafka>)();
  await open2((bus) => bus.applyTopics([topic], { dryRun: false }));
});
afterAll(() => kafka.stop());

it('a record has the time of the bus, whatever the clock of its producer says', async () => {
  const producer = new kafkajs.Kafka({ brokers: kafka.bootstrap, clientId: 'wrong-clock', logLevel: kafkajs.logLevel.NOTHING }).producer();
  const bus = await open();
  const member = new Member();
  const name = 'wrong-clock';
  let subscription: Subscription | undefined;
  try {
    await bus.applyTopics([{ ...topic, name }], { dryRun: false });
    await producer.connect();
    await producer.send({ topic: name, messages: [{ value: 'a', partition: 0, timestamp: '1000' }] });
    subscription = await bus.consume('g-clock', [name], member);
    await until('the record', () => member.batches.length > 0);
    expect(Math.abs(member.batches[0]!.records[0]!.timestampMs - Date.now())).toBeLessThan(60_000);
  } finally {
    await producer.disconnect();
    await subscription?.stop();
    await bus.close();
  }
});

it('broker away: publish rejects retryable in bounded time; the consumer waits; both go on after it is back, nothing lost', async () => {
  const bus = await open();
  const member = new Member();
  // As the store does: a partition that comes again is read from behind what was folded.
  member.start = ({ partition }) => {
    const last = member.batches.findLast((b) => b.partition === partition);
    return last === undefined ? undefined : last.records.at(-1)!.offset + 1;
  };
  let subscription: Subscription | undefined;
  try {
    subscription = await bus.consume('g', [topic.name], member);
    await bus.publish(topic.name, [rec('before')]);
    await until('before', () => member.seen.includes('before'));
    await kafka.kill(0);
    const began = Date.now();
    await expect(bus.publish(topic.name, [rec('never acknowledged')])).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    await expect(bus.ranges(topic.name)).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    expect(Date.now() - began).toBeLessThan(30_000);
    // Long enough that kafkajs gives its consumer up and a new one is started.
    await until('kafkajs to give up', () => log.some((m) => m.includes('starting a new consumer') || m.includes('could not start')));
    await kafka.restart(0);
    const publish = async (text: string): Promise<void> => {
      for (;;) {
        try {
          await bus.publish(topic.name, [rec(text)]);
          return;
        } catch (error) {
          if ((error as { retryable?: boolean }).retryable !== true) throw error;
        }
      }
    };
    await publish('after 1');
    await publish('after 2');
    await until('the records after', () => member.seen.includes('after 2'));
    // kafkajs may have sent what it did not hear acknowledged; but never one for another, and in order.
    expect(member.seen.filter((s) => s !== 'never acknowledged')).toEqual(['before', 'after 1', 'after 2']);
    expect(member.events.filter((e) => e.includes('WITHOUT'))).toEqual([]);
  } finally {
    await subscription?.stop();
    await bus.close();
  }
});

it('broker away at the start: calls reject retryable, then work', async () => {
  await kafka.stopBroker(0);
  const bus = await open();
  try {
    for (const work of [
      () => bus.ranges(topic.name),
      () => bus.incarnation(topic.name),
      () => bus.publish(topic.name, [rec('x')]),
      () => bus.consume('g', [topic.name], new Member()),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    }
    await kafka.restart(0);
    await until('the bus to answer', () =>
      bus.ranges(topic.name).then(
        () => true,
        () => false,
      ),
    );
    await expect(bus.publish(topic.name, [rec('y', { partition: 1 })])).resolves.toHaveLength(1);
  } finally {
    await bus.close();
  }
});

it('a member killed with SIGKILL is replaced within the session timeout', async () => {
  const child = fork(
    fileURLToPath(new URL('../testing/reader.ts', import.meta.url)),
    [JSON.stringify({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'child', compression: 'zstd' }), 'g-kill', topic.name],
    { execArgv: ['--conditions=@headwater/source'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const bus = await open();
  const member = new Member();
  let subscription: Subscription | undefined;
  try {
    await once(child, 'message');
    subscription = await bus.consume('g-kill', [topic.name], member);
    await until('one partition each', () => member.held.size === 1);
    child.kill('SIGKILL');
    await exited;
    await until('both partitions', () => member.held.size === 2, 25_000);
  } finally {
    child.kill('SIGKILL');
    await subscription?.stop();
    await bus.close();
  }
});
