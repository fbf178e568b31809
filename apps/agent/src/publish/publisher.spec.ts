import { describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { BusError } from '@headwater/event-bus';
import type { EventBus, OutRecord } from '@headwater/event-bus';
import { EventColumnsBuilder, RECORD_HEADERS, openRecord, partitionFor } from '@headwater/header-event';
import type { BatchAccount } from '@headwater/header-event';
import { Numbers } from './numbers.ts';
import { Publisher } from './publisher.ts';

const log = pino({ level: 'silent' });
const identity = { hostId: 'host-a', incarnation: 'i-1' };

function batch(n: number) {
  const side = { started: n, emitted: n, filtered: {}, lost: {}, in_flight: 0 };
  const account: BatchAccount = {
    watermark_unix_ms: 1,
    since_unix_ms: 0,
    until_unix_ms: 1,
    request: { ...side },
    response: { ...side },
    exchanges: n,
    unread: {},
    coverage: 1,
    source: 'live',
  };
  return { columns: new EventColumnsBuilder().finish(), account };
}

/** A bus that fails as told, call by call; what it took is kept. */
function busThat(failures: (BusError | null)[], partitions = 12) {
  const taken: OutRecord[] = [];
  const attempts: string[][] = [];
  const bus = {
    ranges: () => Promise.resolve(Array.from({ length: partitions }, (_, partition) => ({ partition, earliest: 0, next: 0 }))),
    publish(_topic: string, records: readonly OutRecord[]) {
      attempts.push(records.map((r) => r.headers[RECORD_HEADERS.seq] ?? ''));
      const failure = failures.shift() ?? null;
      if (failure) return Promise.reject(failure);
      taken.push(...records);
      return Promise.resolve(records.map((_, offset) => ({ partition: 0, offset })));
    },
  } as unknown as EventBus;
  return { bus, taken, attempts };
}

const open = (bus: EventBus) => new Publisher({ bus, topic: 't', identity, numbers: new Numbers(), queueMaxBytes: 1_000_000, log });

describe('Publisher', () => {
  it('sends in order to the one partition of this host, with the account', async () => {
    const { bus, taken } = busThat([]);
    const publisher = open(bus);
    for (const n of [1, 2, 3]) publisher.push(batch(n));
    expect(await publisher.finish(2_000)).toBe(0);
    expect(taken.map((r) => openRecord(r).seq)).toEqual([1, 2, 3]);
    expect(taken.map((r) => openRecord(r).account.exchanges)).toEqual([1, 2, 3]);
    expect(new Set(taken.map((r) => r.partition))).toEqual(new Set([partitionFor('host-a', 12)]));
    expect(openRecord(taken[0]!).identity).toEqual(identity);
  });

  it('repeats what failed under the same number, and says what it waits for', async () => {
    const away = new BusError('unreachable', { detail: 'down' });
    const { bus, taken, attempts } = busThat([away, away]);
    const publisher = open(bus);
    publisher.push(batch(1));
    await new Promise((ok) => setTimeout(ok, 50));
    expect(publisher.trouble).toContain('the bus does not answer: down');
    publisher.push(batch(2));
    expect(await publisher.finish(5_000)).toBe(0);
    expect(attempts[0]).toEqual(['1']);
    expect(attempts[1]?.[0]).toBe('1');
    expect(taken.map((r) => r.headers[RECORD_HEADERS.seq])).toEqual(['1', '2']);
    expect(publisher.trouble).toBeNull();
  });

  it('counts a batch that is too large and goes on', async () => {
    const { bus, taken } = busThat([new BusError('too_large', { bytes: 2, limit: 1 })]);
    const publisher = open(bus);
    publisher.push(batch(7));
    await new Promise((ok) => setTimeout(ok, 50));
    publisher.push(batch(2));
    expect(await publisher.finish(2_000)).toBe(0);
    expect(taken.map((r) => openRecord(r).seq)).toEqual([1, 2]);
    expect(taken.map((r) => openRecord(r).account.request)).toMatchObject([
      { started: 7, emitted: 0, lost: { too_large: 7 } },
      { started: 2, emitted: 2, lost: {} },
    ]);
  });

  it('gives up after the wait and says how many exchanges were not sent', async () => {
    const { bus } = busThat(Array.from({ length: 50 }, () => new BusError('unreachable', { detail: 'down' })));
    const publisher = open(bus);
    publisher.push(batch(4));
    const began = performance.now();
    expect(await publisher.finish(300)).toBe(4);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(publisher.lost.unsent?.request).toBe(4);
  });
});
