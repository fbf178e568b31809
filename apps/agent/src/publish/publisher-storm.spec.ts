import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, expect, it, vi } from 'vitest';
import { BusError } from '@headwater/event-bus';
import type { EventBus, OutRecord } from '@headwater/event-bus';
import { EventColumnsBuilder, openRecord, wideToBigInt } from '@headwater/header-event';
import type { BatchAccount } from '@headwater/header-event';
import { Spool } from '../spool/spool.ts';
import { Numbers } from './numbers.ts';
import { Publisher } from './publisher.ts';

const root = mkdtempSync(join(tmpdir(), 'hw-storm-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Deterministic, so that a failure can be looked at again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

let id = 0n;
function batch(rows: number) {
  const side = { started: rows, emitted: rows, filtered: {}, lost: {}, in_flight: 0 };
  const account: BatchAccount = {
    watermark_unix_ms: 1,
    since_unix_ms: 0,
    until_unix_ms: 1,
    request: side,
    response: side,
    exchanges: rows,
    unread: {},
    coverage: 1,
    source: 'live',
  };
  const columns = new EventColumnsBuilder();
  for (let i = 0; i < rows; i++) columns.add({ start_time: ++id });
  return { columns: columns.finish(), account };
}

it.each([1, 2])(
  'a bus that hangs, refuses and takes without saying so, agents that end and begin, a spool too small: all adds up (seed %i)',
  async (seed) => {
    const chance = random(seed);
    const taken: OutRecord[] = [];
    let calm = false;
    const bus = {
      ranges: () => Promise.resolve([{ partition: 0, earliest: 0, next: 0 }]),
      publish: async (_: string, records: readonly OutRecord[]) => {
        const weather = calm ? 1 : chance();
        if (weather < 0.3) await sleep(chance() * 120);
        if (weather < 0.15) throw new BusError('unreachable', { detail: 'refused' });
        if (weather < 0.45) {
          // Some arrived, perhaps all, and the answer did not.
          taken.push(...records.slice(0, Math.ceil(chance() * records.length)));
          throw new BusError('unreachable', { detail: 'no answer' });
        }
        taken.push(...records);
        return records.map((_r, offset) => ({ partition: 0, offset }));
      },
    } as unknown as EventBus;
    const open = (run: number) => {
      const identity = { hostId: 'h', incarnation: `i-${run}` };
      const numbers = new Numbers();
      const spool = new Spool(
        { dir: join(root, `s${seed}`), maxBytes: 150_000, maxAgeMs: 600_000, identity, nextPlace: (h, exchanges) => numbers.next(h, exchanges), say: () => {} },
        Date.now(),
      );
      const log = pino({ level: 'silent' });
      const publisher = new Publisher({
        bus,
        topic: 't',
        identity,
        numbers,
        queueMaxBytes: 30_000,
        log,
        awayMs: 30,
        spool: { spool, backlogBytesPerS: 20_000_000 },
      });
      return { publisher, spool };
    };
    let pushed = 0;
    let lost = 0;
    const push = (publisher: Publisher): void => {
      const rows = 1 + Math.floor(chance() * 5);
      pushed += rows;
      publisher.push(batch(rows));
    };
    for (let run = 1; run <= 4; run++) {
      const { publisher, spool } = open(run);
      calm = run === 4;
      for (let i = 0; i < 120 && !calm; i++) {
        push(publisher);
        if (chance() < 0.2) await sleep(chance() * 15);
      }
      if (calm) await vi.waitFor(() => expect(spool.batches + publisher.queue.length).toBe(0), { timeout: 10_000 });
      expect(await publisher.finish(2_000)).toBe(0);
      for (const losses of [publisher.lost, spool.lostInherited]) for (const rows of Object.values(losses)) lost += rows.request;
      await spool.close();
    }

    const seen = new Map<string, ReturnType<typeof openRecord>>();
    for (const record of taken.map((r) => openRecord(r))) {
      const name = `${record.identity.incarnation}/${record.seq}`;
      if (!seen.has(name)) seen.set(name, record);
    }
    // What is missing between two batches of an incarnation is known in exchanges, also where one was replaced by its account.
    const places = [...seen.values()].sort((a, b) => a.identity.incarnation.localeCompare(b.identity.incarnation) || a.seq - b.seq);
    places.forEach((b, i) => {
      const last = places[i - 1]?.identity.incarnation === b.identity.incarnation ? places[i - 1]! : null;
      const between = b.account.exchanges_before! - (last?.account.exchanges_after ?? 0);
      if (b.seq === (last?.seq ?? 0) + 1) expect(between, `${b.identity.incarnation}/${b.seq}`).toBe(0);
      expect(between).toBeGreaterThanOrEqual(0);
      expect(b.account.exchanges_after! - b.account.exchanges_before!).toBeGreaterThanOrEqual(b.columns.rows);
    });
    const sum = { started: 0, emitted: 0, lost: 0 };
    const ids = new Set<bigint>();
    let rows = 0;
    for (const { account, columns } of seen.values()) {
      sum.started += account.request.started;
      sum.emitted += account.request.emitted;
      for (const n of Object.values(account.request.lost)) sum.lost += n;
      rows += columns.rows;
      for (let i = 0; i < columns.rows; i++) ids.add(wideToBigInt(columns.columns['start_time'] as Uint32Array, i, true));
    }
    expect(ids.size, 'a row counts twice').toBe(rows);
    expect(sum).toEqual({ started: pushed, emitted: rows, lost: pushed - rows });
    expect(sum.lost, 'the spool was never too small').toBeGreaterThan(0);
    // What arrived although it was counted lost, since nobody said so, was told first: the agent may count more than the reader.
    expect(lost).toBeGreaterThanOrEqual(sum.lost);
  },
  30_000,
);
