/** The whole process over real stores, a real bus and HTTP: windows and triggers in, insights out. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALERT_KEYS, type Alert, type AlertEvent } from '@headwater/alert-rules';
import { GatewayConfig, GatewayKeyConfig, InsightsConfig, StoreConfig } from '@headwater/config';
import { openBus, topicsFor, type EventBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { INSIGHT_KEYS, insightId, type GatewayStatus, type Insight, type InsightRequest, type SentRecord } from '@headwater/insight-rules';
import { ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { runInsights } from './insights.ts';
import { FAULTS, StubProvider } from './testing/stubs/index.ts';
import { until } from './work/testing/scene.ts';

// Each process opens a bus and two stores, a thread each.
vi.setConfig({ testTimeout: 45_000, hookTimeout: 45_000 });

const MINUTE = 60_000;
const EVENTS = topicName('headwater', 'headerEvents');
const KEY = 'sk-canary-9d1f';
/** Whole minutes that are over, as any test of this file sees them. */
const END = Math.floor(Date.now() / MINUTE) * MINUTE - 2 * MINUTE;
const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

const dir = mkdtempSync(join(tmpdir(), 'hw-insights-run-'));
const provider = new StubProvider();
let bus: EventBus;
let state: StateStore;
let store: SummaryStore;
let running: { stop: AbortController; done: Promise<void>; log: string[] }[] = [];

beforeAll(async () => {
  await provider.listen();
  bus = await openBus({ kind: 'embedded', path: join(dir, 'bus.db'), retentionMs: 86_400_000, retentionBytes: 1 << 30 });
  await bus.applyTopics(topicsFor('embedded', 'headwater'), { dryRun: false });
  state = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
  store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'store.db') });
  writeFileSync(join(dir, 'key'), `${KEY}\n`, { mode: 0o600 });
  await traffic();
});
afterEach(async () => {
  for (const { stop, done } of running) {
    stop.abort();
    await done;
  }
  running = [];
});
afterAll(async () => {
  await bus.close();
  await state.end();
  await store.end();
  await provider.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Half an hour in which `/checkout` of shop is well, and then not. */
async function traffic(): Promise<void> {
  const unit = { topic: EVENTS, partition: 0 };
  const { epoch } = await store.claim(unit, 'bus');
  const segments = [];
  for (let start = END - 30 * MINUTE; start < END; start += MINUTE) {
    const bad = start >= END - 15 * MINUTE;
    const window = new ServiceWindow();
    window.roleExchanges.server = 1_000;
    for (const [status, n] of [
      [200, bad ? 700 : 999],
      [502, bad ? 300 : 1],
    ] as const) {
      const pattern = window.pattern('server', 'POST', '/checkout', status);
      pattern.exchanges = n;
      pattern.firstSeenMs = start;
      pattern.lastSeenMs = start + 1;
      pattern.ttfb.add(2_000_000, n);
    }
    segments.push({ resolution: '10s' as const, start, subject: 's:shop', fresh: true, bytes: window.encode() });
  }
  const result = await store.commit({ unit, epoch, expectedOffset: null, nextOffset: 1, agents: new Uint8Array(), watermark: 0, silent: [], at: 0, segments });
  if (result.kind !== 'ok') throw new Error(result.kind);
}

function config(gateway: boolean): InsightsConfig {
  const file = (name: string) => Object.assign(new StoreConfig(), { path: join(dir, name) });
  const made = Object.assign(new InsightsConfig(), { store: file('store.db'), state: file('state.db') });
  Object.assign(made.bus, { kind: 'embedded', path: join(dir, 'bus.db') });
  Object.assign(made.admin, { port: 0 });
  Object.assign(made.triggers, { coalesce_ms: 0, digest: false });
  if (gateway) made.gateway = Object.assign(new GatewayConfig(), { url: provider.url, model: 'stub-1', key: Object.assign(new GatewayKeyConfig(), { file: join(dir, 'key') }) });
  return made;
}

function run(gateway = true) {
  const log: string[] = [];
  const stop = new AbortController();
  const done = runInsights(config(gateway), pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }), stop.signal);
  const process = { stop, done, log };
  running.push(process);
  return process;
}

async function ask(minutes: number): Promise<string> {
  const window = { start: iso(END - minutes * MINUTE), end: iso(END) };
  const subject = { service: 'shop' };
  const request: InsightRequest = { schema: 1, id: insightId('request', subject, window), subject, window, requested_at: iso(Date.now()), requested_by: 'reporter' };
  await bus.publish(topicName('headwater', 'insightRequests'), [{ key: request.id, value: Buffer.from(JSON.stringify(request)), headers: {} }]);
  return request.id;
}

async function insight(id: string): Promise<Insight | null> {
  const entry = await state.get(INSIGHT_KEYS.insight(id));
  return entry && (JSON.parse(entry.value) as Insight);
}

async function over(id: string): Promise<Insight> {
  await until(async () => ['done', 'failed', 'off', 'reused'].includes((await insight(id))?.model.state ?? ''), 15_000);
  return (await insight(id))!;
}

const answer = (evidence: string) =>
  JSON.stringify({
    findings: [
      {
        title: `${evidence} fails`,
        severity: 'page',
        what_changed: 'it answers 502',
        likely_cause: 'what it asks',
        check_next: ['look'],
        confidence: 'high',
        evidence: [evidence],
      },
    ],
  });

it('a request becomes an insight by rules and by the model, what was sent is kept, status and metrics say it, and no secret is in any of it', async () => {
  provider.always(answer('ep_1'));
  const process = run();
  const id = await ask(15);
  const made = await over(id);
  expect(made).toMatchObject({
    state: 'done',
    trigger: 'request',
    complete: expect.any(Boolean),
    model: { state: 'done', gateway: 'openai-compatible', model: 'stub-1', attempts: 1 },
  });
  expect(made.findings[0]).toMatchObject({ source: 'model', evidence: [{ kind: 'endpoint', service: 'shop', method: 'POST', route: '/checkout' }] });
  expect(made.findings.some((f) => f.source === 'rules')).toBe(true);
  const sent = JSON.parse((await state.get(INSIGHT_KEYS.sent(made.model.input_sha256!)))!.value) as SentRecord;
  expect([sent.insight, sent.requests.length]).toEqual([id, 1]);
  expect(provider.calls.at(-1)!.body.toString()).toBe(sent.requests[0]!.body);
  const [status] = (await state.list(INSIGHT_KEYS.statuses)).map((e) => JSON.parse(e.value) as GatewayStatus);
  expect(status).toMatchObject({ gateway: { name: 'openai-compatible', model: 'stub-1' }, breaker: { state: 'closed' }, budget: { tokens: { limit: 300_000 } } });
  const port = (JSON.parse(process.log.find((l) => l.includes('metrics and health'))!) as { port: number }).port;
  await until(async () => (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).includes('headwater_insights_made_total{trigger="request",state="done"} 1'));
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toContain('headwater_insights_model_total{state="done",reason="none"} 1');
  expect(metrics).toContain('headwater_insights_tokens_total{type="input"} 120');
  expect(metrics).toMatch(
    /gen_ai_client_operation_duration_seconds_count\{gen_ai_operation_name="chat",gen_ai_provider_name="openai-compatible",gen_ai_request_model="stub-1",.*\} 1/,
  );
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  process.stop.abort();
  await process.done;
  expect(await state.list(INSIGHT_KEYS.statuses)).toEqual([]);
  expect([...process.log, metrics, JSON.stringify(await state.list(''))].join('\n')).not.toContain(KEY);
});

it('an alert becomes an insight without a gateway, too', async () => {
  const { done, stop } = run(false);
  const alert: Alert = {
    ...{ schema: 1, id: 'a'.repeat(32), rule: 'errors', kind: 'error_burn', severity: 'page', subject: { service: 'shop' }, state: 'open', title: 't', description: '' },
    ...{ opened_at: iso(END), opening_window: { start: iso(END - MINUTE), end: iso(END) }, resolved_at: null, resolution: null, values: {}, last_values: {} },
    ...{ complete: true, muted_by: null, revision: 1 },
  };
  await state.set(ALERT_KEYS.alert(alert.id), JSON.stringify(alert));
  const event: AlertEvent = { schema: 1, event: 'opened', event_id: `${alert.id}/opened`, at: alert.opened_at, alert };
  await bus.publish(topicName('headwater', 'alerts'), [{ key: alert.id, value: Buffer.from(JSON.stringify(event)), headers: {} }]);
  const made = await over(insightId('alert', { service: 'shop' }, { start: iso(END - 15 * MINUTE), end: iso(END) }));
  expect(made).toMatchObject({ state: 'done', trigger: 'alert', alerts: [alert.id], model: { state: 'off', reason: 'no_gateway' } });
  expect(made.findings.map((f) => f.source)).toContain('rules');
  stop.abort();
  await done;
  await state.delete(ALERT_KEYS.alert(alert.id));
});

it('ends at once while the gateway hangs; the findings by rules are there, and the next process goes on', async () => {
  provider.always(FAULTS.hang);
  const first = run();
  const calls = provider.calls.length;
  const id = await ask(14);
  await until(() => provider.calls.length > calls);
  expect(await insight(id)).toMatchObject({ state: 'done', model: { state: 'pending' } });
  first.stop.abort();
  await first.done; // gateway.timeout_ms is a minute
  provider.always(answer('ep_1'));
  run();
  expect(await over(id)).toMatchObject({ model: { state: 'done' } });
});

it('reads the key again for every question', async () => {
  provider.always(answer('ep_1'));
  run();
  expect((await over(await ask(13))).model.state).toBe('done');
  writeFileSync(join(dir, 'key'), 'sk-new\n');
  expect((await over(await ask(12))).model.state).toBe('done');
  expect(provider.calls.at(-1)!.headers.find(([n]) => n.toLowerCase() === 'authorization')).toEqual(['Authorization', 'Bearer sk-new']);
  writeFileSync(join(dir, 'key'), `${KEY}\n`);
});

it.each([
  ['a key that is not there', (c: InsightsConfig) => (c.gateway!.key!.file = '/nowhere/key'), 'gateway.key.file'],
  ['a host that is not allowed', (c: InsightsConfig) => (c.gateway!.allowed_hosts = ['gateway.example']), 'gateway.allowed_hosts'],
  ['plain http to another machine', (c: InsightsConfig) => (c.gateway!.url = 'http://gateway.example'), 'gateway.'],
])('does not begin with %s', async (_, change, says) => {
  const wrong = config(true);
  change(wrong);
  await expect(runInsights(wrong, pino({ level: 'silent' }), new AbortController().signal)).rejects.toThrow(says);
});

it('has written nothing of the key into any file of the stores', () => {
  for (const name of ['bus.db', 'bus.db-wal', 'state.db', 'state.db-wal', 'store.db']) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(dir, name));
    } catch {
      continue;
    }
    expect(bytes.includes(KEY), name).toBe(false);
  }
});
