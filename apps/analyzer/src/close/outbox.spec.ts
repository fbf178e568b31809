import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BusError, type EventBus, type OutRecord } from '@headwater/event-bus';
import { ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type SegmentKey, type SummaryStore } from '@headwater/summary-store';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeWindow } from './closer.ts';
import { rollUpWindow } from './roller.ts';
import { Outbox, SUMMARY_REVISION } from './outbox.ts';

const unit = { topic: 't', partition: 0 };
const MINUTE = 1_790_000_040_000;
const key: SegmentKey = { resolution: '10s', start: MINUTE + 10_000, subject: 's:shop/eu' };
const minute = { resolution: '1m' as const, start: MINUTE, subject: key.subject };
let dir: string;
let store: SummaryStore;
let state: StateStore;
let sent: OutRecord[];
/** what the next publishes answer; then all is well */
let failures: BusError[];

const bus = {
  publish: async (_topic: string, records: OutRecord[]) => {
    const failure = failures.shift();
    if (failure) throw failure;
    sent.push(...records);
    return [];
  },
} as unknown as EventBus;
const outbox = () => new Outbox(store, state, bus, 't', 'summaries');
const parsed = (): Record<string, unknown>[] =>
  sent.map((r) => ({ ...(JSON.parse(Buffer.from(r.value).toString()) as Record<string, unknown>), key: r.key, header: r.headers[SUMMARY_REVISION] }));

async function commit(exchanges: number, expectedOffset: number | null, epoch: number, at: SegmentKey = key): Promise<void> {
  const w = new ServiceWindow();
  w.roleExchanges.server = exchanges;
  const p = w.pattern('server', 'GET', '/', 200);
  p.exchanges = exchanges;
  p.ttfb.add(2_000_000, exchanges);
  p.begun = 2;
  p.ended = 1;
  w.header('server', 'request', 'host').exchanges = exchanges;
  const result = await store.commit({
    unit,
    epoch,
    expectedOffset,
    nextOffset: (expectedOffset ?? 0) + 1,
    agents: new Uint8Array(),
    watermark: 0,
    silent: [],
    at: 0,
    segments: [{ ...at, fresh: true, bytes: w.encode() }],
  });
  expect(result.kind).toBe('ok');
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hw-outbox-'));
  store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'store.db') });
  state = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
  sent = [];
  failures = [];
});
afterEach(async () => {
  await store.end();
  await state.end();
  rmSync(dir, { recursive: true, force: true });
});

it('a minute that was rolled up and not published is published by the next owner, once its entry is found', async () => {
  const { epoch } = await store.claim(unit, 'bus');
  await commit(3, null, epoch);
  expect(await closeWindow(store, outbox(), unit, epoch, key, [1], 5)).toBe('closed');
  expect(sent).toEqual([]); // 10 s windows are not published
  failures = [new BusError('unreachable', { detail: 'test' })];
  await expect(rollUpWindow(store, outbox(), unit, epoch, minute, 6)).rejects.toThrow('does not answer');
  expect([sent.length, (await store.rolledUp('t', minute))?.revision]).toEqual([0, 1]);
  expect(await outbox().resume(0)).toBe(1);
  expect(parsed()).toMatchObject([
    {
      key: 'shop/eu',
      service: 'shop/eu',
      resolution: '1m',
      header: '1',
      revision: 1,
      missing_partitions: [1],
      exchanges: { server: 3, client: 0 },
      start: '2026-09-21T14:14:00.000Z',
      end: '2026-09-21T14:15:00.000Z',
    },
  ]);
  expect(parsed()[0]!['patterns']).toMatchObject([
    { role: 'server', method: 'GET', route: '/', status: 200, exchanges: 3, begun: 2, ended: 1, ttfb_ms: { count: 3, mean: 2, min: 2, max: 2, p99: 2 }, total_ms: null },
  ]);
  expect(await outbox().resume(0)).toBe(0);
  const schema = JSON.parse(readFileSync(new URL('../../../../libs/header-event/schemas/summary.v1.schema.json', import.meta.url), 'utf8')) as object;
  const ajv = new Ajv2020({ formats: { 'date-time': true } });
  const valid = ajv.validate(schema, JSON.parse(Buffer.from(sent[0]!.value).toString()));
  expect([valid, ajv.errors]).toEqual([true, null]);
});

const revisions = () => parsed().map((s) => [s['revision'], (s['exchanges'] as { server: number }).server]);

it('late data gives a new revision that holds both; a second closer finds nothing to do', async () => {
  const { epoch } = await store.claim(unit, 'bus');
  await commit(3, null, epoch);
  expect(await closeWindow(store, outbox(), unit, epoch, key, [], 5)).toBe('closed');
  expect(await closeWindow(store, outbox(), unit, epoch, key, [], 6)).toBe('nothing');
  expect(await rollUpWindow(store, outbox(), unit, epoch, minute, 6)).toBe('made');
  expect(await rollUpWindow(store, outbox(), unit, epoch, minute, 7)).toBe('not ready');
  await commit(2, 1, epoch, { ...key, start: key.start + 20_000 });
  expect(await closeWindow(store, outbox(), unit, epoch, { ...key, start: key.start + 20_000 }, [], 7)).toBe('closed');
  expect(await rollUpWindow(store, outbox(), unit, epoch, minute, 8)).toBe('made');
  expect(revisions()).toEqual([
    [1, 3],
    [2, 5],
  ]);
  expect(await state.list('outbox/')).toEqual([]);
});

it('what came when the 10 s windows were gone is published with the minute that it belongs to', async () => {
  const { epoch } = await store.claim(unit, 'bus');
  await commit(3, null, epoch);
  await closeWindow(store, outbox(), unit, epoch, key, [], 5);
  await rollUpWindow(store, outbox(), unit, epoch, minute, 6);
  expect(await store.retire('t', '10s', MINUTE + 60_000, 0)).toEqual({ segments: 1, forced: 0, waiting: 0 });
  await commit(4, 1, epoch, minute);
  expect(await closeWindow(store, outbox(), unit, epoch, minute, [], 7)).toBe('closed');
  await commit(5, 2, epoch, { ...minute, start: MINUTE + 60_000 });
  expect(await closeWindow(store, outbox(), unit, epoch, { ...minute, start: MINUTE + 60_000 }, [2], 8)).toBe('closed');
  expect(revisions()).toEqual([
    [1, 3],
    [2, 7],
    [1, 5],
  ]);
  const hour = { ...minute, resolution: '1h' as const, start: MINUTE - (MINUTE % 3_600_000) };
  expect(await rollUpWindow(store, outbox(), unit, epoch, hour, 9)).toBe('made');
  expect(ServiceWindow.decode((await store.rolledUp('t', hour))!.bytes).roleExchanges.server).toBe(12);
  expect(sent.length).toBe(3);
});

it('an owner that lost its partition cannot close; what is damaged stays as it is', async () => {
  const { epoch } = await store.claim(unit, 'bus');
  await commit(3, null, epoch);
  const next = await store.claim(unit, 'bus');
  expect(await closeWindow(store, outbox(), unit, epoch, key, [], 5)).toBe('fenced');
  expect(sent).toEqual([]);
  await store.commit({
    unit,
    epoch: next.epoch,
    expectedOffset: 1,
    nextOffset: 2,
    agents: new Uint8Array(),
    watermark: 0,
    silent: [],
    at: 0,
    segments: [{ ...key, start: key.start + 10_000, fresh: true, bytes: Buffer.from('damaged') }],
  });
  expect(await closeWindow(store, outbox(), unit, next.epoch, { ...key, start: key.start + 10_000 }, [], 5)).toBe('unreadable');
  expect(await store.closed('t', { ...key, start: key.start + 10_000 })).toBeNull();
});

it('a summary that is too large is sent without its headers and says so', async () => {
  const { epoch } = await store.claim(unit, 'bus');
  await commit(3, null, epoch);
  failures = [new BusError('too_large', { bytes: 2, limit: 1 })];
  expect(await closeWindow(store, outbox(), unit, epoch, key, [], 5)).toBe('closed');
  expect(await rollUpWindow(store, outbox(), unit, epoch, minute, 6)).toBe('made');
  expect(parsed()).toMatchObject([{ headers: [], headers_left_out: 'too_large', exchanges: { server: 3 } }]);
});
