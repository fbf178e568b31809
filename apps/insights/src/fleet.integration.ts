import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ALERT_KEYS, type Alert, type AlertEvent } from '@headwater/alert-rules';
import { openBus, topicsFor, type EventBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { INSIGHT_KEYS, insightId, type Insight, type InsightRequest } from '@headwater/insight-rules';
import { ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore } from '@headwater/summary-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StubProvider } from './testing/stubs/index.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const main = join(root, 'apps/insights/dist/main.js');
const MINUTE = 60_000;
const END = Math.floor(Date.now() / MINUTE) * MINUTE - 2 * MINUTE;
const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
const SERVICES = 6;

interface Kafka {
  bootstrap: string[];
  stop(): Promise<void>;
}
interface Redis {
  url: string;
  stop(): Promise<void>;
}

describe('two processes on real Kafka and Redis', () => {
  const dir = mkdtempSync(join(tmpdir(), 'hw-insights-fleet-'));
  const provider = new StubProvider();
  let kafka: Kafka;
  let redis: Redis;
  let bus: EventBus;
  let state: StateStore;
  const running = new Map<string, { child: ChildProcess; output: string; exit: Promise<number | null> }>();

  beforeAll(async () => {
    if (!existsSync(main)) throw new Error('apps/insights is not built; run: npm run build');
    const { startKafka } = (await import(join(root, 'infra/kafka/start.mjs'))) as { startKafka(): Promise<Kafka> };
    const { startRedis } = (await import(join(root, 'infra/redis/start.mjs'))) as { startRedis(): Promise<Redis> };
    [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'test', compression: 'zstd' });
    await bus.applyTopics(topicsFor('kafka', 'headwater'), { dryRun: false });
    state = await openStateStore({ kind: 'redis', url: redis.url, prefix: 'headwater' });
    await provider.listen();
    await traffic();
  });
  afterAll(async () => {
    for (const { child, exit } of running.values()) {
      child.kill('SIGKILL');
      await exit;
    }
    await provider.close();
    await state?.end();
    await bus?.close();
    await redis?.stop();
    await kafka?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Every service is well for a quarter of an hour, and then not. */
  const traffic = async (): Promise<void> => {
    const store = await openSummaryStore({ kind: 'redis', url: redis.url, prefix: 'headwater' });
    const unit = { topic: topicName('headwater', 'headerEvents'), partition: 0 };
    const { epoch } = await store.claim(unit, await bus.incarnation(unit.topic));
    const segments = [];
    for (let start = END - 30 * MINUTE; start < END; start += MINUTE)
      for (let s = 0; s < SERVICES; s++) {
        const window = new ServiceWindow();
        const failed = start >= END - 15 * MINUTE ? 200 + s : 1;
        window.roleExchanges.server = 1_000;
        for (const [status, n] of [
          [200, 1_000 - failed],
          [502, failed],
        ] as const) {
          const pattern = window.pattern('server', 'GET', '/', status);
          pattern.exchanges = n;
          pattern.firstSeenMs = start;
          pattern.lastSeenMs = start + 1;
          pattern.ttfb.add(2_000_000, n);
        }
        segments.push({ resolution: '10s' as const, start, subject: `s:svc-${s}`, fresh: true, bytes: window.encode() });
      }
    const result = await store.commit({ unit, epoch, expectedOffset: null, nextOffset: 1, agents: new Uint8Array(), watermark: 0, silent: [], at: 0, segments });
    if (result.kind !== 'ok') throw new Error(result.kind);
    await store.end();
  };

  const start = (name: string): void => {
    const file = join(dir, `${name}.yaml`);
    const door = { kind: 'redis', url: redis.url };
    const settings = {
      ...{ bus: { kind: 'kafka', brokers: kafka.bootstrap }, store: door, state: door, admin: { port: 0 } },
      ...{ gateway: { url: provider.url, model: 'stub' }, triggers: { coalesce_ms: 1_000, digest: false, concurrency: 2 } },
    };
    writeFileSync(file, JSON.stringify(settings));
    const child = spawn(process.execPath, ['--enable-source-maps', main, '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    const entry = { child, output: '', exit: new Promise<number | null>((ok) => child.once('exit', ok)) };
    child.stderr.on('data', (d: Buffer) => (entry.output = (entry.output + d.toString()).slice(-20_000)));
    running.set(name, entry);
  };

  const raise = async (service: string, n: number): Promise<string> => {
    const alert: Alert = {
      ...{ schema: 1, id: n.toString(16).padStart(32, '0'), rule: 'errors', kind: 'error_burn', severity: 'page', subject: { service }, state: 'open', title: 't' },
      ...{ description: '', opened_at: iso(END), opening_window: { start: iso(END - MINUTE), end: iso(END) }, resolved_at: null, resolution: null, values: {} },
      ...{ last_values: {}, complete: true, muted_by: null, revision: 1 },
    };
    await state.set(ALERT_KEYS.alert(alert.id), JSON.stringify(alert));
    const event: AlertEvent = { schema: 1, event: 'opened', event_id: `${alert.id}/opened`, at: alert.opened_at, alert };
    await bus.publish(topicName('headwater', 'alerts'), [{ key: alert.id, value: Buffer.from(JSON.stringify(event)), headers: {} }]);
    return insightId('alert', { service }, { start: iso(END - 15 * MINUTE), end: iso(END) });
  };

  const ask = async (service: string): Promise<string> => {
    const window = { start: iso(END - 10 * MINUTE), end: iso(END) };
    const request: InsightRequest = {
      ...{ schema: 1, id: insightId('request', { service }, window), subject: { service }, window },
      ...{ requested_at: iso(Date.now()), requested_by: 'reporter' },
    };
    await bus.publish(topicName('headwater', 'insightRequests'), [{ key: request.id, value: Buffer.from(JSON.stringify(request)), headers: {} }]);
    return request.id;
  };

  const insights = async (): Promise<Insight[]> => (await state.list(INSIGHT_KEYS.insights)).map((e) => JSON.parse(e.value) as Insight);
  const until = async (what: () => Promise<boolean>, ms: number): Promise<void> => {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(200)) if (await what()) return;
    const logs = [...running].map(([n, r]) => `${n}:\n${r.output.slice(-4_000)}`);
    throw new Error(`did not come\n${JSON.stringify((await insights()).map((i) => [i.trigger, i.subject, i.state, i.model.state, i.model.reason]))}\n${logs.join('\n')}`);
  };

  it('its command line: the gateway is tried, and what it does not know is said', async () => {
    provider.always('{"ok":true}');
    const file = join(dir, 'check.yaml');
    const door = { kind: 'redis', url: redis.url };
    writeFileSync(file, JSON.stringify({ bus: { kind: 'kafka', brokers: kafka.bootstrap }, store: door, state: door, gateway: { url: provider.url, model: 'stub' } }));
    const told = async (...argv: string[]): Promise<[number | null, string]> => {
      const child = spawn(process.execPath, [main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => (said += d.toString()));
      const code = await new Promise<number | null>((ok) => child.once('close', ok));
      return [code, said];
    };
    expect(await told('check', '--config', file)).toEqual([0, expect.stringContaining('ok    model')]);
    expect(await told('check', '--config', file, '--gateway.path', '/nowhere')).toEqual([1, expect.stringContaining('gateway.path')]);
    expect(await told('ask')).toEqual([2, expect.stringContaining('there is no command ask')]);
    expect(await told('--config', file, '--gateway.key.file', '/nowhere', '--admin.port', '0')).toEqual([1, expect.stringContaining('gateway.key.file')]);
    expect(await told('--config', file, '--triggers.queue_max', '0')).toEqual([2, expect.stringContaining('triggers.queue_max')]);
    provider.server.calls.length = 0;
  });

  it('one is killed while it asks: every trigger is one insight, answered and published, and both end when told', async () => {
    provider.always(async () => {
      await sleep(300);
      return JSON.stringify({
        findings: [
          { title: 'svc_1 fails', severity: 'page', what_changed: 'it answers 502', likely_cause: 'what it asks', check_next: ['look'], confidence: 'high', evidence: ['svc_1'] },
        ],
      });
    });
    const published = new Map<string, Insight>();
    const reader = await bus.consume('reader', [topicName('headwater', 'insights')], {
      assigned: async () => [],
      revoked: async () => undefined,
      batch: async ({ records }) => {
        for (const r of records) {
          const insight = JSON.parse(Buffer.from(r.value).toString()) as Insight;
          expect([r.key, r.headers['headwater-revision']]).toEqual([insight.id, String(insight.revision)]);
          published.set(insight.id, insight);
        }
        return { kind: 'next' };
      },
    });
    start('a');
    start('b');
    const wanted: string[] = [];
    for (let s = 0; s < SERVICES; s++) wanted.push(await raise(`svc-${s}`, s), await ask(`svc-${s}`));
    await until(async () => provider.calls.length > 2, 60_000);
    const { child, exit } = running.get('a')!;
    child.kill('SIGKILL');
    await exit;
    start('a');
    await until(async () => (await insights()).filter((i) => i.state === 'done' && ['done', 'reused'].includes(i.model.state)).length === wanted.length, 120_000);
    await until(async () => published.size === wanted.length && (await state.list('insight-job/')).length === 0, 60_000);
    expect((await insights()).map((i) => i.id).sort()).toEqual(wanted.toSorted());
    for (const insight of await insights()) expect(published.get(insight.id)).toEqual(insight);
    for (const { findings } of published.values()) expect(new Set(findings.map((f) => f.source))).toEqual(new Set(['model', 'rules']));
    // What the killed one was asking is asked again, the rest is not: two at a time.
    const questions = provider.calls.filter((c) => c.method === 'POST').map((c) => c.body.toString());
    expect(questions.length - new Set(questions).size).toBeLessThanOrEqual(2);
    for (const one of running.values()) {
      one.child.kill('SIGTERM');
      expect(await one.exit).toBe(0);
    }
    await reader.stop();
  }, 300_000);
});
