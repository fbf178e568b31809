import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BusError, openBus, topicsFor, type BusRecord, type EventBus, type OutRecord, type Subscription } from '@headwater/event-bus';
import { EventColumnsBuilder, makeRecord, topicName, type BatchAccount, type EventRow } from '@headwater/header-event';
import { openStateStore, type StateStore } from '@headwater/state-store';
import pino from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCounts } from './counts.ts';
import { EVENT_ID, serviceFilter } from './exchanges.ts';
import { Places } from './place.ts';
import { Relay } from './relay.ts';

const SOURCE = topicName('headwater', 'headerEvents');
const TARGET = topicName('headwater', 'headerEventsJson');
const starts = { started: 0, emitted: 0, filtered: {}, lost: {}, in_flight: 0 };
const account: BatchAccount = {
  watermark_unix_ms: 1,
  since_unix_ms: 0,
  until_unix_ms: 1,
  request: starts,
  response: starts,
  exchanges: 0,
  unread: {},
  coverage: 1,
  source: 'live',
};

let dir: string;
let bus: EventBus;
let state: StateStore;
let subscriptions: Subscription[];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hw-relay-'));
  bus = await openBus({ kind: 'embedded', path: join(dir, 'bus.db'), retentionMs: 3_600_000, retentionBytes: 1 << 30 });
  await bus.applyTopics(topicsFor('embedded', 'headwater'), { dryRun: false });
  state = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
  subscriptions = [];
});
afterEach(async () => {
  for (const s of subscriptions) await s.stop();
  await bus.close();
  await state.end();
  rmSync(dir, { recursive: true });
});

function batch(seq: number, rows: Partial<EventRow>[]): OutRecord {
  const builder = new EventColumnsBuilder();
  for (const row of rows)
    builder.add({
      start_time: 1_800_000_000_000_000_000n,
      'service.name': 'shop',
      'http.request.method': 'GET',
      'http.route': '/',
      'http.response.status_code': 200,
      ...row,
    } as EventRow);
  return { ...makeRecord({ identity: { hostId: 'web-1', incarnation: 'i1' }, seq, columns: builder.finish(), account }), partition: 0 };
}

/** A relay of the group and its registry; `through` may fail what it publishes. */
async function relay(options: { beginWithinMs?: number; services?: string[]; through?: (records: readonly OutRecord[]) => void } = {}) {
  const { counts, registry } = createCounts(pino({ level: 'silent' }), Date.now);
  const door: EventBus = Object.create(bus, {
    publish: {
      value: (topic: string, records: readonly OutRecord[]) => {
        options.through?.(records);
        return bus.publish(topic, records);
      },
    },
  }) as EventBus;
  const it = new Relay(
    { bus: door, places: new Places(state, 'g', SOURCE), counts },
    { source: SOURCE, target: TARGET, beginWithinMs: options.beginWithinMs ?? 0, wanted: serviceFilter(options.services) },
    Date.now,
  );
  const subscription = await bus.consume('g', [SOURCE], it);
  subscriptions.push(subscription);
  return { it, subscription, registry };
}

const out: BusRecord[] = [];
async function reader(): Promise<void> {
  out.length = 0;
  subscriptions.push(
    await bus.consume('reader', [TARGET], {
      assigned: async () => [],
      batch: async ({ records }) => {
        out.push(...records);
        return { kind: 'next' };
      },
      revoked: async () => undefined,
    }),
  );
}
const ids = () => out.map((r) => r.headers[EVENT_ID]);
const arrived = (n: number) => vi.waitFor(() => expect(out.length).toBeGreaterThanOrEqual(n), 10_000);
const value = async (registry: { getMetricsAsJSON(): Promise<{ name: string; values: { value: number; labels: object }[] }[]> }, name: string) =>
  Object.fromEntries((await registry.getMetricsAsJSON()).find((m) => m.name === `headwater_relay_${name}`)!.values.map((v) => [Object.values(v.labels).join(), v.value]));

it('one record an exchange, in order, by the services asked for; what cannot be read is counted and passed over', async () => {
  await reader();
  const { registry } = await relay({ services: ['sh?p', 'pay-*'] });
  const damaged = batch(2, [{}]);
  damaged.value = Uint8Array.from(damaged.value);
  damaged.value[damaged.value.length - 9]! ^= 1;
  await bus.publish(SOURCE, [batch(1, [{}, { 'service.name': 'mail' }, { 'service.name': 'pay-eu' }]), damaged, batch(3, [{}])]);
  await arrived(3);
  expect(out.map((r) => [r.key, r.headers[EVENT_ID], r.headers['content-type']])).toEqual([
    ['shop', 'web-1/i1/1/0', 'application/json'],
    ['pay-eu', 'web-1/i1/1/2', 'application/json'],
    ['shop', 'web-1/i1/3/0', 'application/json'],
  ]);
  expect(JSON.parse(Buffer.from(out[1]!.value).toString())).toMatchObject({ 'service.name': 'pay-eu', start_time: '2027-01-15T08:00:00.000000000Z' });
  expect(await value(registry, 'passed_records_total')).toEqual({ crc_mismatch: 1 });
  expect(await value(registry, 'left_out_total')).toEqual({ service: 1 });
  expect(await value(registry, 'exchanges_total')).toEqual({ '': 3 });
});

it('goes on from where it was; nothing is missing and nothing twice when it ended in order', async () => {
  await reader();
  const first = await relay();
  await bus.publish(SOURCE, [batch(1, [{}, {}])]);
  await arrived(2);
  await first.subscription.stop();
  await bus.publish(SOURCE, [batch(2, [{}])]);
  await relay();
  await arrived(3);
  expect(ids()).toEqual(['web-1/i1/1/0', 'web-1/i1/1/1', 'web-1/i1/2/0']);
});

it('a send that fails is sent again, and the place waits for it', async () => {
  await reader();
  let failures = 2;
  await relay({
    through: () => {
      if (failures-- > 0) throw new BusError('unreachable', { detail: 'test' });
    },
  });
  await bus.publish(SOURCE, [batch(1, [{}])]);
  await arrived(1);
  expect(failures).toBe(-1);
  expect(ids()).toEqual(['web-1/i1/1/0']);
});

it('one that was overtaken does not move the place back: it goes on from where the other is', async () => {
  const { it: slow, registry } = await relay();
  await bus.publish(SOURCE, [batch(1, [{}]), batch(2, [{}]), batch(3, [{}])]);
  await vi.waitFor(async () => expect(await value(registry, 'exchanges_total')).toEqual({ '': 3 }), 10_000);
  const places = new Places(state, 'g', SOURCE);
  const incarnation = await bus.incarnation(SOURCE);
  const { held } = await vi.waitFor(async () => {
    const read = await places.read(0, incarnation);
    expect(read.held?.place.next).toBeGreaterThan(2);
    return read;
  });
  const { next } = held!.place;
  await places.move(0, held!, { ...held!.place, next: next + 5 });
  const record = { ...batch(4, [{}]), offset: next, timestampMs: Date.now() } as unknown as BusRecord;
  // The log ends before the place that the other wrote: a truncated one, which is begun anew.
  expect(await slow.batch({ topic: SOURCE, partition: 0, records: [record], highWatermark: next + 1 })).toMatchObject({ kind: 'seek' });
  expect(await value(registry, 'overtaken_total')).toEqual({ '': 1 });
});

it('begin_within_ms leaves out what is older at the first start, and only then', async () => {
  await reader();
  await bus.publish(SOURCE, [batch(1, [{}])]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const { registry } = await relay({ beginWithinMs: 30 });
  await bus.publish(SOURCE, [batch(2, [{}])]);
  await arrived(1);
  expect(ids()).toEqual(['web-1/i1/2/0']);
  expect(await value(registry, 'passed_records_total')).toEqual({ old: 1 });
});
