/** The Redis adapter. Every call touches the keys of one unit; what concerns all units fans out. See lua-1.ts. */
import {
  RESOLUTION_MS,
  StoreError,
  type Claim,
  type Closed,
  type ClosedHead,
  type ClosedHeld,
  type CloseCommit,
  type CloseResult,
  type Coarse,
  type Commit,
  type CommitResult,
  type Due,
  type Partial,
  type ReadRange,
  type Resolution,
  type Retired,
  type RollUpCommit,
  type RollUpSources,
  type SegmentKey,
  type SegmentWrite,
  type SummaryStore,
  type SummaryStoreSettings,
  type Taken,
  type UnitId,
  type UnitStatus,
  type WindowRead,
} from '../port.ts';
import { byPartition, checkKey, checkRange, fetchClosed, isHeld, joinWindows, startOf } from '../window.ts';
import { Connection, type Argument, type RedisFailure } from '@headwater/store-connection';
import { ANSWER, fieldsOf, packHead, unpackClosed, unpackHead, unpackKey, unpackPartials } from './frames.ts';
import { Keys, SCHEMA_VERSION } from './keys.ts';
import { LIBRARY } from './lua-1.ts';
import * as rolling from './rolling.ts';
import { UNDO_MS, mend, undoable } from './shards.ts';

export class RedisSummaryStore implements SummaryStore {
  readonly #redis: Connection;
  readonly #keys: Keys;
  readonly #doors: rolling.Doors;
  /** Each shard of a Cluster may roll back for itself. */
  readonly #shards: boolean;
  readonly #undoMs: number;

  private constructor(redis: Connection, keys: Keys, undoMs: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#shards = !redis.ordered && undoMs > 0;
    this.#undoMs = undoMs;
    this.#doors = {
      call: (name, unit, args) => this.#call(name, unit, args),
      ask: (name, unit, args) => this.#ask(name, unit, args),
      units: (topic) => this.#units(topic),
      partials: (units, resolution, replies) => this.#partials(units, resolution, replies),
      waiting: (topic, resolution) => this.#waiting(topic, resolution, '+inf'),
      held: (topic, resolution) => this.#held(topic, resolution),
    };
  }

  /** `undoMs`: how long a close can be undone in a Cluster; 0: never, as if all shards rolled back together. Other than the default in tests only. */
  static async open(settings: Extract<SummaryStoreSettings, { kind: 'redis' }>, undoMs = UNDO_MS): Promise<RedisSummaryStore> {
    const keys = new Keys(settings.prefix);
    const redis = await Connection.open(settings, LIBRARY).catch(fail);
    try {
      await redis.command('SET', keys.schema, SCHEMA_VERSION, 'NX').catch(fail);
      const found = Number(await redis.command('GET', keys.schema).catch(fail));
      if (found > SCHEMA_VERSION) throw new StoreError('newer_version', { found, known: SCHEMA_VERSION });
      // What older versions wrote is adopted unit by unit when it is claimed (lua-rolling.ts).
      if (found < SCHEMA_VERSION) await redis.command('SET', keys.schema, SCHEMA_VERSION).catch(fail);
      return new RedisSummaryStore(redis, keys, undoMs);
    } catch (error) {
      redis.end();
      throw error;
    }
  }

  async claim(unit: UnitId, busIncarnation: string): Promise<Claim> {
    await this.#redis.command('SADD', this.#keys.units(unit.topic), unit.partition).catch(fail); // first: what is claimed is found by readers
    const reply = (await this.#call('claim', unit, [busIncarnation, this.#shards ? 1 : 0])) as ClaimReply;
    const [epoch, offset, agents, watermark, flat, floors, gaps, mended] = reply;
    if (mended === 0) {
      await mend(this.#doors, unit, Number(epoch), String(gaps));
      return this.claim(unit, busIncarnation); // with the floors as they are now
    }
    const open: Claim['open'] = [];
    for (let i = 0; i < flat.length; i += 4)
      open.push({ resolution: String(flat[i]) as Resolution, start: Number(flat[i + 1]), subject: String(flat[i + 2]), bytes: flat[i + 3]! });
    return {
      epoch: Number(epoch),
      busIncarnation,
      nextOffset: offset === null ? null : Number(offset),
      agents,
      watermark: Number(watermark),
      open,
      floors: { '10s': Number(floors[0]), '1m': Number(floors[1]), '1h': Number(floors[2]) },
    };
  }

  async commit(c: Commit): Promise<CommitResult> {
    c.segments.forEach(checkKey);
    const args: Argument[] = [c.epoch, c.expectedOffset ?? '', c.nextOffset, asBuffer(c.agents), c.watermark, JSON.stringify(c.silent), c.at];
    for (const [window, segments] of byWindow(c.segments)) {
      args.push(window.resolution, window.start, segments.length);
      for (const s of segments) args.push(`o${s.subject}`, s.fresh ? 1 : 0, asBuffer(s.bytes));
    }
    const [code, detail] = (await this.#call('commit', c.unit, args)) as [number, unknown];
    if (code === ANSWER.fenced) return { kind: 'fenced', epoch: Number(detail) };
    if (code === ANSWER.stale) return { kind: 'stale', nextOffset: detail == null ? null : Number(detail) };
    const keys = (detail as Buffer[]).map(unpackKey);
    return code === ANSWER.taken ? { kind: 'taken', keys } : { kind: 'ok', taken: keys };
  }

  async units(topic: string): Promise<UnitStatus[]> {
    const units = await this.#units(topic);
    const replies = await Promise.all(units.map((unit) => this.#ask('status', unit, [])));
    return units.flatMap((unit, i) => {
      const [epoch, offset, watermark, silent, at] = replies[i] as (Buffer | null)[];
      if (!epoch) return [];
      const nextOffset = offset == null ? null : Number(offset);
      return [{ ...unit, epoch: Number(epoch), nextOffset, watermark: Number(watermark), silent: JSON.parse(String(silent)) as string[], at: Number(at ?? 0) }];
    });
  }

  async closable(topic: string, resolution: Resolution, before: number): Promise<SegmentKey[]> {
    const { waiting } = await this.#waiting(topic, resolution, String(before - RESOLUTION_MS[resolution]));
    return waiting;
  }

  async partials(topic: string, { resolution, start, subject }: SegmentKey): Promise<Partial[]> {
    const units = await this.#units(topic);
    return this.#partials(units, resolution, await Promise.all(this.#askAll('read', units, ['part', resolution, start, start, 'some', subject])));
  }

  async closed(topic: string, key: SegmentKey): Promise<Closed | null> {
    const { resolution, start, subject } = key;
    const replies = await Promise.all(this.#askAll('fetch', await this.#units(topic), ['done', resolution, start, 1, subject]));
    return newest(replies.flatMap((reply) => unpackClosed(resolution, reply)));
  }

  async take(topic: string, { resolution, start, subject }: SegmentKey, closer: UnitId): Promise<Taken> {
    const key = { resolution, start, subject };
    // The lease comes before the first freeze, so that a roll-back after any of them is seen by `close`.
    const [head, bytes, lease] = (await this.#call('peek', closer, [resolution, start, subject])) as [Buffer | null, Buffer, Buffer];
    const closed = head === null ? null : { ...unpackHead(key, head), bytes };
    const units = await this.#units(topic);
    const replies = await Promise.all(units.map((unit) => this.#call('freeze', unit, [resolution, start, subject, closed?.holds[unit.partition] ?? 0])));
    // A unit whose shard rolled back waits for its owner's claim; what is here then says what can be closed.
    if (replies.includes(null)) return { closed, partials: [], lease: String(lease) };
    const partials = units.flatMap(({ partition }, i) => {
      const flat = replies[i] as Buffer[];
      return Array.from({ length: flat.length / 2 }, (_, n) => ({ ...key, partition, revision: Number(flat[n * 2]), bytes: flat[n * 2 + 1]! }));
    });
    return { closed, partials: partials.filter((p) => !isHeld(p, closed)).sort(byPartition), lease: String(lease) };
  }

  async close(topic: string, { unit, epoch, closed, expectedRevision, lease }: CloseCommit): Promise<CloseResult> {
    checkKey(closed);
    const { resolution, start, subject, holds } = closed;
    const args = [epoch, lease, resolution, start, subject, expectedRevision, packHead(closed), asBuffer(closed.bytes), holds[unit.partition] ?? 0];
    if (this.#shards) args.push(...Object.entries(holds).flat());
    const [code, detail] = (await this.#call('close', unit, args)) as [number, Buffer];
    if (code === ANSWER.fenced) return { kind: 'fenced', epoch: Number(detail) };
    if (code === ANSWER.stale) return { kind: 'stale', revision: Number(detail) };
    if (this.#shards) return { kind: 'ok' }; // what it holds stays until the close need not be undone any more (#held)
    const others = Object.entries(holds).filter(([partition]) => Number(partition) !== unit.partition);
    const drops = others.map(([partition, held]) => this.#call('drop_held', { topic, partition: Number(partition) }, [resolution, start, subject, held]));
    await Promise.allSettled(drops); // what is left lying is hidden from readers, and dropped by prune
    return { kind: 'ok' };
  }

  async prune(topic: string, resolution: Resolution, before: number): Promise<number> {
    let gone = 0;
    for (const unit of await this.#units(topic)) {
      if (resolution === '1h') await this.#call('raise', unit, [resolution, startOf(before, resolution)]);
      for (let more = 1; more === 1;) {
        const [count, next] = (await this.#call('prune', unit, [resolution, before - RESOLUTION_MS[resolution]])) as [number, number];
        gone += count;
        more = next;
      }
    }
    const { held } = await this.#held(topic, resolution);
    const drops = held.map(({ key, partition, upTo }) => this.#call('drop_held', { topic, partition }, [key.resolution, key.start, key.subject, upTo]));
    for (const count of await Promise.all(drops)) gone += count as number;
    return gone;
  }

  async read(range: ReadRange): Promise<WindowRead[]>;
  async read(range: ReadRange, held: (closed: ClosedHead) => boolean): Promise<WindowRead<Closed | ClosedHeld>[]>;
  async read(range: ReadRange, held: (closed: ClosedHead) => boolean = () => false): Promise<WindowRead<Closed | ClosedHeld>[]> {
    checkRange(range);
    const { topic, resolution, start, end, subjects, coarsest = '10s' } = range;
    if (coarsest !== '10s') return rolling.readThrough(this.#doors, { ...range, coarsest }, held);
    const units = await this.#units(topic);
    const rest = [resolution, start, `(${end}`, ...(subjects ? ['some', ...subjects] : ['all'])];
    // Partials first, closed second (README.md, rule 6). On one socket the server keeps that order without our waiting.
    const first = this.#askAll('read', units, ['part', ...rest]);
    if (!this.#redis.ordered) await Promise.all(first);
    const second = this.#askAll('read', units, ['done', ...rest]);
    const [partials, found] = await Promise.all([Promise.all(first), Promise.all(second)]);
    const unitOf = new Map<ClosedHead, UnitId>();
    found.forEach((reply, i) => {
      for (const [at, field, value] of fieldsOf(reply)) unitOf.set(unpackHead({ resolution, start: at, subject: field.toString() }, value), units[i]!);
    });
    const closed = await fetchClosed([...unitOf.keys()], held, (wanted) =>
      this.#fetch(
        resolution,
        Map.groupBy(wanted, (head) => unitOf.get(head)!),
      ),
    );
    return joinWindows(this.#partials(units, resolution, partials), closed);
  }

  rollable(unit: UnitId, resolution: Coarse, before: number, limit: number): Promise<Due[]> {
    return rolling.rollable(this.#doors, unit, resolution, before, limit);
  }
  sources(unit: UnitId, key: SegmentKey & { resolution: Coarse }): Promise<RollUpSources | null> {
    return rolling.sources(this.#doors, unit, key);
  }
  async rollUp(commit: RollUpCommit): Promise<CloseResult> {
    checkKey(commit.key);
    return rolling.rollUp(this.#doors, commit);
  }
  rolledUp(topic: string, key: SegmentKey & { resolution: Coarse }): Promise<Closed | null> {
    return rolling.rolledUp(this.#doors, topic, key);
  }
  retire(topic: string, resolution: '10s' | '1m', before: number, anyway: number): Promise<Retired> {
    return rolling.retire(this.#doors, topic, resolution, before, anyway);
  }

  async ping(): Promise<void> {
    await this.#redis.ping().catch(fail);
  }

  async end(): Promise<void> {
    this.#redis.end();
  }

  async #fetch(resolution: Resolution, wanted: Map<UnitId, ClosedHead[]>): Promise<Closed[]> {
    const calls = Array.from(wanted, ([unit, heads]) => {
      const byStart = Map.groupBy(heads, (head) => head.start);
      const args = Array.from(byStart, ([start, all]) => [start, all.length, ...all.map((head) => head.subject)]);
      return this.#ask('fetch', unit, ['done', resolution, ...args.flat()]);
    });
    return (await Promise.all(calls)).flatMap((reply) => unpackClosed(resolution, reply));
  }

  /** What closed segments hold for good, so that its partials may go; and keys whose close can still be undone. */
  async #held(topic: string, resolution: Resolution): Promise<{ held: rolling.Held[]; undoable: SegmentKey[] }> {
    const before = this.#shards ? await undoable(this.#doors, await this.#units(topic), resolution, this.#undoMs) : new Map<string, ClosedHead | null>();
    const { held } = await this.#waiting(topic, resolution, '+inf');
    const settled = held.flatMap((h) => {
      const head = before.get(`${h.key.start} ${h.key.subject}`);
      const upTo = head === undefined ? h.upTo : (head?.holds[h.partition] ?? 0);
      return upTo > 0 ? [{ ...h, upTo: Math.min(upTo, h.upTo) }] : [];
    });
    const keys = Array.from(before.keys(), (id) => ({ resolution, start: Number(id.slice(0, id.indexOf(' '))), subject: id.slice(id.indexOf(' ') + 1) }));
    return { held: settled, undoable: keys };
  }

  /** Keys with partials up to a start: those not held (by start and subject), and what is held. */
  async #waiting(topic: string, resolution: Resolution, last: string) {
    const units = await this.#units(topic);
    const found = await Promise.all(this.#askAll('waiting', units, [resolution, last]));
    const starts = [...new Set(found.flatMap((reply) => [...fieldsOf(reply)].map(([start]) => start)))];
    const heads = starts.length === 0 ? [] : await Promise.all(this.#askAll('heads', units, [resolution, ...starts]));
    const closed = new Map<string, ClosedHead>();
    for (const reply of heads) {
      for (const [start, field, value] of fieldsOf(reply)) {
        const key = { resolution, start, subject: field.toString() };
        closed.set(`${start} ${key.subject}`, unpackHead(key, value));
      }
    }
    const waiting = new Map<string, SegmentKey>();
    const held: rolling.Held[] = [];
    found.forEach((reply, i) => {
      const { partition } = units[i]!;
      for (const [start, field, revision] of fieldsOf(reply)) {
        const key = { resolution, start, subject: field.toString() };
        const id = `${start} ${key.subject}`;
        const upTo = closed.get(id)?.holds[partition] ?? 0;
        if (Number(revision) > upTo) waiting.set(id, key);
        if (upTo > 0) held.push({ key, partition, upTo });
      }
    });
    const byKey = (a: SegmentKey, b: SegmentKey) => a.start - b.start || (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0);
    return { waiting: [...waiting.values()].sort(byKey), held };
  }

  #partials(units: UnitId[], resolution: Resolution, replies: unknown[]): Partial[] {
    const partials: Partial[] = [];
    units.forEach(({ partition }, i) => {
      for (const [start, field, value] of fieldsOf(replies[i])) unpackPartials({ resolution, start }, partition, field, value, partials);
    });
    return partials.sort((a, b) => a.start - b.start || byPartition(a, b));
  }

  async #units(topic: string): Promise<UnitId[]> {
    const members = (await this.#redis.command('SMEMBERS', this.#keys.units(topic)).catch(fail)) as Buffer[];
    return members.map((partition) => ({ topic, partition: Number(partition) })).sort((a, b) => a.partition - b.partition);
  }

  #call(name: string, unit: UnitId, args: Argument[]): Promise<unknown> {
    return this.#redis.call(name, this.#keys.unit(unit), args).catch(fail);
  }
  #ask(name: string, unit: UnitId, args: Argument[]): Promise<unknown> {
    return this.#redis.call(name, this.#keys.unit(unit), args, true).catch(fail);
  }
  #askAll(name: string, units: UnitId[], args: Argument[]): Promise<unknown>[] {
    return units.map((unit) => this.#ask(name, unit, args));
  }
}

type ClaimReply = [Buffer, Buffer | null, Buffer | null, Buffer, Buffer[], Buffer[], Buffer, number];

function fail({ code, params, message }: RedisFailure): never {
  throw code ? new StoreError(code, params) : new Error(message);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function byWindow(segments: SegmentWrite[]): Iterable<[SegmentKey, SegmentWrite[]]> {
  const windows = new Map<string, [SegmentKey, SegmentWrite[]]>();
  for (const s of segments) {
    const id = `${s.resolution} ${s.start}`;
    const found = windows.get(id);
    if (found) found[1].push(s);
    else windows.set(id, [s, [s]]);
  }
  return windows.values();
}

/** A subject has one closer; should P have changed, two units may hold one: the newer counts. */
function newest(found: Closed[]): Closed | null {
  return found.reduce<Closed | null>((best, c) => (best === null || c.revision > best.revision ? c : best), null);
}
