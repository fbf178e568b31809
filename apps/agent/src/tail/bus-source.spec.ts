import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus } from '@headwater/event-bus';
import type { EventBus } from '@headwater/event-bus';
import { EventColumnsBuilder, makeRecord } from '@headwater/header-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { busSource } from './bus-source.ts';
import { SinceSearch } from './since.ts';
import type { TailBatch } from './source.ts';

const TOPIC = 'headwater.header-events.v1';
let dir: string;
let path: string;
let bus: EventBus;
let seq: number;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hw-tail-'));
  path = join(dir, 'bus.db');
  seq = 0;
  bus = await openBus({ kind: 'embedded', path, retentionMs: 86_400_000, retentionBytes: 1 << 30 });
  await bus.applyTopics([{ name: TOPIC, partitions: 1, cleanup: 'delete', retentionMs: 86_400_000 }], { dryRun: false });
});
afterEach(async () => {
  await bus.close();
  rmSync(dir, { recursive: true, force: true });
});

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
  const records = Array.from({ length: n }, () => {
    const columns = new EventColumnsBuilder().add({ 'headwater.ordinal': ++seq }).finish();
    return { ...makeRecord({ identity: { hostId: 'h', incarnation: 'i' }, seq, columns, account }), partition: 0 };
  });
  await bus.publish(TOPIC, records);
}

async function start(sinceMs: number | null): Promise<{ seen: number[]; said: string[]; end: () => Promise<void> }> {
  const seen: number[] = [];
  const said: string[] = [];
  const stop = new AbortController();
  const config = {
    topic_prefix: 'headwater',
    bus: { kind: 'embedded' as const, path, retention_ms: 86_400_000, retention_bytes: 1 << 30, client_id: 'x', compression: 'zstd' as const },
  };
  const source = busSource({ config, sinceMs, say: (line) => said.push(line) });
  let running = Promise.resolve();
  await new Promise<void>((ok) => (running = source.run((batch: TailBatch) => void seen.push(batch.sequence!.seq), stop.signal, ok)));
  return {
    seen,
    said,
    end: () => {
      stop.abort();
      return running;
    },
  };
}

const settled = (ms: number): Promise<void> => new Promise((ok) => setTimeout(ok, ms));

it('reads from the end on, and leaves no reader behind', async () => {
  await publish(3);
  const one = await start(null);
  const two = await start(null);
  await publish(2);
  await expect
    .poll(() => [one.seen, two.seen])
    .toEqual([
      [4, 5],
      [4, 5],
    ]);
  await Promise.all([one.end(), two.end()]);
  const db = new DatabaseSync(path);
  expect(db.prepare('SELECT count(*) AS n FROM member').get()).toEqual({ n: 0 });
  db.close();
});

it('begins at the first batch of an instant', async () => {
  await publish(900);
  await settled(30);
  const then = Date.now();
  await settled(5);
  await publish(300);
  const tail = await start(then);
  await expect.poll(() => tail.seen.length, { timeout: 5_000 }).toBe(300);
  expect([tail.seen[0], tail.seen.at(-1)]).toEqual([901, 1200]);
  await publish(1);
  await expect.poll(() => tail.seen.at(-1), { timeout: 5_000 }).toBe(1201);
  await tail.end();
});

it('names a record that cannot be read once, and goes on', async () => {
  const tail = await start(null);
  await bus.publish(TOPIC, [
    { key: null, value: Buffer.from('junk'), headers: {}, partition: 0 },
    { key: null, value: Buffer.from('junk'), headers: {}, partition: 0 },
  ]);
  await publish(1);
  await expect.poll(() => tail.seen, { timeout: 5_000 }).toEqual([1]);
  expect(tail.said).toHaveLength(1);
  expect(tail.said[0]).toMatch(/^-- a record of headwater\.header-events\.v1 cannot be read/);
  await tail.end();
});

it('makes no bus where there is none', () => {
  const config = {
    topic_prefix: 'headwater',
    bus: { kind: 'embedded' as const, path: join(dir, 'none.db'), retention_ms: 1, retention_bytes: 1, client_id: 'x', compression: 'zstd' as const },
  };
  expect(() => busSource({ config, sinceMs: null, say: () => undefined })).toThrow(/there is no bus at .*none\.db: start Headwater there/);
});

it('finds an instant in a large log in few steps, whatever its times', () => {
  for (const [size, since] of [
    [1_000_000, 777_777],
    [1_000_000, 0],
    [1_000_000, 2_000_000],
    [70, 69],
    [1, 0],
  ] as const) {
    const search = new SinceSearch({ partition: 0, earliest: 0, next: size }, since);
    const records = (from: number) => Array.from({ length: 10 }, (_, i) => ({ offset: from + i, timestampMs: from + i, key: null, value: new Uint8Array(0), headers: {} }));
    let steps = 0;
    while (search.probe < size && search.saw(records(search.probe)) !== null) expect(++steps).toBeLessThan(20);
    // Nothing of the instant lies before where reading begins, and little is read in vain.
    expect(search.probe).toBeLessThanOrEqual(Math.min(since, size));
    expect(search.probe).toBeGreaterThanOrEqual(Math.min(since, size) - 64);
  }
});
