import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BusError, type EventBus } from '@headwater/event-bus';
import { EventColumnsBuilder, makeRecord, type BatchAccount } from '@headwater/header-event';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { StoreError, openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Outbox } from './close/outbox.ts';
import { Pipeline } from './pipeline.ts';
import { reportNothing } from './report/nothing.ts';
import type { Report } from './report/report.ts';

const T = 1_790_000_000_000;
const AT = { topic: 'events', partition: 0 };
let dir: string;
let store: SummaryStore;
let state: StateStore;
let now: number;
let range: { earliest: number; next: number };
let said: string[];
let publishFailures: number;
let incarnation: string;

const bus = {
  incarnation: async () => incarnation,
  ranges: async () => [{ partition: 0, ...range }],
  publish: async () => {
    if (publishFailures-- > 0) throw new BusError('unreachable', { detail: 'test' });
    said.push('published');
    return [];
  },
} as unknown as EventBus;
const report: Report = {
  ...reportNothing,
  lost: (_, n) => said.push(`lost ${n}`),
  startedOver: (_, stored, offset) => said.push(`started over from ${stored} at ${offset}`),
  deadLettered: (at, reason) => said.push(`dead ${at.offset} ${reason}`),
  dropped: (_, why) => said.push(`dropped ${why}`),
  waiting: (what) => said.push(`waiting ${what}`),
  failed: (what, error) => said.push(`failed ${what}: ${String(error)}`),
};
const pipeline = (doors: Partial<{ store: SummaryStore }> = {}) =>
  new Pipeline(
    { bus, store: doors.store ?? store, outbox: new Outbox(store, state, bus, 'events', 'summaries'), report },
    { topic: 'events', deadLetterTopic: 'dead', dirtyMaxBytes: 1e6, fencedPauseMs: 1, clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 0 },
    () => now,
  );
let seq = 0;
function record(offset: number) {
  const starts = { started: 1, emitted: 1, filtered: {}, lost: {}, in_flight: 0 };
  const account: BatchAccount = {
    watermark_unix_ms: T,
    since_unix_ms: T,
    until_unix_ms: T,
    request: starts,
    response: starts,
    exchanges: 1,
    unread: {},
    coverage: 1,
    source: 'live',
  };
  const columns = new EventColumnsBuilder().add({ start_time: BigInt(T) * 1_000_000n, 'service.name': 's' }).finish();
  const { value, headers } = makeRecord({ identity: { hostId: 'h', incarnation: 'i' }, seq: ++seq, columns, account });
  return { offset, timestampMs: T, key: 'h', value, headers };
}
const batch = (...records: ReturnType<typeof record>[]) => ({ ...AT, records, highWatermark: range.next });

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hw-pipeline-'));
  store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'store.db') });
  state = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
  now = T;
  range = { earliest: 0, next: 10 };
  said = [];
  publishFailures = 0;
  incarnation = 'one';
  seq = 0;
});
afterEach(async () => {
  await store.end();
  await state.end();
  rmSync(dir, { recursive: true, force: true });
});

async function foldTo(offset: number): Promise<void> {
  const p = pipeline();
  await p.assigned([AT]);
  for (let o = 0; o < offset; o++) expect(await p.batch(batch(record(o)))).toEqual({ kind: 'next' });
  await p.revoked([AT]);
}

it('goes on where the store stands, also when a batch begins elsewhere', async () => {
  await foldTo(3);
  const p = pipeline();
  expect(await p.assigned([AT])).toEqual([{ ...AT, offset: 3 }]);
  expect(await p.batch(batch(record(0)))).toEqual({ kind: 'seek', offset: 3 });
  expect(await p.batch(batch(record(7)))).toEqual({ kind: 'seek', offset: 3 });
  seq = 2;
  expect(await p.batch(batch(record(2), record(3), record(4)))).toEqual({ kind: 'next' });
  await p.flush();
  now += 2_000;
  await p.flush();
  expect((await store.units('events'))[0]).toMatchObject({ nextOffset: 5 });
});

it('a log that lost its beginning: counted as lost, at the claim or on the way', async () => {
  await foldTo(3);
  range = { earliest: 6, next: 10 };
  const p = pipeline();
  expect(await p.assigned([AT])).toEqual([{ ...AT, offset: 6 }]);
  range = { earliest: 8, next: 10 };
  expect(await p.batch(batch(record(8)))).toEqual({ kind: 'seek', offset: 8 });
  expect(await p.batch(batch(record(8)))).toEqual({ kind: 'next' });
  expect(said).toEqual(['lost 3', 'lost 2']);
});

it('a hole inside the log is crossed only when the bus answers every seek with the same later record', async () => {
  const p = pipeline();
  await p.assigned([AT]);
  for (let i = 0; i < 9; i++) expect(await p.batch(batch(record(4)))).toEqual({ kind: 'seek', offset: 0 });
  expect(await p.batch(batch(record(5)))).toEqual({ kind: 'seek', offset: 0 });
  for (let i = 0; i < 9; i++) expect(await p.batch(batch(record(4)))).toEqual({ kind: 'seek', offset: 0 });
  expect(await p.batch(batch(record(4)))).toEqual({ kind: 'seek', offset: 4 });
  expect(await p.batch(batch(record(4)))).toEqual({ kind: 'next' });
  expect(said).toEqual(['lost 4']);
});

it('a truncated log and another log: start over, counted; what repeats is skipped by its sequence number', async () => {
  await foldTo(5);
  range = { earliest: 0, next: 2 };
  const p = pipeline();
  expect(await p.assigned([AT])).toEqual([{ ...AT, offset: 0 }]);
  seq = 0;
  await p.batch(batch(record(0), record(1)));
  await p.revoked([AT]);
  incarnation = 'two';
  expect(await pipeline().assigned([AT])).toEqual([{ ...AT, offset: 0 }]);
  expect(said).toEqual(['started over from 5 at 0', 'started over from -1 at 0']);
  const { subject, partials } = (await store.read({ topic: 'events', resolution: '10s', start: 0, end: 2 * T, subjects: ['s:s'] }))[0]!;
  expect([subject, partials.length]).toEqual(['s:s', 1]);
});

it('a topic that is made again while its partition is held: what was folded is committed, the new log is read from its beginning', async () => {
  const p = pipeline();
  const sought: number[] = [];
  p.subscription = { seek: async ({ offset }) => void sought.push(offset) };
  await p.assigned([AT]);
  await p.batch(batch(record(0), record(1), record(2)));
  incarnation = 'two';
  range = { earliest: 0, next: 9 };
  now += 6_000;
  await p.flush(); // asks
  await p.flush(); // acts on the answer
  expect([sought, said]).toEqual([[0], ['started over from -1 at 0']]);
  expect(await p.batch(batch(record(0)))).toEqual({ kind: 'next' });
  await p.end();
  const claim = await store.claim(AT, 'two');
  expect(claim.nextOffset).toBe(1);
  const hosts = claim.open.find((s) => s.subject === 'h:')!;
  expect(HostsWindow.decode(hosts.bytes).get('h')).toMatchObject({ batches: 4, lostBatches: new Map() });
});

it('windows of a newer version hold up their own partition alone, which says so, folds nothing, and goes on when they are gone', async () => {
  const { epoch } = await store.claim(AT, 'one');
  const newer = (kind: number) => {
    const bytes = new ServiceWindow().encode();
    bytes[1] = kind;
    bytes.set(new Uint8Array(new Uint32Array([crc32(bytes.subarray(0, -4))]).buffer), bytes.length - 4);
    return bytes;
  };
  expect(() => ServiceWindow.decode(newer(99))).toThrow(/newer version/);
  const segment = { resolution: '10s' as const, start: T - (T % 10_000), subject: 's:s', fresh: true, bytes: newer(99) };
  const commit = { unit: AT, epoch, expectedOffset: null, nextOffset: 5, agents: new Uint8Array(), watermark: T, silent: [], at: T, segments: [segment] };
  expect((await store.commit({ ...commit, agents: Buffer.from('{"version":1,"newest":0,"agents":[]}') })).kind).toBe('ok');
  range = { earliest: 0, next: 9 };
  const p = pipeline();
  const other = { topic: 'events', partition: 1 };
  expect(await p.assigned([AT, other])).toEqual([
    { ...AT, offset: 0 },
    { ...other, offset: 0 },
  ]);
  expect(said.filter((s) => s.startsWith('failed'))).toEqual([expect.stringMatching(/failed claim of partition 0: .*newer version/)]);
  await expect(p.batch(batch(record(0)))).rejects.toThrow(/newer version/);
  expect(await p.batch({ ...batch(record(0)), partition: 1 })).toEqual({ kind: 'next' });
  expect(p.ready).toBe(false);
  expect((await store.units('events')).find((u) => u.partition === 0)).toMatchObject({ nextOffset: 5 });
});

it('a dead letter waits for the bus, and the partition goes on behind it', async () => {
  publishFailures = 2;
  const p = pipeline();
  await p.assigned([AT]);
  const bad = { ...record(1), value: Buffer.from('x') };
  seq = 1;
  expect(await p.batch(batch({ ...record(0), headers: {} }, bad, record(2)))).toEqual({ kind: 'next' });
  expect(said).toEqual(['waiting dead letter', 'waiting dead letter', 'published', 'dead 0 missing_header', 'published', 'dead 1 crc_mismatch']);
});

it('with the store away batches are refused in time, nothing is folded twice, and all is written when it is back', async () => {
  let away = false;
  const shaky = new Proxy({} as SummaryStore, {
    get:
      (_, name: keyof SummaryStore) =>
      async (...args: never[]) => {
        if (away) throw new StoreError('unreachable', { detail: 'test' });
        return (store[name] as (...a: never[]) => unknown)(...args);
      },
  });
  const p = pipeline({ store: shaky });
  await p.assigned([AT]);
  await p.batch(batch(record(0)));
  away = true;
  const flushing = p.flush();
  const next = record(1);
  for (let i = 0; i < 100 && !said.includes('waiting commit'); i++) await new Promise((r) => setTimeout(r, 10));
  await expect(p.batch(batch(next))).rejects.toThrow('waits for the store');
  away = false;
  await flushing;
  expect(await p.batch(batch(next))).toEqual({ kind: 'next' });
  now += 2_000;
  await p.flush();
  expect((await store.units('events'))[0]).toMatchObject({ nextOffset: 2 });
  expect(said).toContain('waiting commit');
}, 20_000);

it('two owners: the older one is refused, drops its memory and takes over again only after a pause', async () => {
  const [old, young] = [pipeline(), pipeline()];
  const sought: number[] = [];
  old.subscription = { seek: async ({ offset }) => void sought.push(offset) };
  await old.assigned([AT]);
  await old.batch(batch(record(0)));
  await young.assigned([AT]);
  seq = 0;
  await young.batch(batch(record(0), record(1)));
  await young.revoked([AT]);
  await old.flush();
  expect([said, sought]).toEqual([['dropped fenced'], [2]]);
});
