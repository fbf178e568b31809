/**
 * Random interleavings of owners (two per unit, so one is a zombie), closers, crashes, lost answers, late data and
 * roll-backs, on a real store. A segment's bytes are the ids of the exchanges in it, so a loss or a double is seen by name.
 * After every step: what readers merge is exactly what the units' stored offsets say was folded.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { closeOf } from './contract.ts';
import type { ClosedHead, Commit, SegmentKey, SummaryStore, Taken } from './port.ts';

const PARTITIONS = 3;
const WINDOW = 1_700_000_000_000;
// Few keys, so that late data and closes meet often.
const KEYS: SegmentKey[] = [0, 1].map((n) => ({ resolution: '10s' as const, start: WINDOW + n * 10_000, subject: n ? 's:b' : 's:a' }));
const closerOf = (k: SegmentKey) => (k.subject === 's:a' ? 0 : 2);

export interface World {
  store(): SummaryStore;
  snapshot(): Promise<void>;
  /** actorsDie: processes do not survive it (a file is put back only while nobody has it open) */
  rollback(): Promise<void>;
  actorsDie: boolean;
}

interface State {
  ids: string[];
  fresh: boolean;
  dirty: boolean;
  touched: number;
}
interface Owner {
  epoch: number;
  offset: number | null;
  position: number;
  memory: Map<string, State>;
}

const partition = fc.nat(PARTITIONS - 1);
const slot = fc.constantFrom(0, 0, 0, 0, 1);
const key = fc.nat(KEYS.length - 1);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('produce' as const), partition, key, count: fc.integer({ min: 1, max: 3 }), folded: fc.constantFrom(true, true, false), slot }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('claim' as const), partition, slot }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fold' as const), partition, slot, count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      partition,
      slot,
      answer: fc.constantFrom('comes', 'comes', 'comes', 'comes', 'lost, retried', 'lost, dies'),
      meanwhile: fc.nat(2),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), key }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('close' as const), which: fc.nat(5), slot, answer: fc.constantFrom('comes', 'comes', 'lost, retried', 'lost, dies') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('race' as const), key, partition, slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('evict' as const), partition, slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), partition, slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prune' as const) }) },
);
const turn = fc.record({ do: fc.constantFrom('snapshot' as const, 'rollback' as const) });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

export const steps = fc.array(step, { minLength: 30, maxLength: 80, size: 'max' });
export const stepsWithRollback = fc.array(fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: turn }), { minLength: 30, maxLength: 80, size: 'max' });

const nameOf = (k: SegmentKey) => `${k.start} ${k.subject}`;
const pack = (ids: string[]) => new TextEncoder().encode(ids.join('+'));
const unpack = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split('+').filter(Boolean);

export async function play(world: World, list: (Step | { do: 'snapshot' | 'rollback' })[], seen: Record<string, number> = {}): Promise<void> {
  const topic = `m-${randomUUID().slice(0, 8)}`;
  const store = () => world.store();
  const log: { id: string; key: SegmentKey }[][] = Array.from({ length: PARTITIONS }, () => []);
  const owners: (Owner | null)[][] = Array.from({ length: PARTITIONS }, () => [null, null]);
  let taken: { key: SegmentKey; taken: Taken }[] = [];
  let kept = false;
  let closes = 0;
  const count = (what: string) => (seen[what] = (seen[what] ?? 0) + 1);

  async function claim(p: number, s: number): Promise<Owner> {
    const c = await store().claim({ topic, partition: p }, 'bus');
    const memory = new Map(c.open.map((o) => [nameOf(o), { ids: unpack(o.bytes), fresh: false, dirty: false, touched: 0 }]));
    return (owners[p]![s] = { epoch: c.epoch, offset: c.nextOffset, position: c.nextOffset ?? 0, memory });
  }

  function fold(p: number, owner: Owner, n: number): void {
    for (const record of log[p]!.slice(owner.position, owner.position + n)) {
      const name = nameOf(record.key);
      const state = owner.memory.get(name) ?? { ids: [], fresh: true, dirty: false, touched: 0 };
      state.ids.push(record.id);
      state.dirty = true;
      state.touched++;
      owner.memory.set(name, state);
      owner.position++;
    }
  }

  async function commit(p: number, s: number, answer: string, meanwhile: number): Promise<void> {
    const owner = owners[p]![s];
    if (!owner) return;
    const dirty = KEYS.filter((k) => owner.memory.get(nameOf(k))?.dirty);
    const c: Commit = {
      unit: { topic, partition: p },
      epoch: owner.epoch,
      expectedOffset: owner.offset,
      nextOffset: owner.position,
      agents: new Uint8Array(1),
      watermark: 0,
      silent: [],
      at: 0,
      segments: dirty.map((k) => ({ ...k, bytes: pack(owner.memory.get(nameOf(k))!.ids), fresh: owner.memory.get(nameOf(k))!.fresh })),
    };
    const touched = new Map([...owner.memory].map(([name, state]) => [name, state.touched]));
    fold(p, owner, meanwhile); // records that arrive while the commit is under way
    let result = await store().commit(c);
    if (answer === 'lost, dies') return void (owners[p]![s] = null);
    if (answer === 'lost, retried') result = await store().commit(c);
    count(`commit ${result.kind}`);
    if (result.kind === 'fenced') return void (owners[p]![s] = null);
    if (result.kind !== 'ok') return void (await claim(p, s));
    owner.offset = c.nextOffset;
    for (const k of dirty) {
      const state = owner.memory.get(nameOf(k))!;
      state.fresh = false;
      state.dirty = state.touched !== touched.get(nameOf(k));
    }
    for (const k of result.taken) {
      const state = owner.memory.get(nameOf(k));
      if (state && state.touched === touched.get(nameOf(k))) owner.memory.delete(nameOf(k));
    }
  }

  async function close(k: SegmentKey, t: Taken, s: number, answer: string): Promise<void> {
    const unit = { topic, partition: closerOf(k) };
    const owner = owners[unit.partition]![s];
    if (!owner || t.partials.length === 0) return void count('close not possible');
    const c = closeOf(unit, owner, k, t);
    c.closed.closedAt = ++closes; // as a clock: another for every close, also after a roll-back
    let result = await store().close(topic, c);
    if (answer === 'lost, retried') result = await store().close(topic, c);
    count(`close ${result.kind}`);
  }

  // A reader that keeps every closed segment it ever saw, also over roll-backs.
  const known = new Map<string, Uint8Array>();
  const nameOfClosed = (c: ClosedHead) => `${nameOf(c)} ${c.revision} ${c.closedAt}`;
  let checks = 0;

  async function readAll() {
    const range = { topic, resolution: '10s', start: WINDOW, end: WINDOW + 20_000 } as const;
    if (++checks % 2 === 0) return store().read(range);
    const rows = await store().read(range, (head) => known.has(nameOfClosed(head)));
    return rows.map((row) => {
      if (row.closed === null) return { ...row, closed: null };
      const name = nameOfClosed(row.closed);
      if (row.closed.bytes === null) count('held');
      else known.set(name, row.closed.bytes);
      return { ...row, closed: { ...row.closed, bytes: known.get(name)! } };
    });
  }

  async function check(from: (number | null)[] | null): Promise<void> {
    const offsets = async () => {
      const units = await store().units(topic);
      return log.map((_, p) => units.find((u) => u.partition === p)?.nextOffset ?? 0);
    };
    const rows = await readAll();
    const upTo = await offsets();
    for (const k of KEYS) {
      const row = rows.find((r) => nameOf(r) === nameOf(k));
      const got = row ? [...(row.closed ? unpack(row.closed.bytes) : []), ...row.partials.flatMap((x) => unpack(x.bytes))].sort() : [];
      const folded = (limits: (number | null)[]) =>
        log
          .flatMap((records, p) =>
            records
              .slice(0, limits[p] ?? 0)
              .filter((r) => nameOf(r.key) === nameOf(k))
              .map((r) => r.id),
          )
          .sort();
      if (from === null) {
        expect(got).toEqual(folded(upTo));
      } else {
        // read beside writers: nothing twice, at least what was there before, nothing that was not folded in the end
        expect(new Set(got).size).toBe(got.length);
        expect(got).toEqual(expect.arrayContaining(folded(from)));
        expect(folded(upTo)).toEqual(expect.arrayContaining(got));
      }
    }
  }

  for (let p = 0; p < PARTITIONS; p++) await claim(p, 0);
  for (const now of list) {
    if (now.do === 'produce') {
      const records = log[now.partition]!;
      for (let n = 0; n < now.count; n++) records.push({ id: `${now.partition}.${records.length}`, key: KEYS[now.key]! });
      const owner = owners[now.partition]![now.slot];
      if (owner && now.folded) fold(now.partition, owner, now.count);
    } else if (now.do === 'claim') await claim(now.partition, now.slot);
    else if (now.do === 'fold') {
      const owner = owners[now.partition]![now.slot];
      if (owner) fold(now.partition, owner, now.count);
    } else if (now.do === 'commit') await commit(now.partition, now.slot, now.answer, now.meanwhile);
    else if (now.do === 'take') {
      const k = KEYS[now.key]!;
      const found = await store().take(topic, k, { topic, partition: closerOf(k) });
      if (found.partials.length > 0) taken.push({ key: k, taken: found }); // several may be pending: closers that overtake each other
    } else if (now.do === 'close') {
      const mine = taken[now.which % Math.max(taken.length, 1)];
      if (mine) {
        taken = taken.filter((t) => t !== mine);
        await close(mine.key, mine.taken, now.slot, now.answer);
      }
    } else if (now.do === 'race') {
      const k = KEYS[now.key]!;
      const before = (await store().units(topic)).reduce<(number | null)[]>((all, u) => ((all[u.partition] = u.nextOffset), all), []);
      await Promise.all([
        store()
          .take(topic, k, { topic, partition: closerOf(k) })
          .then((t) => close(k, t, 0, 'comes')),
        commit(now.partition, now.slot, 'comes', 1),
        check(before),
        check(before),
      ]);
    } else if (now.do === 'evict') {
      const owner = owners[now.partition]![now.slot];
      for (const [name, state] of owner?.memory ?? []) if (!state.dirty) owner!.memory.delete(name);
    } else if (now.do === 'crash') owners[now.partition]![now.slot] = null;
    else if (now.do === 'prune') await store().prune(topic, '10s', 0);
    else if (now.do === 'snapshot') {
      await world.snapshot();
      kept = true;
    } else if (kept) {
      await world.rollback();
      count('rollback');
      if (world.actorsDie) {
        for (const pair of owners) pair.fill(null);
        taken = [];
      }
    }
    await check(null);
  }

  // Everybody recovers: all is folded, all is closed, and it is exactly what was produced.
  for (let p = 0; p < PARTITIONS; p++) {
    for (let n = 0; n < 4; n++) {
      const owner = owners[p]![0] ?? (await claim(p, 0));
      fold(p, owner, log[p]!.length);
      await commit(p, 0, 'comes', 0);
    }
  }
  for (const k of await store().closable(topic, '10s', WINDOW + 20_000)) {
    const unit = { topic, partition: closerOf(k) };
    expect(await store().close(topic, closeOf(unit, owners[unit.partition]![0]!, k, await store().take(topic, k, unit)))).toEqual({ kind: 'ok' });
  }
  await check(null);
  expect((await store().units(topic)).map((u) => u.nextOffset)).toEqual(log.map((records) => records.length));
  expect(await store().closable(topic, '10s', WINDOW + 20_000)).toEqual([]);
  const rows = await store().read({ topic, resolution: '10s', start: WINDOW, end: WINDOW + 20_000 });
  expect(rows.flatMap((r) => r.partials)).toEqual([]);
  await store().prune(topic, '10s', WINDOW + 20_000);
}
