import { openBus } from '@headwater/event-bus';
import type { EventBus } from '@headwater/event-bus';
import { AgentConfig, BusConfig } from '@headwater/config';
import { EventColumnsBuilder, makeRecord } from '@headwater/header-event';
import { afterAll, beforeAll, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { startKafka as start } from '../../../../infra/kafka/start.mjs';
import { askBus } from '../doctor/ask-bus.ts';
import { busSource } from './bus-source.ts';

const TOPIC = 'headwater.header-events.v1';
const PARTITIONS = 3;
let kafka: { bootstrap: string[]; stop(): Promise<void> };
let bus: EventBus;
const seq = Array.from({ length: PARTITIONS }, () => 0);

beforeAll(async () => {
  kafka = await (start as () => Promise<typeof kafka>)();
  bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'tail-test', compression: 'zstd' });
  await bus.applyTopics([{ name: TOPIC, partitions: PARTITIONS, cleanup: 'delete', retentionMs: 86_400_000 }], { dryRun: false });
});
afterAll(async () => {
  await bus?.close();
  await kafka?.stop();
});

const configOf = (): AgentConfig => Object.assign(new AgentConfig(), { bus: Object.assign(new BusConfig(), { kind: 'kafka', brokers: kafka.bootstrap }) });

async function publish(n: number): Promise<void> {
  const side = { started: 1, emitted: 1, filtered: {}, lost: {}, in_flight: 0 };
  const account = {
    watermark_unix_ms: 1,
    since_unix_ms: 0,
    until_unix_ms: 1,
    request: side,
    response: side,
    exchanges: 1,
    unread: {},
    coverage: 1,
    source: 'live',
  };
  const records = Array.from({ length: n }, (_, i) => {
    const partition = i % PARTITIONS;
    const columns = new EventColumnsBuilder().add({}).finish();
    return { ...makeRecord({ identity: { hostId: `h${partition}`, incarnation: 'i' }, seq: ++seq[partition]!, columns, account }), partition };
  });
  await bus.publish(TOPIC, records);
}

async function tail(sinceMs: number | null): Promise<{ seen: string[]; end: () => Promise<void> }> {
  const seen: string[] = [];
  const stop = new AbortController();
  const source = busSource({ config: configOf(), sinceMs, say: () => undefined });
  let running = Promise.resolve();
  await new Promise<void>((ok, bad) => {
    running = source.run((batch) => void seen.push(`${batch.host} ${batch.sequence!.seq}`), stop.signal, ok);
    running.catch(bad);
  });
  return {
    seen,
    end: () => {
      stop.abort();
      return running;
    },
  };
}

it('reads all partitions of Kafka from the end on', async () => {
  await publish(30);
  const one = await tail(null);
  await publish(300);
  await expect.poll(() => new Set(one.seen).size, { timeout: 30_000 }).toBe(300);
  expect(one.seen).toHaveLength(300);
  expect(one.seen).not.toContain('h0 10');
  expect(one.seen).toContain('h0 11');
  await one.end();
});

it('begins at an instant in each partition', async () => {
  await publish(600);
  await new Promise((ok) => setTimeout(ok, 50));
  const then = Date.now();
  await publish(30);
  const since = await tail(then);
  await expect.poll(() => since.seen.length, { timeout: 30_000 }).toBe(30);
  await publish(3);
  await expect.poll(() => since.seen.length, { timeout: 30_000 }).toBe(33);
  expect(new Set(since.seen).size).toBe(33);
  await since.end();
});

it('doctor: a broker that answers, a topic that is missing; a broker that is away within its time', async () => {
  const found = await askBus(configOf());
  expect(found).toMatchObject({ kind: 'kafka', error: '', skewMs: null });
  expect(found.topics).toEqual([
    { name: TOPIC, partitions: PARTITIONS, error: '' },
    { name: 'headwater.agent-status.v1', partitions: 0, error: 'is missing' },
  ]);
  const away = configOf();
  away.bus.brokers = ['127.0.0.1:1'];
  const began = performance.now();
  expect((await askBus(away)).error).not.toBe('');
  expect(performance.now() - began).toBeLessThan(15_000);
});
