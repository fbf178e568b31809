import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openBus, topicsFor, type EventBus } from '@headwater/event-bus';
import { EventColumnsBuilder, makeRecord, topicName, type BatchAccount } from '@headwater/header-event';
import { ServiceWindow } from '@headwater/sketch';
import { openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const main = join(root, 'apps/analyzer/dist/main.js');
const TOPIC = topicName('headwater', 'headerEvents');
const AGENTS = 6;
const ROWS = 200;

interface Kafka {
  bootstrap: string[];
  stop(): Promise<void>;
}
interface Redis {
  url: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  snapshot(): Promise<void>;
  restoreSnapshot(): Promise<void>;
}

describe('two analyzers on real Kafka and Redis', () => {
  const dir = mkdtempSync(join(tmpdir(), 'hw-analyzer-fleet-'));
  let kafka: Kafka;
  let redis: Redis;
  let bus: EventBus;
  let store: SummaryStore;
  const running = new Map<string, { child: ChildProcess; output: string; exit: Promise<number | null> }>();
  const expected: Record<string, number> = {};
  const seqs = Array.from({ length: AGENTS }, () => 0);

  beforeAll(async () => {
    if (!existsSync(main)) throw new Error('apps/analyzer is not built; run: npm run build');
    const { startKafka } = (await import(join(root, 'infra/kafka/start.mjs'))) as { startKafka(): Promise<Kafka> };
    const { startRedis } = (await import(join(root, 'infra/redis/start.mjs'))) as { startRedis(): Promise<Redis> };
    [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'test', compression: 'zstd' });
    await bus.applyTopics(topicsFor('kafka', 'headwater'), { dryRun: false });
    store = await openSummaryStore({ kind: 'redis', url: redis.url, prefix: 'headwater' });
  });
  afterAll(async () => {
    for (const { child, exit } of running.values()) {
      child.kill('SIGKILL');
      await exit;
    }
    await store?.end();
    await bus?.close();
    await redis?.stop();
    await kafka?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const start = (name: string): void => {
    const file = join(dir, `${name}.yaml`);
    const door = { kind: 'redis', url: redis.url };
    writeFileSync(file, JSON.stringify({ bus: { kind: 'kafka', brokers: kafka.bootstrap }, store: door, state: door, admin: { port: 0 }, close_after_ms: 3_000 }));
    const child = spawn(process.execPath, ['--enable-source-maps', main, '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    const entry = { child, output: '', exit: new Promise<number | null>((ok) => child.once('exit', ok)) };
    child.stderr.on('data', (d: Buffer) => (entry.output = (entry.output + d.toString()).slice(-20_000)));
    running.set(name, entry);
  };

  /** One batch of each agent, each to its own partition, counted by window, service and status. */
  const produce = async (): Promise<void> => {
    const now = Date.now();
    for (let a = 0; a < AGENTS; a++) {
      const b = new EventColumnsBuilder();
      for (let i = 0; i < ROWS; i++) {
        const t = now - i * 5 - (i % 50 === 0 ? 15_000 : 0);
        const status = i % 7 === 0 ? 500 : 200;
        const service = `svc-${i % 3}`;
        b.add({ start_time: BigInt(t) * 1_000_000n, 'service.name': service, 'http.request.method': 'GET', 'http.route': '/', 'http.response.status_code': status });
        const key = `${t - (t % 10_000)} s:${service} ${status}`;
        expected[key] = (expected[key] ?? 0) + 1;
      }
      const starts = { started: ROWS, emitted: ROWS, filtered: {}, lost: {}, in_flight: 0 };
      const account: BatchAccount = {
        watermark_unix_ms: now - 1_000,
        since_unix_ms: now - 100,
        until_unix_ms: now,
        request: starts,
        response: starts,
        exchanges: ROWS,
        unread: {},
        coverage: 1,
        source: 'live',
      };
      const record = makeRecord({ identity: { hostId: `host-${a}`, incarnation: 'i' }, seq: ++seqs[a]!, columns: b.finish(), account });
      await bus.publish(TOPIC, [{ ...record, partition: (a * 5) % 12 }]);
    }
  };

  const stored = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const w of await store.read({ topic: TOPIC, resolution: '10s', start: 0, end: Date.now() + 60_000 })) {
      if (w.subject === 'h:') continue;
      for (const bytes of [...(w.closed ? [w.closed.bytes] : []), ...w.partials.map((p) => p.bytes)]) {
        for (const p of ServiceWindow.decode(bytes).patterns()) counts[`${w.start} ${w.subject} ${p.status}`] = (counts[`${w.start} ${w.subject} ${p.status}`] ?? 0) + p.exchanges;
      }
    }
    return counts;
  };
  const total = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  const until = async (what: () => Promise<boolean>, ms: number): Promise<void> => {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(200)) if (await what().catch(() => false)) return;
    throw new Error(`did not come\n${[...running].map(([n, r]) => `${n}:\n${r.output.slice(-4_000)}`).join('\n')}`);
  };

  it('three SIGKILLs, Redis killed and later rolled back to a snapshot: every exchange once, in its window', async () => {
    start('a');
    start('b');
    for (let i = 0; i < 10; i++) await produce();
    await until(async () => total(await stored()) > 0.2 * total(expected), 60_000);
    await redis.snapshot();
    for (const victim of ['a', 'b', 'a']) {
      for (let i = 0; i < 12; i++) await produce();
      const { child, exit } = running.get(victim)!;
      child.kill('SIGKILL');
      await exit;
      start(victim);
      for (let i = 0; i < 4; i++) await produce();
    }
    await until(async () => total(await stored()) === total(expected), 90_000);
    // Everything was read and nothing new comes: only the analyzers themselves can notice that the store went back.
    await redis.restoreSnapshot();
    let rolledBack = 0;
    await until(async () => ((rolledBack = total(await stored())), true), 20_000);
    expect(rolledBack).toBeLessThan(total(expected));
    await until(async () => total(await stored()) === total(expected), 90_000);
    expect(await stored()).toEqual(expected);
    for (const { child, exit } of running.values()) {
      child.kill('SIGTERM');
      expect(await exit).toBe(0);
    }
    expect(await stored()).toEqual(expected);
  }, 300_000);
});
