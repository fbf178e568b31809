/**
 * Random interleavings of owners (two per unit, so one is a zombie), closers, crashes, lost answers, late data and
 * roll-backs, on a real store. A segment's bytes are the ids of the exchanges in it, so a loss or a double is seen by name.
 * After every step: what readers merge is exactly what the units' stored offsets say was folded.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { closeOf } from './contract.ts';
import {
  RESOLUTION_MS,
  type ClosedHead,
  type Coarse,
  type Commit,
  type Resolution,
  type RollUpCommit,
  type SegmentKey,
  type SummaryStore,
  type Taken,
  type UnitId,
} from './port.ts';
import { startOf } from './window.ts';

const PARTITIONS = 3;
/** A full hour, so that roll-ups of it can be made. */
const WINDOW = 1_700_002_800_000;
const END = WINDOW + RESOLUTION_MS['1h'];
// Few windows, so that late data and closes meet often: two in one minute, one in the next, one of another subject.
const TIMES: { start: number; subject: string }[] = [
  { start: WINDOW, subject: 's:a' },
  { start: WINDOW + 10_000, subject: 's:a' },
  { start: WINDOW + 70_000, subject: 's:a' },
  { start: WINDOW + 10_000, subject: 's:b' },
];
const RESOLUTIONS = ['10s', '1m', '1h'] as const;
// What is late for its 10 s window goes to a wider one: partials of every resolution.
const KEYS: SegmentKey[] = RESOLUTIONS.flatMap((resolution) => TIMES.map(({ start, subject }) => ({ resolution, start: startOf(start, resolution), subject }))).filter(
  (k, i, all) => all.findIndex((o) => o.resolution === k.resolution && o.start === k.start && o.subject === k.subject) === i,
);
type RollKey = SegmentKey & { resolution: Coarse };
const ROLL_KEYS = KEYS.filter((k): k is RollKey => k.resolution !== '10s');
const closerOf = (k: SegmentKey) => (k.subject === 's:a' ? 0 : 2);

export interface World {
  store(): SummaryStore;
  snapshot(): Promise<void>;
  /** Takes a snapshot of one of the shards, or puts one back to it; only where each may roll back for itself. */
  shard?: { count: number; of(unit: UnitId): Promise<number>; snapshot(n: number): Promise<void>; rollback(n: number): Promise<void> };
  /** Before the end: nothing that was closed can be undone any more. */
  settle?(): Promise<void>;
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
  floors: Record<Resolution, number>;
  memory: Map<string, State>;
}

const partition = fc.nat(PARTITIONS - 1);
const slot = fc.constantFrom(0, 0, 0, 0, 1);
const time = fc.nat(TIMES.length - 1);
const key = fc.oneof({ weight: 3, arbitrary: time }, { weight: 1, arbitrary: fc.nat(KEYS.length - 1) });
const rollKey = fc.nat(ROLL_KEYS.length - 1);
/** Up to where windows are finished: a minute, two, all. */
const until = fc.constantFrom(WINDOW + 60_000, WINDOW + 60_000, WINDOW + 60_000, WINDOW + 120_000, END);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('produce' as const), partition, time, count: fc.integer({ min: 1, max: 3 }), folded: fc.constantFrom(true, true, false), slot }),
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
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sources' as const), rollKey }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('roll up' as const), which: fc.nat(5), slot, answer: fc.constantFrom('comes', 'comes', 'lost, retried', 'lost, dies') }) },
  // A roll-up that is overtaken by late data.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('overtake' as const), time, coarse: fc.constantFrom('1m' as const, '1h' as const), partition }) },
  // What a closer does in one round: without it an hour would hardly ever be whole.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tidy' as const), closes: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retire' as const), fine: fc.constantFrom('10s' as const, '10s' as const, '1m' as const), until }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('race' as const),
      key,
      coarse: fc.constantFrom('1m' as const, '1h' as const),
      partition,
      slot,
      until,
      retires: fc.constantFrom(false, false, false, false, false, true),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('evict' as const), partition, slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), partition, slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prune' as const) }) },
);
const turn = fc.record({ do: fc.constantFrom('snapshot' as const, 'rollback' as const) });
/** Of one shard alone. */
const shardTurn = fc.record({ do: fc.constantFrom('shard snapshot' as const, 'shard snapshot' as const, 'shard rollback' as const), shard: fc.nat(2) });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

export const steps = fc.array(step, { minLength: 30, maxLength: 80, size: 'max' });
export const stepsWithShards = fc.array(fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: shardTurn }), { minLength: 30, maxLength: 80, size: 'max' });
export const stepsWithRollback = fc.array(fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: turn }), { minLength: 30, maxLength: 80, size: 'max' });

const nameOf = (k: SegmentKey) => `${k.resolution} ${k.start} ${k.subject}`;
const pack = (ids: string[]) => new TextEncoder().encode(ids.join('+'));
const unpack = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split('+').filter(Boolean);

export async function play(
  world: World,
  list: (Step | { do: 'snapshot' | 'rollback' } | { do: 'shard snapshot' | 'shard rollback'; shard: number })[],
  seen: Record<string, number> = {},
): Promise<void> {
  const topic = `m-${randomUUID().slice(0, 8)}`;
  const store = () => world.store();
  const log: { id: string; start: number; subject: string }[][] = Array.from({ length: PARTITIONS }, () => []);
  const owners: (Owner | null)[][] = Array.from({ length: PARTITIONS }, () => [null, null]);
  let taken: { key: SegmentKey; taken: Taken }[] = [];
  let pending: Omit<RollUpCommit, 'unit' | 'epoch'>[] = [];
  /** ids that a roll-back may have brought out of a finished window count as before: nothing here is ever given up */
  let finished: Record<'10s' | '1m', boolean> = { '10s': false, '1m': false };
  let kept = false;
  const keptShards = new Set<number>();
  /** units whose shard rolled back and that nobody claimed since: until then a reader may see what is lost, or twice */
  const doubted = new Set<number>();
  let closes = 0;
  const count = (what: string) => (seen[what] = (seen[what] ?? 0) + 1);

  async function claim(p: number, s: number): Promise<Owner> {
    const c = await store().claim({ topic, partition: p }, 'bus');
    doubted.delete(p);
    const memory = new Map(c.open.map((o) => [nameOf(o), { ids: unpack(o.bytes), fresh: false, dirty: false, touched: 0 }]));
    return (owners[p]![s] = { epoch: c.epoch, offset: c.nextOffset, position: c.nextOffset ?? 0, floors: c.floors, memory });
  }

  function fold(p: number, owner: Owner, n: number): void {
    for (const { start, subject, ...record } of log[p]!.slice(owner.position, owner.position + n)) {
      const resolution = RESOLUTIONS.find((r) => startOf(start, r) >= owner.floors[r])!;
      if (resolution !== '10s') count(`folded late into ${resolution}`);
      const name = nameOf({ resolution, start: startOf(start, resolution), subject });
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

  async function sourcesOf(k: RollKey): Promise<Omit<RollUpCommit, 'unit' | 'epoch'> | null> {
    const found = await store().sources({ topic, partition: closerOf(k) }, k);
    if (found === null) return null;
    const made = { revision: found.revision + 1, bytes: pack(found.finer.flatMap((f) => unpack(f.bytes))), missing: [], closedAt: ++closes };
    return { key: k, rollUp: found.finer.length === 0 ? null : made, mark: found.mark, lease: found.lease };
  }

  async function rollUp(commit: Omit<RollUpCommit, 'unit' | 'epoch'>, s: number, answer: string): Promise<void> {
    const unit = { topic, partition: closerOf(commit.key) };
    const owner = owners[unit.partition]![s];
    if (!owner) return;
    const c = { ...commit, unit, epoch: owner.epoch };
    let result = await store().rollUp(c);
    if (answer === 'lost, retried') result = await store().rollUp(c);
    count(`roll-up of ${commit.key.resolution} ${result.kind}`);
  }

  /** Closes and rolls up all that waits, if there are owners. */
  async function tidy(closesToo: boolean): Promise<void> {
    for (const resolution of closesToo ? RESOLUTIONS : []) {
      for (const k of await store().closable(topic, resolution, END)) await close(k, await store().take(topic, k, { topic, partition: closerOf(k) }), 0, 'comes');
    }
    for (const resolution of ['1m', '1h'] as const) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        for (const { subject, start } of await store().rollable({ topic, partition }, resolution, END, 100)) {
          const commit = await sourcesOf({ resolution, start, subject });
          if (commit) await rollUp(commit, 0, 'comes');
        }
      }
    }
  }

  async function retire(fine: '10s' | '1m', before: number): Promise<void> {
    const { segments, forced } = await store().retire(topic, fine, before, 0);
    expect(forced).toBe(0);
    finished = { ...finished, [fine]: true };
    if (segments > 0) count(`retired ${fine}`);
  }

  // A reader that keeps every closed segment it ever saw, also over roll-backs.
  const known = new Map<string, Uint8Array>();
  const nameOfClosed = (c: ClosedHead) => `${nameOf(c)} ${c.rollUp === true} ${c.revision} ${c.closedAt}`;
  let checks = 0;

  async function readAll(coarsest: Resolution) {
    const range = { topic, resolution: '10s', start: WINDOW, end: END, coarsest } as const;
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

  /** All ids that a reader merges, by subject; each is checked to lie in a window around its time. */
  async function seenBy(coarsest: Resolution): Promise<string[]> {
    const all: string[] = [];
    for (const row of await readAll(coarsest)) {
      expect(RESOLUTION_MS[row.resolution]).toBeLessThanOrEqual(RESOLUTION_MS[coarsest]);
      if (row.closed?.rollUp) count(`answered by a roll-up of ${row.resolution}`);
      const ids = [...(row.closed ? unpack(row.closed.bytes) : []), ...row.partials.flatMap((x) => unpack(x.bytes))];
      for (const id of ids) {
        const [p, n] = id.split('.').map(Number);
        const { start, subject } = log[p!]![n!]!;
        expect([row.subject, row.start]).toEqual([subject, startOf(start, row.resolution)]);
        all.push(id);
      }
    }
    return all.sort();
  }

  async function check(from: (number | null)[] | null): Promise<void> {
    const offsets = async () => {
      const units = await store().units(topic);
      return log.map((_, p) => units.find((u) => u.partition === p)?.nextOffset ?? 0);
    };
    const folded = (limits: (number | null)[]) => log.flatMap((records, p) => records.slice(0, limits[p] ?? 0).map((r) => r.id)).sort();
    const inDoubt = doubted.size > 0;
    const got = await seenBy('1h');
    if (from !== null) {
      const upTo = await offsets();
      // README.md, "What remains": until a unit that went back is claimed, what it will replay may be seen, and a part twice.
      if (inDoubt || doubted.size > 0) return expect(got).toEqual(expect.arrayContaining(folded(from)));
      // read beside writers: nothing twice, at least what was there before, nothing that was not folded in the end
      expect(new Set(got).size).toBe(got.length);
      expect(got).toEqual(expect.arrayContaining(folded(from)));
      expect(folded(upTo)).toEqual(expect.arrayContaining(got));
      return;
    }
    const upTo = await offsets();
    if (doubted.size > 0) return expect(got).toEqual(expect.arrayContaining(folded(upTo)));
    expect(got).toEqual(folded(upTo));
    // Narrower windows say the same as long as none was finished; then less, but nothing twice.
    for (const coarsest of ['10s', '1m'] as const) {
      const narrow = await seenBy(coarsest);
      if (!finished['10s'] && (coarsest === '10s' || !finished['1m'])) expect(narrow).toEqual(got);
      else {
        expect(new Set(narrow).size).toBe(narrow.length);
        expect(got).toEqual(expect.arrayContaining(narrow));
      }
    }
  }

  for (let p = 0; p < PARTITIONS; p++) await claim(p, 0);
  for (const now of list) {
    if (now.do === 'produce') {
      const records = log[now.partition]!;
      for (let n = 0; n < now.count; n++) records.push({ id: `${now.partition}.${records.length}`, ...TIMES[now.time]! });
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
    } else if (now.do === 'sources') {
      const commit = await sourcesOf(ROLL_KEYS[now.rollKey]!);
      if (commit) pending.push(commit);
    } else if (now.do === 'roll up') {
      const mine = pending[now.which % Math.max(pending.length, 1)];
      if (mine) {
        pending = pending.filter((c) => c !== mine);
        await rollUp(mine, now.slot, now.answer);
      }
    } else if (now.do === 'overtake') {
      const { start, subject } = TIMES[now.time]!;
      const commitOfBefore = await sourcesOf({ resolution: now.coarse, start: startOf(start, now.coarse), subject });
      const records = log[now.partition]!;
      records.push({ id: `${now.partition}.${records.length}`, start, subject });
      const owner = owners[now.partition]![0];
      if (owner) fold(now.partition, owner, records.length);
      await commit(now.partition, 0, 'comes', 0);
      const k: SegmentKey = { resolution: '10s', start, subject };
      await close(k, await store().take(topic, k, { topic, partition: closerOf(k) }), 0, 'comes');
      if (commitOfBefore) await rollUp(commitOfBefore, 0, 'comes');
    } else if (now.do === 'tidy') await tidy(now.closes);
    else if (now.do === 'retire') {
      await retire('10s', now.until);
      if (now.fine === '1m') await retire('1m', END);
    } else if (now.do === 'race') {
      const k = KEYS[now.key]!;
      const before = (await store().units(topic)).reduce<(number | null)[]>((all, u) => ((all[u.partition] = u.nextOffset), all), []);
      await Promise.all([
        store()
          .take(topic, k, { topic, partition: closerOf(k) })
          .then((t) => close(k, t, 0, 'comes')),
        commit(now.partition, now.slot, 'comes', 1),
        sourcesOf({ resolution: now.coarse, start: startOf(k.start, now.coarse), subject: k.subject }).then((c) => (c ? rollUp(c, 0, 'comes') : undefined)),
        now.retires ? retire('10s', now.until) : undefined,
        check(before),
        check(before),
      ]);
    } else if (now.do === 'evict') {
      const owner = owners[now.partition]![now.slot];
      for (const [name, state] of owner?.memory ?? []) if (!state.dirty) owner!.memory.delete(name);
    } else if (now.do === 'crash') owners[now.partition]![now.slot] = null;
    else if (now.do === 'prune') await store().prune(topic, '10s', 0); // drops what is held
    else if (now.do === 'snapshot') {
      await world.snapshot();
      kept = true;
    } else if (now.do === 'shard snapshot') {
      await world.shard!.snapshot(now.shard);
      keptShards.add(now.shard);
    } else if (now.do === 'shard rollback') {
      if (!keptShards.has(now.shard)) continue;
      await world.shard!.rollback(now.shard);
      for (let p = 0; p < PARTITIONS; p++) if ((await world.shard!.of({ topic, partition: p })) === now.shard) doubted.add(p);
      if (doubted.size > 0) count('shard rollback');
    } else if (kept) {
      await world.rollback();
      count('rollback');
      if (world.actorsDie) {
        for (const pair of owners) pair.fill(null);
        taken = [];
        pending = [];
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
  await tidy(true);
  await check(null);
  await world.settle?.();
  await check(null);
  expect((await store().units(topic)).map((u) => u.nextOffset)).toEqual(log.map((records) => records.length));
  for (const resolution of RESOLUTIONS) expect(await store().closable(topic, resolution, END)).toEqual([]);
  const produced = log.flatMap((records) => records.map((r) => r.id)).sort();
  for (const fine of ['10s', '1m'] as const) {
    const { forced, waiting } = await store().retire(topic, fine, END, 0);
    if (world.shard && waiting > 0) {
      // README.md, "What remains": it is all there, once, and goes when `anyway` comes.
      expect({ fine, forced, seen: await seenBy('1h') }).toEqual({ fine, forced: 0, seen: produced });
      count('waits for anyway');
      return;
    }
    expect({ fine, forced, waiting }).toEqual({ fine, forced: 0, waiting: 0 });
    finished = { ...finished, [fine]: true };
    expect(await seenBy('1h')).toEqual(produced);
    expect(await store().read({ topic, resolution: fine, start: WINDOW, end: END })).toEqual([]);
  }
  const rows = await store().read({ topic, resolution: '10s', start: WINDOW, end: END, coarsest: '1h' });
  expect(rows.flatMap((r) => r.partials)).toEqual([]);
  expect(rows.map((r) => r.resolution)).toEqual(rows.map(() => '1h'));
  await store().prune(topic, '1h', END);
  expect(await store().read({ topic, resolution: '10s', start: WINDOW, end: END, coarsest: '1h' })).toEqual([]);
}

/** What enough runs meet, when roll-ups are played at all. */
export const rollingMet = ['roll-up of 1m ok', 'roll-up of 1h ok', 'answered by a roll-up of 1m', 'answered by a roll-up of 1h', 'folded late into 1m', 'retired 10s'];
