import fs from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { AgentIdentity, BatchAccount } from '@headwater/header-event';
import { asLoss, countLoss, mergeAccounts, rowsOf } from '../account.ts';
import type { Losses, PublishLoss } from '../account.ts';
import { realDisk } from './disk.ts';
import type { Disk } from './disk.ts';
import type { Place } from '../publish/numbers.ts';
import { bytesOf } from './entry.ts';
import type { Entry } from './entry.ts';
import { lockSpool } from './lock.ts';
import type { BatchNumber, Goners, RecordParts } from './record.ts';
import { Segment } from './segment.ts';

const LARGEST_SEGMENT = 8 * 1_048_576;
/** After the disk refused, it is asked again not before this. */
const DISK_PAUSE_MS = 10_000;

export interface SpoolOptions {
  dir: string;
  maxBytes: number;
  maxAgeMs: number;
  /** the agent that writes now */
  identity: AgentIdentity;
  /** the next place of this agent's incarnation, for a batch of this host with so many exchanges */
  nextPlace: (hostId: string, exchanges: number) => Place;
  say: (level: 'info' | 'warn' | 'error', facts: Record<string, unknown>, message: string) => void;
  disk?: Disk;
}

/** A batch as it goes to the disk; `number` is null if the bus was never offered it. */
export interface Spilled {
  number: BatchNumber | null;
  account: BatchAccount;
  value: Uint8Array;
}

/** A batch as it comes back; `value` null: no rows are left, the account says what became of them. */
export interface Backlog {
  entry: Entry;
  identity: AgentIdentity;
  place: Place;
  account: BatchAccount;
  value: Uint8Array | null;
}

/**
 * Batches that the bus does not take now, oldest first, in append-only segments of one directory, bounded in bytes and
 * age. An append is one write to the page cache, so a process that dies loses nothing of it; once a second it goes to
 * the medium. A batch gets its number when the bus is first offered it, and the number is on the medium before that:
 * whoever sends it again, this agent or a later one, sends it under the same number. What was never offered leaves no
 * gap when it is dropped; what was is replaced by a batch without rows under its number. So whatever is dropped is told
 * exactly once, by a record that stands for the segments it replaces.
 */
export class Spool {
  /** rows of this agent's batches that were dropped here, by reason */
  readonly lost: Losses = {};
  /** the same of batches that earlier agents left */
  readonly lostInherited: Losses = {};
  private readonly o: SpoolOptions;
  private readonly disk: Disk;
  private readonly unlock: () => void;
  private readonly segments: Segment[] = [];
  private readonly segmentBytes: number;
  private readonly dropped = new WeakMap<Segment, PublishLoss>();
  private nextId = 1;
  private brokenUntilMs = 0;
  private syncing: Promise<void> = Promise.resolve();

  /**
   * @throws Error that names the directory: used by another agent (with its pid), open to others, or not to be written
   */
  constructor(options: SpoolOptions, nowMs: number) {
    this.o = options;
    this.disk = options.disk ?? realDisk;
    this.segmentBytes = Math.min(LARGEST_SEGMENT, Math.floor(options.maxBytes / 16));
    fs.mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    const { mode, uid } = fs.statSync(options.dir);
    if ((mode & 0o077) !== 0 || uid !== process.getuid?.()) {
      throw new Error(`spool.dir ${options.dir} must belong to the agent's user alone (it has mode ${(mode & 0o777).toString(8)} and uid ${uid}): chown and chmod 700 it`);
    }
    this.unlock = lockSpool(options.dir);
    try {
      this.open();
      this.expire(nowMs);
    } catch (error) {
      this.unlock();
      throw error;
    }
  }

  private open(): void {
    const ids = fs
      .readdirSync(this.o.dir)
      .map((name) => Number(/^(\d{10})\.seg$/.exec(name)?.[1] ?? 0))
      .filter((id) => id > 0)
      .sort((a, b) => a - b);
    let first = 0;
    for (const id of ids) {
      const segment = new Segment(this.disk, id, this.pathOf(id), true);
      const scan = segment.scan();
      first = Math.max(first, scan.first);
      segment.adopt(scan);
      this.segments.push(segment);
      if (scan.damages > 0) {
        countLoss(this.lostInherited, 'spool_corrupt', scan.corrupt);
        this.o.say(
          'warn',
          { segment: id, damages: scan.damages, exchanges: scan.corrupt.request },
          'the spool has torn or damaged records; what they say of their size is counted lost (spool_corrupt)',
        );
      }
      this.nextId = id + 1;
    }
    for (const segment of [...this.segments]) if (segment.id < first || segment.count === 0) this.removeSegment(segment);
    if (this.batches > 0) this.o.say('info', { batches: this.batches, bytes: this.bytes }, 'an earlier agent left batches in the spool; they are sent beside live ones');
  }

  get bytes(): number {
    return this.segments.reduce((sum, s) => sum + s.size, 0);
  }

  /** batches that wait */
  get batches(): number {
    return this.segments.reduce((sum, s) => sum + s.count, 0);
  }

  /** when the oldest that waits came here, ms; null when nothing waits */
  get oldestMs(): number | null {
    const oldest = Math.min(...this.segments.filter((s) => s.count > 0).map((s) => s.oldestMs));
    return Number.isFinite(oldest) ? oldest : null;
  }

  /** Takes a batch; or says why it cannot, and nothing has changed. Over the bound the oldest go (spool_full). */
  append(batch: Spilled, nowMs: number): Entry | 'spool_full' | 'spool_error' {
    if (nowMs < this.brokenUntilMs) return 'spool_error';
    const record: RecordParts = {
      agent: this.o.identity,
      number: batch.number,
      body: { kind: 'batch', account: batch.account },
      value: batch.value,
      rows: rowsOf(batch.account),
      atMs: nowMs,
      first: 0,
    };
    const bytes = batch.value.length + JSON.stringify(batch.account).length + 512;
    try {
      const victims: Segment[] = [];
      let freed = 0;
      let goners = 0;
      // What replaces the oldest is written before they go: room for the next batch is kept free, so that the bound holds meanwhile, too.
      const room = Math.max(0, Math.min(bytes, this.o.maxBytes - bytes));
      while (this.bytes - freed + goners + bytes + room > this.o.maxBytes) {
        const victim = this.segments[victims.length];
        if (!victim && bytes > this.o.maxBytes) return 'spool_full';
        if (!victim) break;
        victims.push(victim);
        freed += victim.size;
        goners = JSON.stringify(gonersOf(victims, 'spool_full')).length + 512;
      }
      const told = victims.length > 0 ? [this.goners(victims, 'spool_full', nowMs)] : [];
      const entry = this.write([...told, record], bytes, victims).at(-1);
      this.drop(victims, 'spool_full');
      return entry ?? 'spool_error';
    } catch (error) {
      this.broken(error, nowMs);
      return 'spool_error';
    }
  }

  /** Writes to the newest segment, or to a fresh one: when it would grow too large, or goes itself. */
  private write(records: readonly RecordParts[], bytes: number, victims: readonly Segment[]): Entry[] {
    const tail = this.segments.at(-1);
    if (tail && !tail.inherited && !victims.includes(tail) && (tail.size === 0 || tail.size + bytes <= this.segmentBytes)) return tail.append(records);
    const segment = new Segment(this.disk, this.nextId, this.pathOf(this.nextId), false);
    this.nextId++;
    try {
      const entries = segment.append(records);
      this.segments.push(segment);
      return entries;
    } catch (error) {
      segment.remove();
      throw error;
    }
  }

  /** The record that stands for what waits in these segments. It is on the disk before they go. */
  private goners(victims: readonly Segment[], reason: PublishLoss, nowMs: number): RecordParts {
    const body = { kind: 'goners' as const, goners: gonersOf(victims, reason) };
    return {
      agent: this.o.identity,
      number: null,
      body,
      value: new Uint8Array(0),
      rows: { request: 0, response: 0 },
      atMs: nowMs,
      first: Math.max(...victims.map((v) => v.id)) + 1,
    };
  }

  private drop(victims: readonly Segment[], reason: PublishLoss): void {
    for (const victim of victims) {
      countLoss(victim.inherited ? this.lostInherited : this.lost, reason, victim.rest().rows);
      this.dropped.set(victim, reason);
      this.removeSegment(victim);
    }
  }

  private removeSegment(segment: Segment): void {
    this.segments.splice(this.segments.indexOf(segment), 1);
    try {
      segment.remove();
    } catch (error) {
      this.o.say('warn', { segment: segment.id, reason: (error as Error).message }, 'a segment of the spool cannot be removed; it is passed over');
    }
  }

  /** Drops segments whose newest batch is over the age (spool_age). */
  expire(nowMs: number): void {
    const oldest = nowMs - this.o.maxAgeMs;
    const victims: Segment[] = [];
    for (const segment of this.segments) {
      if (segment.newestMs >= oldest) break;
      victims.push(segment);
    }
    // What only tells of goners is never too old: it would be replaced by itself for ever.
    if (nowMs < this.brokenUntilMs || !victims.some((v) => v.rest().rows.request + v.rest().rows.response > 0)) return;
    try {
      this.write([this.goners(victims, 'spool_age', nowMs)], 512, victims);
      this.drop(victims, 'spool_age');
    } catch (error) {
      this.broken(error, nowMs);
    }
  }

  /**
   * The oldest batches up to `maxBytes`, at least one, each with its number, which is on the medium when this resolves.
   * They stay here. Empty: nothing waits, or the disk cannot be written.
   */
  async head(maxBytes: number, nowMs: number): Promise<Backlog[]> {
    const segment = this.segments.find((s) => s.count > 0);
    if (!segment || nowMs < this.brokenUntilMs) return [];
    try {
      const entries: Entry[] = [];
      let bytes = 0;
      for (const entry of this.load(segment)) {
        // All that one record tells goes at once, since it is ticked off at once.
        if (entries.length > 0 && bytes + bytesOf(entry) > maxBytes && entries.at(-1)?.at !== entry.at) break;
        entries.push(entry);
        bytes += bytesOf(entry);
      }
      const batches = entries.map((entry) => this.backlogOf(entry, nowMs));
      await segment.keepNumbers(entries);
      return segment.gone ? [] : batches;
    } catch (error) {
      if (!segment.gone) this.broken(error, nowMs);
      return [];
    }
  }

  private load(segment: Segment): readonly Entry[] {
    if (segment.loaded) return segment.loaded;
    const scan = segment.load();
    if (!segment.inherited && scan.damages > 0) {
      countLoss(this.lost, 'spool_corrupt', scan.corrupt);
      this.o.say('warn', { segment: segment.id, damages: scan.damages }, 'the spool has damaged records; what they say of their size is counted lost (spool_corrupt)');
    }
    if (segment.count === 0) this.removeSegment(segment);
    return scan.entries;
  }

  private backlogOf(entry: Entry, nowMs: number): Backlog {
    let value: Buffer | null = null;
    if (entry.value && entry.atMs < nowMs - this.o.maxAgeMs) this.hollow(entry, 'spool_age');
    else if (entry.value) {
      value = entry.segment.valueOf(entry);
      if (!value || value.length !== entry.value.length || crc32(value) !== entry.value.crc) {
        this.o.say('warn', { segment: entry.segment.id, at: entry.at, exchanges: entry.account.exchanges }, 'a batch in the spool is damaged and is counted lost (spool_corrupt)');
        this.hollow(entry, 'spool_corrupt');
        value = null;
      }
    }
    const hostId = entry.agent.hostId || this.o.identity.hostId;
    entry.number ??= { incarnation: this.o.identity.incarnation, ...this.o.nextPlace(hostId, entry.account.exchanges) };
    return { entry, identity: { hostId, incarnation: entry.number.incarnation }, place: entry.number, account: entry.account, value };
  }

  /** Its rows will not be sent; its account goes, under its number, and says so. */
  hollow(entry: Entry, reason: PublishLoss): void {
    if (this.dropped.has(entry.segment)) return;
    countLoss(entry.segment.inherited ? this.lostInherited : this.lost, reason, rowsOf(entry.account));
    entry.account = asLoss(entry.account, reason);
    entry.value = null;
  }

  /** These arrived. */
  delivered(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { segment } = entry;
      const reason = this.dropped.get(segment);
      if (reason !== undefined) {
        // It was under way when its segment went, and was counted too early; its replacement is a repeat for the reader.
        countLoss(segment.inherited ? this.lostInherited : this.lost, reason, rowsOf(entry.account), -1);
        continue;
      }
      segment.finish(entry);
      if (segment.count === 0) this.removeSegment(segment);
    }
  }

  /** What was written goes to the medium; called every second. */
  sync(): Promise<void> {
    const dirty = this.segments.filter((s) => s.dirty);
    if (dirty.length === 0) return this.syncing;
    for (const segment of dirty) segment.dirty = false;
    this.syncing = this.syncing.then(async () => {
      for (const segment of dirty) {
        try {
          if (!segment.gone) await this.disk.sync(segment.fd);
        } catch (error) {
          if (!segment.gone) this.broken(error, Date.now());
        }
      }
    });
    return this.syncing;
  }

  /** Everything to the medium, the directory free for the next agent. */
  async close(): Promise<void> {
    await this.sync();
    for (const segment of this.segments) segment.close();
    this.unlock();
  }

  private broken(error: unknown, nowMs: number): void {
    if (this.brokenUntilMs === 0 || nowMs > this.brokenUntilMs + 60_000) {
      const reason = error instanceof Error ? error.message : String(error);
      this.o.say('error', { dir: this.o.dir, reason }, 'the spool cannot be written; batches wait in memory, and what does not fit there is counted lost (spool_error)');
    }
    this.brokenUntilMs = nowMs + DISK_PAUSE_MS;
  }

  private pathOf(id: number): string {
    return join(this.o.dir, `${String(id).padStart(10, '0')}.seg`);
  }
}

/** What these segments hold, lost for `reason`. */
function gonersOf(victims: readonly Segment[], reason: PublishLoss): Goners {
  const sum: Goners = { plain: null, numbered: [] };
  for (const victim of victims) {
    const { plain, numbered } = victim.rest().goners;
    if (plain) sum.plain = sum.plain ? mergeAccounts(sum.plain, asLoss(plain, reason)) : asLoss(plain, reason);
    sum.numbered.push(...numbered.map((n) => ({ ...n, account: asLoss(n.account, reason) })));
  }
  return sum;
}
