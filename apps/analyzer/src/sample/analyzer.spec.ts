import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnalyzerConfig } from '@headwater/config';
import { openBus } from '@headwater/event-bus';
import { EventColumnsBuilder, makeRecord, topicName } from '@headwater/header-event';
import { openStateStore } from '@headwater/state-store';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { runAnalyzer } from '../analyzer.ts';

it('writes samples of what comes over a real bus to a real state store', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'hw-sample-'));
  const path = (name: string): string => join(dir, name);
  const bus = await openBus({ kind: 'embedded', path: path('bus.db'), retentionMs: 86_400_000, retentionBytes: 1 << 30 });
  const state = await openStateStore({ kind: 'embedded', path: path('state.db') });
  const stop = new AbortController();
  try {
    const topic = topicName('headwater', 'headerEvents');
    await bus.applyTopics(
      ['headerEvents', 'agentStatus', 'summaries', 'deadLetter'].map((id) => ({
        name: topicName('headwater', id as 'headerEvents'),
        partitions: 1,
        cleanup: 'delete',
        retentionMs: 86_400_000,
      })),
      { dryRun: false },
    );
    const now = Date.now();
    const columns = new EventColumnsBuilder()
      .add({ start_time: BigInt(now) * 1_000_000n, 'service.name': 'shop', 'http.request.method': 'POST', 'http.route': '/checkout', 'http.response.status_code': 402 })
      .finish();
    const starts = { started: 1, emitted: 1, filtered: {}, lost: {}, in_flight: 0 };
    const account = {
      watermark_unix_ms: now,
      since_unix_ms: now - 10,
      until_unix_ms: now,
      request: starts,
      response: starts,
      exchanges: 1,
      unread: {},
      coverage: 1,
      source: 'live',
    };
    await bus.publish(topic, [{ ...makeRecord({ identity: { hostId: 'host-1', incarnation: 'a' }, seq: 1, columns, account }), partition: 0 }]);
    const config = Object.assign(new AnalyzerConfig(), {
      bus: { kind: 'embedded', path: path('bus.db'), retention_ms: 86_400_000, retention_bytes: 1 << 30 },
      store: { kind: 'embedded', path: path('store.db') },
      state: { kind: 'embedded', path: path('state.db') },
      admin: { host: '127.0.0.1', port: 0 },
      flush_ms: 50,
    });
    const running = runAnalyzer(config, pino({ level: 'silent' }), stop.signal);
    await expect.poll(async () => (await state.list('sample/shop/')).length, { timeout: 10_000 }).toBe(1);
    const [entry] = await state.list('sample/');
    const value = JSON.parse(entry!.value) as { kept: string; status: number; samples: { exchange: object }[] };
    expect(value).toMatchObject({ schema: 1, service: 'shop', role: 'server', method: 'POST', route: '/checkout', status: 402, kept: 'failed' });
    expect(value.samples[0]!.exchange).toMatchObject({ 'http.route': '/checkout', 'http.response.status_code': 402, 'http.request.headers': [] });
    stop.abort();
    await running;
  } finally {
    stop.abort();
    await state.end();
    await bus.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
