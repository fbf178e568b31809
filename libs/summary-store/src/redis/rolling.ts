/** Roll-ups in the Redis adapter: making them, reading through them, finishing what they hold. See lua-rolling.ts. */
import type { Argument } from '@headwater/store-connection';
import {
  RESOLUTION_MS,
  type Closed,
  type ClosedHead,
  type ClosedHeld,
  type CloseResult,
  type Coarse,
  type Due,
  type Partial,
  type ReadRange,
  type Resolution,
  type Retired,
  type RollUpCommit,
  type RollUpSources,
  type SegmentKey,
  type UnitId,
  type WindowRead,
} from '../port.ts';
import { COARSER, blockedBy, fetchClosed, inside, joinWindows, startOf } from '../window.ts';
import { ANSWER, fieldsOf, packRollHead, unpackClosed, unpackHead, unpackRolled, unpackRollHead } from './frames.ts';

/** What the store lends: calls on a unit, and what it knows of partials. */
export interface Doors {
  call(name: string, unit: UnitId, args: Argument[]): Promise<unknown>;
  ask(name: string, unit: UnitId, args: Argument[]): Promise<unknown>;
  units(topic: string): Promise<UnitId[]>;
  partials(units: UnitId[], resolution: Resolution, replies: unknown[]): Partial[];
  /** keys with partials not held */
  waiting(topic: string, resolution: Resolution): Promise<{ waiting: SegmentKey[] }>;
  /** partials that are held for good and may go; keys whose close can still be undone */
  held(topic: string, resolution: Resolution): Promise<{ held: Held[]; undoable: SegmentKey[] }>;
}

export interface Held {
  key: SegmentKey;
  partition: number;
  upTo: number;
}

type RollKey = SegmentKey & { resolution: Coarse };
/** What was closed, rolled up and deleted between two steps of a read makes it begin again; after so often it answers what there is. */
const TRIES = 4;

export async function rollable(doors: Doors, unit: UnitId, resolution: Coarse, before: number, limit: number): Promise<Due[]> {
  const due: Due[] = [];
  for (const [start, field, head] of fieldsOf(await doors.ask('rollable', unit, [resolution, before - RESOLUTION_MS[resolution], limit]))) {
    const key = { resolution, start, subject: field.toString() };
    due.push({ ...key, madeAt: head.length === 0 ? null : unpackRollHead(key, head).closedAt });
  }
  return due;
}

export async function sources(doors: Doors, unit: UnitId, { resolution, start, subject }: RollKey): Promise<RollUpSources | null> {
  const [mark, head, lease, flat] = (await doors.ask('sources', unit, [resolution, start, subject])) as [Buffer?, (Buffer | null)?, Buffer?, Buffer[]?];
  if (!mark || !flat) return null;
  const finer: Closed[] = [];
  for (let i = 0; i < flat.length; i += 4) {
    const key = { resolution: resolution === '1m' ? ('10s' as const) : ('1m' as const), start: Number(flat[i + 1]), subject };
    const unpacked = flat[i]!.toString() === 'roll' ? unpackRollHead(key, flat[i + 2]!) : unpackHead(key, flat[i + 2]!);
    finer.push({ ...unpacked, bytes: flat[i + 3]! });
  }
  return { revision: head ? head.readDoubleBE(0) : 0, finer, mark: String(mark), lease: String(lease) };
}

export async function rollUp(doors: Doors, { unit, epoch, key, rollUp: made, mark, lease }: RollUpCommit): Promise<CloseResult> {
  const { resolution, start, subject } = key;
  const bytes = made === null ? '' : Buffer.from(made.bytes.buffer, made.bytes.byteOffset, made.bytes.byteLength);
  const [code, detail] = (await doors.call('roll_up', unit, [epoch, lease, resolution, start, subject, mark, made === null ? '' : packRollHead(made), bytes])) as [number, Buffer];
  if (code === ANSWER.fenced) return { kind: 'fenced', epoch: Number(detail) };
  return code === ANSWER.stale ? { kind: 'stale', revision: Number(detail) } : { kind: 'ok' };
}

export async function rolledUp(doors: Doors, topic: string, { resolution, start, subject }: RollKey): Promise<Closed | null> {
  const units = await doors.units(topic);
  const replies = await Promise.all(units.map((unit) => doors.ask('fetch', unit, ['roll', resolution, start, 1, subject])));
  const found = replies.flatMap((reply) => unpackRolled(resolution, reply));
  return found.reduce<Closed | null>((best, c) => (best === null || c.revision > best.revision ? c : best), null);
}

export async function retire(doors: Doors, topic: string, resolution: '10s' | '1m', before: number, anyway: number): Promise<Retired> {
  const coarse = COARSER[resolution];
  const units = await doors.units(topic);
  if (units.length === 0) return { segments: 0, forced: 0, waiting: 0 };
  // Floors first: what has no partials after this will never have any.
  const floors = await Promise.all(units.map((unit) => doors.call('raise', unit, [resolution, startOf(before, coarse)])));
  const floor = Math.min(...floors.map(Number));
  const forcedTo = Math.min(startOf(anyway, coarse), floor);
  const retired: Retired = { segments: 0, forced: 0, waiting: 0 };
  for (const unit of units) {
    for (let more = 1; more === 1;) {
      const [count, next] = (await doors.call('drop_partials', unit, [resolution, forcedTo - RESOLUTION_MS[resolution]])) as [number, number];
      retired.segments += count;
      retired.forced += count;
      more = next;
    }
  }
  // In this order: what is closed in between is among those that wait, and what was before can be undone or is held for good.
  // A minute's roll-up stands for the 10 s windows below it, so these must be done with, too: a partial that their close only hides would show again.
  const levels = resolution === '1m' ? (['1m', '10s'] as const) : (['10s'] as const);
  const busyKeys: SegmentKey[] = [];
  for (const level of levels) busyKeys.push(...(await doors.waiting(topic, level)).waiting);
  const found = [];
  for (const level of levels) found.push(await doors.held(topic, level));
  const held = found.flatMap((f) => f.held);
  busyKeys.push(...found.flatMap((f) => f.undoable));
  // Before any closed segment goes: without it, what it holds would look like late data.
  const drops = held.map(({ key, partition, upTo }) => doors.call('drop_held', { topic, partition }, [key.resolution, key.start, key.subject, upTo]));
  for (const count of await Promise.all(drops)) retired.segments += count as number;
  const busy = Map.groupBy(
    busyKeys.filter((key) => key.start < floor),
    (key) => startOf(key.start, coarse),
  );
  for (const unit of units) {
    const starts = (await doors.ask('wide_starts', unit, [resolution, coarse, floor - 1])) as Buffer[];
    for (const wide of starts.map(Number)) {
      const subjects = [...new Set((busy.get(wide) ?? []).map((key) => key.subject))];
      const [segments, forced, left] = (await doors.call('seal', unit, [resolution, coarse, wide, wide < forcedTo ? 1 : 0, ...subjects])) as [number, number, number];
      retired.segments += segments;
      retired.forced += forced;
      retired.waiting += left;
    }
  }
  return retired;
}

/** Partials first, then which closed segments answer the rest, then their bytes (README.md, "Roll-ups", what a reader does). */
export async function readThrough(doors: Doors, range: ReadRange & { coarsest: Coarse }, held: (closed: ClosedHead) => boolean): Promise<WindowRead<Closed | ClosedHeld>[]> {
  for (let tried = 1; ; tried++) {
    const answer = await tryRead(doors, range, held, tried === TRIES);
    if (answer !== null) return answer;
  }
}

async function tryRead(
  doors: Doors,
  { topic, start, end, subjects, coarsest }: ReadRange & { coarsest: Coarse },
  held: (closed: ClosedHead) => boolean,
  last: boolean,
): Promise<WindowRead<Closed | ClosedHeld>[] | null> {
  const units = await doors.units(topic);
  const chosen = subjects ? ['some', ...subjects] : ['all'];
  const partials: Partial[] = [];
  await Promise.all(
    (['10s', '1m', '1h'] as const).map(async (resolution) => {
      const part = inside({ start, end }, resolution, coarsest);
      if (part === null) return;
      const replies = await Promise.all(units.map((unit) => doors.ask('read', unit, ['part', resolution, part.start, `(${part.end}`, ...chosen])));
      partials.push(...doors.partials(units, resolution, replies));
    }),
  );
  const blocked = [...blockedBy(partials)].flatMap(([resolution, windows]) => [...windows].flatMap(([at, who]) => [resolution, at, who.size, ...who]));
  const asked = subjects ? [subjects.length, ...subjects] : ['all'];
  const replies = await Promise.all(units.map((unit) => doors.ask('cover', unit, [start, end, coarsest, last ? 1 : 0, ...asked, ...blocked])));
  const unitOf = new Map<ClosedHead, UnitId>();
  for (const [i, reply] of replies.entries()) {
    const flat = reply as [] | ['ok', ...(Buffer | Buffer[])[]];
    if (flat.length === 0) return null;
    for (let at = 1; at < flat.length; at += 4) {
      const window = { resolution: String(flat[at + 1]) as Resolution, start: Number(flat[at + 2]) };
      const unpackOne = String(flat[at]) === 'roll' ? unpackRollHead : unpackHead;
      const fields = flat[at + 3] as Buffer[];
      for (let f = 0; f < fields.length; f += 2) unitOf.set(unpackOne({ ...window, subject: fields[f]!.toString() }, fields[f + 1]!), units[i]!);
    }
  }
  let missing = 0;
  const closed = await fetchClosed([...unitOf.keys()], held, async (wanted) => {
    const found = await fetchAll(doors, wanted, unitOf);
    missing = wanted.length - found.length;
    return found;
  });
  return missing > 0 && !last ? null : joinWindows(partials, closed);
}

async function fetchAll(doors: Doors, wanted: ClosedHead[], unitOf: Map<ClosedHead, UnitId>): Promise<Closed[]> {
  const calls: Promise<Closed[]>[] = [];
  for (const [unit, ofUnit] of Map.groupBy(wanted, (head) => unitOf.get(head)!)) {
    for (const group of Map.groupBy(ofUnit, (head) => `${head.rollUp === true} ${head.resolution}`).values()) {
      const { resolution, rollUp: rolled } = group[0]!;
      const args = Array.from(
        Map.groupBy(group, (head) => head.start),
        ([at, all]) => [at, all.length, ...all.map((head) => head.subject)],
      );
      calls.push(doors.ask('fetch', unit, [rolled ? 'roll' : 'done', resolution, ...args.flat()]).then((reply) => (rolled ? unpackRolled : unpackClosed)(resolution, reply)));
    }
  }
  return (await Promise.all(calls)).flat();
}
