import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BusError } from '@headwater/event-bus';
import type { EventBus, OutRecord } from '@headwater/event-bus';
import { EventColumnsBuilder, openRecord } from '@headwater/header-event';
import type { BatchAccount } from '@headwater/header-event';
import { Spool } from '../spool/spool.ts';
import { Numbers } from './numbers.ts';
import { Publisher } from './publisher.ts';

const root = mkdtempSync(join(tmpdir(), 'hw-publisher-spool-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const log = pino({ level: 'silent' });

function batch(n: number) {
  const side = { started: n, emitted: n, filtered: {}, lost: {}, in_flight: 0 };
  const account: BatchAccount = {
    watermark_unix_ms: 1,
    since_unix_ms: 0,
    until_unix_ms: 1,
    request: side,
    response: side,
    exchanges: n,
    unread: {},
    coverage: 1,
    source: 'live',
  };
  const columns = new EventColumnsBuilder();
  for (let i = 0; i < n; i++) columns.add({ start_time: 1n });
  return { columns: columns.finish(), account };
}

/** A bus that is there, refuses, or does not answer at all until it is released. */
function busOf() {
  const taken: OutRecord[] = [];
  const sizes: number[] = [];
  const state = { mode: 'up' as 'up' | 'down' | 'hangs', release: (): void => {} };
  const bus = {
    ranges: () => Promise.resolve([{ partition: 0, earliest: 0, next: 0 }]),
    publish: async (_: string, records: readonly OutRecord[]) => {
      if (state.mode === 'hangs') await new Promise<void>((ok) => (state.release = ok));
      if (state.mode === 'down') throw new BusError('unreachable', { detail: 'down' });
      taken.push(...records);
      sizes.push(records.length);
      return records.map((_r, offset) => ({ partition: 0, offset }));
    },
  } as unknown as EventBus;
  const seen = (): { id: string; rows: number }[] => {
    const unique = new Map<string, number>();
    for (const r of taken) {
      const { identity, seq, columns } = openRecord(r);
      const id = `${identity.incarnation}/${seq}`;
      if (!unique.has(id)) unique.set(id, columns.rows);
    }
    return [...unique].map(([id, rows]) => ({ id, rows }));
  };
  return { bus, state, taken, sizes, seen };
}

function agent(bus: EventBus, dir: string, incarnation: string, more: { backlogBytesPerS?: number; queueMaxBytes?: number } = {}) {
  const identity = { hostId: 'h', incarnation };
  const numbers = new Numbers();
  const spool = new Spool({ dir, maxBytes: 10_000_000, maxAgeMs: 60_000, identity, nextPlace: (h, exchanges) => numbers.next(h, exchanges), say: () => {} }, Date.now());
  const publisher = new Publisher({
    bus,
    topic: 't',
    identity,
    numbers,
    queueMaxBytes: more.queueMaxBytes ?? 1_000_000,
    log,
    awayMs: 60,
    spool: { spool, backlogBytesPerS: more.backlogBytesPerS ?? 100_000_000 },
  });
  return { publisher, spool };
}

const pause = (ms: number) => new Promise((ok) => setTimeout(ok, ms));

describe('Publisher with a spool', () => {
  it('puts batches on disk while the bus refuses, and sends them when it is back, each once', async () => {
    const { bus, state, seen } = busOf();
    const { publisher, spool } = agent(bus, join(root, 'a'), 'i-1');
    state.mode = 'down';
    for (let i = 1; i <= 6; i++) {
      publisher.push(batch(i));
      await pause(25);
    }
    expect(spool.batches).toBeGreaterThan(2);
    expect(publisher.queue.length + spool.batches).toBe(6);
    state.mode = 'up';
    await vi.waitFor(() => expect(spool.batches + publisher.queue.length).toBe(0), { timeout: 5_000 });
    expect(await publisher.finish(1_000)).toBe(0);
    expect(
      seen()
        .map((s) => s.rows)
        .sort(),
    ).toEqual([1, 2, 3, 4, 5, 6]);
    await spool.close();
  });

  it('copies what is under way to disk when the bus hangs; the copy goes when the answer comes', async () => {
    const { bus, state, seen } = busOf();
    const { publisher, spool } = agent(bus, join(root, 'b'), 'i-1');
    state.mode = 'hangs';
    publisher.push(batch(3));
    await vi.waitFor(() => expect(spool.batches).toBe(1), { timeout: 3_000 });
    expect(publisher.queue.length).toBe(0);
    state.mode = 'up';
    state.release();
    await vi.waitFor(() => expect(spool.batches).toBe(0), { timeout: 5_000 });
    await publisher.finish(1_000);
    expect(seen()).toEqual([{ id: 'i-1/1', rows: 3 }]);
    await spool.close();
  });

  it('leaves to the next agent what the bus does not take at the end, soon; that one sends it beside its own', async () => {
    const { bus, state, seen } = busOf();
    const first = agent(bus, join(root, 'c'), 'i-1');
    state.mode = 'down';
    first.publisher.push(batch(1));
    await pause(20);
    first.publisher.push(batch(2));
    const began = performance.now();
    expect(await first.publisher.finish(5_000)).toBe(0);
    expect(performance.now() - began).toBeLessThan(1_000);
    await first.spool.close();
    state.mode = 'up';
    const next = agent(bus, join(root, 'c'), 'i-2');
    next.publisher.push(batch(5));
    await vi.waitFor(() => expect(next.spool.batches).toBe(0), { timeout: 5_000 });
    await next.publisher.finish(1_000);
    // The first was offered and keeps its number; the second never was, and is the next agent's.
    const arrived = seen();
    expect(arrived.map((s) => s.id).sort()).toEqual(['i-1/1', 'i-2/1', 'i-2/2']);
    expect(arrived.find((s) => s.id === 'i-1/1')?.rows).toBe(1);
    expect(arrived.reduce((sum, s) => sum + s.rows, 0)).toBe(8);
    await next.spool.close();
  });

  it('sends live batches first and the backlog at its rate', async () => {
    const { bus, state, taken } = busOf();
    const dir = join(root, 'd');
    const first = agent(bus, dir, 'i-1');
    state.mode = 'down';
    for (let i = 0; i < 200; i++) first.publisher.push(batch(1));
    await first.publisher.finish(100);
    await first.spool.close();
    state.mode = 'up';
    // 200 batches of 6 kB are two publishes; the second has to wait for the first's bytes: 9 s at 100 kB/s.
    const next = agent(bus, dir, 'i-2', { backlogBytesPerS: 100_000 });
    await vi.waitFor(() => expect(taken.length).toBeGreaterThan(50), { timeout: 5_000 });
    await pause(100);
    const soon = taken.length;
    next.publisher.push(batch(9));
    await vi.waitFor(() => expect(taken.length).toBeGreaterThan(soon), { timeout: 5_000 });
    expect(taken.length).toBe(soon + 1);
    expect(openRecord(taken.at(-1)!).columns.rows).toBe(9);
    expect(next.spool.batches).toBe(200 - soon);
    await next.publisher.finish(1_000);
    expect(taken.length, 'the end of an agent does not wait for the backlog').toBe(soon + 1);
    await next.spool.close();
  });

  it('over the bound of memory the oldest go to disk, not away', async () => {
    const { bus, state, seen } = busOf();
    const { publisher, spool } = agent(bus, join(root, 'e'), 'i-1', { queueMaxBytes: 8_000 });
    state.mode = 'hangs';
    for (let i = 1; i <= 12; i++) publisher.push(batch(i));
    expect(publisher.queue.bytes).toBeLessThanOrEqual(8_000);
    expect(spool.batches).toBeGreaterThan(0);
    await pause(1);
    state.mode = 'up';
    state.release();
    await vi.waitFor(() => expect(spool.batches + publisher.queue.length).toBe(0), { timeout: 3_000 });
    await publisher.finish(1_000);
    expect(seen().reduce((sum, s) => sum + s.rows, 0)).toBe(78);
    expect(publisher.lost).toEqual({});
    await spool.close();
  });
});
