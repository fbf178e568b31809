import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchAccount, EventColumns } from '@headwater/header-event';
import { Numbers } from '../publish/numbers.ts';
import { BatchQueue } from '../publish/queue.ts';
import type { QueuedBatch } from '../publish/queue.ts';
import { realDisk } from './disk.ts';
import type { Disk } from './disk.ts';
import type { Entry } from './entry.ts';
import { HEAD_BYTES } from './record.ts';
import { Spool } from './spool.ts';

/** A batch whose value is `id` and padding, and which says that `rows` requests and responses started and left. */
function batchOf(id: number, size: number): { columns: EventColumns; account: BatchAccount } {
  const rows = 1 + (id % 7);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, id);
  const side = { started: rows, emitted: rows, filtered: {}, lost: {}, in_flight: 0 };
  return {
    columns: { rows, dictionary: { offsets: new Int32Array(0), bytes }, columns: {}, headers: {} },
    account: {
      watermark_unix_ms: id,
      since_unix_ms: id,
      until_unix_ms: id,
      request: { ...side },
      response: { ...side },
      exchanges: rows,
      unread: {},
      coverage: 1,
      source: 'live',
    },
  };
}

interface Sent {
  key: string;
  account: BatchAccount;
  value: Uint8Array | null;
}

/** What the reader makes of the topic: the first of each number counts. */
class Reader {
  readonly seen = new Set<string>();
  readonly ids: number[] = [];
  started = 0;
  emitted = 0;
  lost = 0;

  take({ key, account, value }: Sent): void {
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.started += account.request.started;
    this.emitted += account.request.emitted;
    for (const n of Object.values(account.request.lost)) this.lost += n;
    if (value) {
      this.ids.push(new DataView(value.buffer, value.byteOffset).getUint32(0));
      expect(value.subarray(4).every((b) => b === 0)).toBe(true);
    }
    if (!value) expect(account.request.emitted).toBe(0);
  }
}

type Answer = { kind: 'taken' } | { kind: 'refused'; arrived: number };
type Op =
  | { do: 'push'; size: number }
  | { do: 'live'; answer: Answer; spill: boolean; size: number }
  | { do: 'backlog'; answer: Answer; pushes: number; size: number }
  | { do: 'spill' }
  | { do: 'crash'; torn: number | null }
  | { do: 'stop' }
  | { do: 'damage'; at: number }
  | { do: 'disk'; full: boolean; keeps: boolean }
  | { do: 'wait'; ms: number };

/** Agents one after the other on one spool, driven step by step; the publisher's rules without its clock. */
class World {
  readonly reader = new Reader();
  readonly dir = mkdtempSync(join(tmpdir(), 'hw-spool-'));
  /** rows of all batches that were pushed, less those that only a process that died knew of */
  expected = 0;
  private id = 0;
  private run = 0;
  private now = 1_000_000;
  private full = false;
  /** files cannot be removed, as if the process died before it came to that */
  private keeps = false;
  private readonly disk: Disk;
  private numbers!: Numbers;
  private spool!: Spool;
  private queue!: BatchQueue;
  private copies = new Map<QueuedBatch, Entry>();
  private lastSpilled: { entry: Entry; rows: number; numbered: boolean } | null = null;
  private readonly rowsOfId = new Map<number, number>();

  constructor() {
    this.disk = {
      ...realDisk,
      write: (fd, buffers, position) => {
        // What a full disk does: new blocks are refused, half way; bytes that are there can be overwritten.
        if (!this.full || position < realDisk.size(fd)) return realDisk.write(fd, buffers, position);
        const all = Buffer.concat(buffers);
        return realDisk.write(fd, [all.subarray(0, all.length >> 1)], position);
      },
      unlink: (path) => {
        if (this.keeps) throw new Error('EROFS');
        realDisk.unlink(path);
      },
    };
    this.start();
  }

  private start(): void {
    this.run++;
    this.numbers = new Numbers();
    this.copies = new Map();
    this.lastSpilled = null;
    this.spool = new Spool(
      {
        dir: this.dir,
        maxBytes: 30_000,
        maxAgeMs: 60_000,
        identity: { hostId: 'h', incarnation: `i-${this.run}` },
        nextPlace: (h, exchanges) => this.numbers.next(h, exchanges),
        say: () => {},
        disk: this.disk,
      },
      this.now,
    );
    this.queue = new BatchQueue(
      12_000,
      (exchanges) => this.numbers.next('h', exchanges),
      (b) => this.spillOne(b),
    );
  }

  private spillOne(batch: QueuedBatch) {
    const number = batch.place && { incarnation: `i-${this.run}`, ...batch.place };
    const kept = this.spool.append({ number, account: batch.account, value: batch.columns.dictionary.bytes }, this.now);
    if (typeof kept === 'string') return kept;
    this.lastSpilled = { entry: kept, rows: batch.account.request.started, numbered: number !== null };
    if (number) this.copies.set(batch, kept);
    return null;
  }

  private push(size: number): void {
    const batch = batchOf(++this.id, size);
    this.rowsOfId.set(this.id, batch.account.exchanges);
    this.expected += batch.account.exchanges;
    this.queue.push(batch, this.now);
  }

  private sentLive(head: readonly QueuedBatch[]): Sent[] {
    return head.map((b) => ({ key: `i-${this.run}/${b.place!.seq}`, account: b.account, value: b.columns.dictionary.bytes.length > 0 ? b.columns.dictionary.bytes : null }));
  }

  private deliver(sent: readonly Sent[], answer: Answer): boolean {
    for (const one of sent.slice(0, answer.kind === 'taken' ? sent.length : answer.arrived)) this.reader.take(one);
    return answer.kind === 'taken';
  }

  /** The process is gone; what it had only in memory nobody can count. */
  private die(): void {
    const spooled = new Set([...this.copies.keys()]);
    for (const b of this.queue.head(Infinity)) if (!spooled.has(b) && !this.reader.seen.has(`i-${this.run}/${b.place.seq}`)) this.expected -= b.account.request.started;
    // Losses that were still owed died with it, too.
    this.queue.drain(() => true);
    this.queue.settleUp(this.now);
    for (const b of this.queue.head(Infinity)) this.expected -= b.account.request.started;
    rmSync(join(this.dir, 'lock'));
  }

  async step(op: Op): Promise<void> {
    if (op.do !== 'spill' && op.do !== 'push' && op.do !== 'crash') this.lastSpilled = null;
    switch (op.do) {
      case 'push':
        return this.push(op.size);
      case 'wait':
        this.now += op.ms;
        this.spool.expire(this.now);
        return;
      case 'disk':
        this.full = op.full;
        this.keeps = op.keeps;
        return;
      case 'spill':
        return this.queue.drain((b) => this.spillOne(b) === null);
      case 'live': {
        const head = this.queue.head(6_000);
        const sent = this.sentLive(head);
        if (op.spill) {
          this.push(op.size);
          this.queue.drain((b) => this.spillOne(b) === null);
        }
        if (this.deliver(sent, op.answer)) {
          this.queue.delivered(head);
          this.spool.delivered(head.flatMap((b) => this.copies.get(b) ?? []));
        }
        this.copies.clear();
        return;
      }
      case 'backlog': {
        const batches = await this.spool.head(6_000, this.now);
        const sent = batches.map((b) => ({ key: `${b.identity.incarnation}/${b.place.seq}`, account: b.account, value: b.value }));
        for (let i = 0; i < op.pushes; i++) {
          this.push(op.size);
          this.queue.drain((b) => this.spillOne(b) === null);
        }
        if (this.deliver(sent, op.answer)) this.spool.delivered(batches.map((b) => b.entry));
        return;
      }
      case 'damage':
        return this.damage(op.at);
      case 'stop': {
        this.queue.settleUp(this.now);
        this.queue.drain((b) => this.spillOne(b) === null);
        for (const b of this.queue.head(Infinity)) if (!this.reader.seen.has(`i-${this.run}/${b.place.seq}`)) this.expected -= b.account.request.started;
        await this.spool.close();
        return this.start();
      }
      case 'crash': {
        const torn = this.lastSpilled;
        this.die();
        if (op.torn !== null && torn && !torn.numbered && !torn.entry.segment.gone) {
          const { path, size } = torn.entry.segment;
          const cut = torn.entry.at + Math.floor(op.torn * (size - torn.entry.at));
          truncateSync(path, cut);
          // Its head says how many rows it had; without one the batch is what the process took with it.
          if (cut < torn.entry.at + HEAD_BYTES) this.expected -= torn.rows;
        }
        return this.start();
      }
    }
  }

  /** A bit of some waiting value flips. */
  private damage(at: number): void {
    const { segments } = this.spool as unknown as { segments: Entry['segment'][] };
    const segment = segments[Math.floor(at * segments.length)];
    const entry = segment?.scan().entries.find((e) => e.value);
    if (!segment || !entry?.value) return;
    const bytes = readFileSync(segment.path);
    const spot = entry.value.at + (entry.value.length >> 1);
    bytes[spot] = (bytes[spot] ?? 0) ^ 0x10;
    writeFileSync(segment.path, bytes);
  }

  /** Bus and disk are well: all that waits is sent, and the accounts must add up. */
  async settle(): Promise<void> {
    this.full = this.keeps = false;
    this.now += 20_000;
    this.push(100); // carries what is owed
    for (let i = 0; i < 10_000 && (this.queue.length > 0 || this.spool.batches > 0); i++) {
      if (this.queue.length > 0) await this.step({ do: 'live', answer: { kind: 'taken' }, spill: false, size: 0 });
      else await this.step({ do: 'backlog', answer: { kind: 'taken' }, pushes: 0, size: 0 });
    }
    expect(this.spool.batches).toBe(0);
    expect(this.spool.bytes).toBeLessThanOrEqual(30_000);
    expect(new Set(this.reader.ids).size, 'a batch counts twice').toBe(this.reader.ids.length);
    expect(this.reader.emitted).toBe(this.reader.ids.reduce((sum, id) => sum + (this.rowsOfId.get(id) ?? NaN), 0));
    expect(this.reader.started).toBe(this.reader.emitted + this.reader.lost);
    expect(this.reader.started).toBe(this.expected);
    await this.spool.close();
  }
}

const size = fc.integer({ min: 4, max: 5_000 });
const answer = fc.oneof(fc.constant<Answer>({ kind: 'taken' }), fc.record({ kind: fc.constant('refused' as const), arrived: fc.integer({ min: 0, max: 4 }) }));
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('push' as const), size }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('live' as const), answer, spill: fc.boolean(), size }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('backlog' as const), answer, pushes: fc.integer({ min: 0, max: 9 }), size }) },
  { weight: 4, arbitrary: fc.constant<Op>({ do: 'spill' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), torn: fc.option(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })) }) },
  { weight: 1, arbitrary: fc.constant<Op>({ do: 'stop' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('damage' as const), at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('disk' as const), full: fc.boolean(), keeps: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 100, max: 40_000 }) }) },
);

describe('queue and spool', () => {
  it('deliver every exchange once or count it lost once, whatever bus, disk and process do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 60 }), async (ops) => {
        const world = new World();
        try {
          for (const one of ops) await world.step(one);
          await world.settle();
        } finally {
          rmSync(world.dir, { recursive: true, force: true });
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
