import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnalyzerConfig } from '@headwater/config';
import { openBus, type EventBus } from '@headwater/event-bus';
import { EventColumnsBuilder, TOPICS, makeRecord, topicName, type AgentStatus, type BatchAccount, type EventRow } from '@headwater/header-event';
import { ServiceWindow, HostsWindow } from '@headwater/sketch';
import { openStateStore } from '@headwater/state-store';
import { openSummaryStore } from '@headwater/summary-store';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runAnalyzer } from './analyzer.ts';
import { DEAD_LETTER_REASON } from './consume/dead-letter.ts';

const TOPIC = topicName('headwater', 'headerEvents');
const starts = (n: number) => ({ started: n, emitted: n, filtered: {}, lost: {}, in_flight: 0 });

function account(untilMs: number, n: number): BatchAccount {
  return {
    watermark_unix_ms: untilMs,
    since_unix_ms: untilMs - 100,
    until_unix_ms: untilMs,
    request: starts(n),
    response: starts(n),
    exchanges: n,
    unread: {},
    coverage: 1,
    source: 'live',
  };
}

function row(ms: number, more: EventRow = {}): EventRow {
  return {
    start_time: BigInt(ms) * 1_000_000n,
    'service.name': 'shop',
    'http.request.method': 'GET',
    'http.route': '/items/{int}',
    'http.response.status_code': 200,
    'headwater.ttfb_ns': 2_000_000n,
    'headwater.total_ns': 3_000_000n,
    'http.request.size': 100n,
    'http.response.size': 900n,
    'http.request.headers': [
      { name: 'Host', value: 'shop.test' },
      { name: 'Authorization', value: '', action: 'presence' },
    ],
    ...more,
  };
}

function batchOf(seq: number, rows: EventRow[], untilMs: number) {
  const b = new EventColumnsBuilder();
  for (const r of rows) b.add(r);
  return makeRecord({ identity: { hostId: 'host-1', incarnation: 'a' }, seq, columns: b.finish(), account: account(untilMs, rows.length) });
}

async function until<T>(what: () => Promise<T | undefined | null | false>, ms = 10_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((r) => setTimeout(r, 50))) {
    const found = await what();
    if (found) return found;
  }
  throw new Error('did not come');
}

describe('analyzer over the embedded bus and store', () => {
  let dir: string;
  let bus: EventBus;
  const config = () =>
    Object.assign(new AnalyzerConfig(), {
      bus: { kind: 'embedded', path: join(dir, 'bus.db'), retention_ms: 86_400_000, retention_bytes: 1 << 30 },
      store: { kind: 'embedded', path: join(dir, 'store.db') },
      state: { kind: 'embedded', path: join(dir, 'state.db') },
      admin: { host: '127.0.0.1', port: 0 },
      flush_ms: 50,
      close_after_ms: 0,
    }) as AnalyzerConfig;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'hw-analyzer-'));
    bus = await openBus({ kind: 'embedded', path: join(dir, 'bus.db'), retentionMs: 86_400_000, retentionBytes: 1 << 30 });
    await bus.applyTopics(
      Object.values(TOPICS).map((t) => ({ ...t, name: `headwater.${t.name}`, partitions: 1 })),
      { dryRun: false },
    );
  });
  afterEach(async () => {
    await bus.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const running = () => {
    const stop = new AbortController();
    const done = runAnalyzer(config(), pino({ level: process.env['LOG'] ?? 'silent' }), stop.signal);
    return async () => {
      stop.abort();
      await done;
    };
  };

  it('folds batches into exact windows, closes and publishes them, puts bad records aside and goes on after a restart', async () => {
    const t = Date.now() - 120_000 - ((Date.now() - 120_000) % 10_000);
    const rows = Array.from({ length: 100 }, (_, i) => row(t + i * 10, i % 10 === 0 ? { 'http.response.status_code': 500 } : {}));
    await bus.publish(TOPIC, [batchOf(1, rows, t + 1000), { key: 'x', value: Buffer.from('garbage'), headers: { 'content-type': 'text/plain' } }]);
    let stop = running();
    const store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'store.db') });
    const state = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
    const range = { topic: TOPIC, resolution: '10s', start: t, end: t + 10_000 } as const;
    const merged = async () => {
      const window = new ServiceWindow();
      for (const w of await store.read({ ...range, subjects: ['s:shop'] })) {
        for (const b of [...(w.closed ? [w.closed.bytes] : []), ...w.partials.map((p) => p.bytes)]) window.merge(ServiceWindow.decode(b));
      }
      return window;
    };
    await until(async () => (await merged()).roleExchanges.server === 100);
    // Restart in between; the second batch repeats and is skipped, the third is late for a window that has closed.
    await stop();
    stop = running();
    await bus.publish(TOPIC, [batchOf(1, rows, t + 1000), batchOf(2, [], t + 30_000)]);
    const closed = await until(async () => (await store.closed(TOPIC, { resolution: '10s', start: t, subject: 's:shop' })) ?? undefined, 20_000);
    expect(closed.revision).toBe(1);
    await bus.publish(TOPIC, [batchOf(4, [row(t + 5)], t + 31_000)]);
    const again = await until(async () => {
      const c = await store.closed(TOPIC, { resolution: '10s', start: t, subject: 's:shop' });
      return c && c.revision > 1 && c;
    }, 20_000);
    const w = ServiceWindow.decode(again.bytes);
    const by = Object.fromEntries([...w.patterns()].map((p) => [p.status, p.exchanges]));
    expect(by).toEqual({ 200: 91, 500: 10 });
    const header = [...w.headers()].find((h) => h.name === 'host')!;
    expect([header.exchanges, header.occurrences, header.distinct.estimate(), header.top.top()]).toEqual([101, 101, 1, [{ value: 'shop.test', count: 101, error: 0 }]]);
    expect([...w.headers()].find((h) => h.name === 'authorization')!.top.size).toBe(0);

    const hosts = new HostsWindow();
    for (const h of await store.read({ topic: TOPIC, resolution: '10s', start: t - 60_000, end: t + 60_000, subjects: ['h:'] })) {
      for (const b of [...(h.closed ? [h.closed.bytes] : []), ...h.partials.map((p) => p.bytes)]) hosts.merge(HostsWindow.decode(b));
    }
    const host = hosts.get('host-1')!;
    expect([host.exchanges, host.batches, host.repeatedBatches, host.lostBatches.get('sequence_gap')]).toEqual([101, 3, 1, 1]);

    const letters: string[] = [];
    const summaries: { service: string; revision: number; exchanges: object }[] = [];
    const reader = (topic: string, take: (value: Uint8Array, headers: Record<string, string>) => void) =>
      bus.consume(`t-${topic}`, [topic], {
        assigned: async () => [],
        revoked: async () => undefined,
        batch: async ({ records }) => {
          for (const r of records) take(r.value, r.headers);
          return { kind: 'next' };
        },
      });
    const subs = [
      await reader('headwater.dead-letter.v1', (v, h) => letters.push(`${h[DEAD_LETTER_REASON]} ${Buffer.from(v)}`)),
      await reader('headwater.summaries.v1', (v) => summaries.push(JSON.parse(Buffer.from(v).toString()))),
    ];
    const last = await until(async () => (letters.length > 0 && summaries.findLast((s) => (s.exchanges as { server: number }).server === 101)) || undefined, 40_000);
    expect(letters).toEqual(['foreign garbage']);
    expect(last).toMatchObject({ service: 'shop', resolution: '1m', start: new Date(t - (t % 60_000)).toISOString(), exchanges: { server: 101, client: 0 } });

    const status: AgentStatus = {
      host: 'host-1',
      incarnation: 'a',
      version: '0',
      started_at: '',
      seen_at: '',
      hooks: '',
      scope: [],
      policy: '',
      source: 'live',
      losses: {},
      filtered: {},
      exchanges: 1,
      coverage: 1,
      lag_ms: 0,
      kernel: '',
    };
    await bus.publish(
      'headwater.agent-status.v1',
      ['a', 'b', 'a'].map((incarnation) => ({ key: 'host-1', value: Buffer.from(JSON.stringify({ ...status, incarnation })), headers: {} })),
    );
    const entry = await until(async () => {
      const e = await state.get('agent/host-1');
      return e && JSON.parse(e.value).conflicts.length > 0 && e;
    });
    expect(JSON.parse(entry.value)).toMatchObject({ incarnation: 'a', conflicts: ['b'] });
    await Promise.all(subs.map((s) => s.stop()));
    await stop();
    await store.end();
    await state.end();
  }, 60_000);
});
