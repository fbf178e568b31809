import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureBatch } from '@headwater/capture';
import { BusError } from '@headwater/event-bus';
import type { EventBus, OutRecord } from '@headwater/event-bus';
import { encodeBatch, partitionFor } from '@headwater/header-event';
import type { AgentIdentity } from '@headwater/header-event';
import type { Logger } from 'pino';
import { sumLosses } from '../account.ts';
import type { Losses, PublishLoss } from '../account.ts';
import type { Entry } from '../spool/entry.ts';
import type { Backlog, Spool } from '../spool/spool.ts';
import type { Numbers } from './numbers.ts';
import { BatchQueue } from './queue.ts';
import type { QueuedBatch } from './queue.ts';
import { recordOf } from './record-of.ts';

/** Bytes of one publish; a broker refuses a batch of records over 1 MiB. */
const PUBLISH_MAX_BYTES = 900_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const SAY_AGAIN_MS = 30_000;
/** A bus that took nothing for so long is away: what waits goes to disk. */
const AWAY_MS = 5_000;
const TICK_MS = 1_000;

export interface PublisherOptions {
  bus: EventBus;
  topic: string;
  identity: AgentIdentity;
  numbers: Numbers;
  queueMaxBytes: number;
  log: Logger;
  /** without one, batches wait in memory only */
  spool?: { spool: Spool; backlogBytesPerS: number };
  /** called after each publish that arrived */
  onSent?: (seconds: number, batches: number) => void;
  awayMs?: number;
}

/** What one publish carries, and what to do when the bus has answered. */
interface Load {
  records: OutRecord[];
  exchanges: number;
  bytes: number;
  backlog: boolean;
  delivered(): void;
  refuse(error: Error): void;
}

/**
 * Sends batches one publish at a time: live ones first, in order; then, at a bounded rate, what waits on disk. A batch
 * that fails keeps its number, so the reader recognises a repeat; the pause grows from 0.1 to 5 s and there is no last
 * attempt while the agent lives. While the bus is away all batches go to disk, those under way too, as copies.
 */
export class Publisher {
  readonly queue: BatchQueue;
  private readonly o: PublisherOptions;
  private readonly work: Promise<void>;
  private readonly halt = new AbortController();
  private readonly tick: NodeJS.Timeout;
  /** copies on disk of batches that are under way */
  private readonly copies = new Map<QueuedBatch, Entry>();
  private partitions: number | null = null;
  private wake: (() => void) | null = null;
  private ending = false;
  /** since when a publish waits for an answer or is repeated, ms; 0: nothing does */
  private tryingSince = 0;
  private awaySince = 0;
  private backlogDueMs = 0;
  private saidAt = 0;
  private saidWhat = '';

  constructor(options: PublisherOptions) {
    this.o = options;
    const { hostId } = options.identity;
    this.queue = new BatchQueue(
      options.queueMaxBytes,
      (exchanges) => options.numbers.next(hostId, exchanges),
      (batch) => this.spill(batch) ?? null,
    );
    this.tick = setInterval(() => this.housekeeping(), TICK_MS);
    this.work = this.run();
  }

  /** null while the bus answers; else why it does not */
  get trouble(): string | null {
    return this.awaySince > 0 ? this.saidWhat : null;
  }

  /** rows that will not reach the bus, by reason; of what earlier agents left: `spool.lostInherited` */
  get lost(): Losses {
    return this.o.spool ? sumLosses(this.queue.lost, this.o.spool.spool.lost) : this.queue.lost;
  }

  /** age of the oldest batch of this agent that waits, ms */
  lagMs(nowMs: number): number {
    const spooled = this.o.spool?.spool.oldestMs;
    return Math.max(this.queue.lagMs(nowMs), spooled ? nowMs - spooled : 0);
  }

  push(batch: CaptureBatch): void {
    this.queue.push(batch, Date.now());
    if (this.away) this.spillAll();
    this.wake?.();
  }

  /**
   * Sends what waits in memory, within `waitMs`; then puts it on disk, or drops it and answers how many exchanges that
   * were. What waits on disk stays there for the next agent.
   */
  async finish(waitMs: number): Promise<number> {
    this.ending = true;
    this.queue.settleUp(Date.now());
    if (this.awaySince > 0) this.spillAll();
    this.wake?.();
    const timer = setTimeout(() => this.halt.abort(), this.o.spool && this.queue.length === 0 ? 0 : waitMs);
    await Promise.race([this.work, new Promise<void>((ok) => this.halt.signal.addEventListener('abort', () => ok()))]);
    clearTimeout(timer);
    clearInterval(this.tick);
    this.halt.abort();
    this.spillAll();
    this.queue.settleUp(Date.now());
    return this.queue.abandon();
  }

  private get away(): boolean {
    return this.tryingSince > 0 && Date.now() - this.tryingSince >= (this.o.awayMs ?? AWAY_MS);
  }

  private housekeeping(): void {
    if (this.away) this.spillAll();
    this.o.spool?.spool.expire(Date.now());
    void this.o.spool?.spool.sync();
  }

  /** Puts a batch on disk; or says why it is not there. */
  private spill(batch: QueuedBatch): PublishLoss | null {
    if (!this.o.spool) return 'queue_full';
    const number = batch.place && { incarnation: this.o.identity.incarnation, ...batch.place };
    const kept = this.o.spool.spool.append({ number, account: batch.account, value: encodeBatch(batch.columns) }, Date.now());
    if (typeof kept === 'string') return kept;
    if (number) this.copies.set(batch, kept);
    return null;
  }

  /** As long as the disk takes them; the rest waits in memory, up to its bound. */
  private spillAll(): void {
    if (this.o.spool) this.queue.drain((batch) => this.spill(batch) === null);
  }

  private async run(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.halt.signal.aborted) {
      const load = this.live() ?? (await this.backlog());
      if (!load) {
        if (this.queue.length > 0) continue; // came while the disk was asked
        if (this.ending) return;
        await this.idle();
        continue;
      }
      this.tryingSince ||= Date.now();
      try {
        await this.send(load);
        load.delivered();
        pause = FIRST_PAUSE_MS;
        this.recovered();
      } catch (error) {
        if (this.halt.signal.aborted) return;
        if (error instanceof BusError && error.code === 'too_large') load.refuse(error);
        else {
          this.say(error);
          if (this.ending && this.o.spool) return;
          await sleep(pause, undefined, { signal: this.halt.signal }).catch(() => undefined);
          pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
        }
      } finally {
        this.copies.clear();
      }
    }
  }

  /** Until a batch comes, or the backlog may go on. */
  private async idle(): Promise<void> {
    const wait = this.o.spool && this.o.spool.spool.batches > 0 ? Math.max(50, this.backlogDueMs - Date.now()) : null;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((ok) => {
      this.wake = ok;
      if (wait !== null) timer = setTimeout(ok, wait);
    });
    clearTimeout(timer);
    this.wake = null;
  }

  private live(): Load | null {
    if (this.queue.length === 0) return null;
    const head = this.queue.head(PUBLISH_MAX_BYTES);
    const records = head.map((b) => recordOf({ identity: this.o.identity, place: b.place, account: b.account, value: encodeBatch(b.columns) }));
    return {
      records,
      exchanges: head.reduce((sum, b) => sum + b.account.exchanges, 0),
      bytes: head.reduce((sum, b) => sum + b.bytes, 0),
      backlog: false,
      delivered: () => {
        this.queue.delivered(head);
        this.o.spool?.spool.delivered(head.flatMap((b) => this.copies.get(b) ?? []));
      },
      refuse: (error) => {
        const largest = head.reduce((a, b) => (b.bytes > a.bytes ? b : a));
        this.sayRefused(largest.place.seq, largest.account.exchanges, error);
        const copy = this.copies.get(largest);
        if (copy) this.o.spool?.spool.hollow(copy, 'too_large');
        else this.queue.refuse(largest);
      },
    };
  }

  private async backlog(): Promise<Load | null> {
    const { spool } = this.o.spool ?? {};
    if (!spool || this.ending || (this.tryingSince === 0 && Date.now() < this.backlogDueMs)) return null;
    const batches = await spool.head(PUBLISH_MAX_BYTES, Date.now());
    if (batches.length === 0) return null;
    const size = (b: Backlog): number => b.value?.length ?? 0;
    const records = batches.map((b) => recordOf(b));
    return {
      records,
      exchanges: batches.reduce((sum, b) => sum + b.account.exchanges, 0),
      bytes: records.reduce((sum, r) => sum + r.value.length, 0),
      backlog: true,
      delivered: () => spool.delivered(batches.map((b) => b.entry)),
      refuse: (error) => {
        const largest = batches.reduce((a, b) => (size(b) > size(a) ? b : a));
        this.sayRefused(largest.place.seq, largest.account.exchanges, error);
        spool.hollow(largest.entry, 'too_large');
      },
    };
  }

  private async send(load: Load): Promise<void> {
    const { bus, topic } = this.o;
    this.partitions ??= (await bus.ranges(topic)).length;
    const partitions = this.partitions;
    const began = process.hrtime.bigint();
    await bus.publish(
      topic,
      load.records.map((r) => ({ ...r, partition: partitionFor(r.key ?? '', partitions) })),
    );
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    this.o.onSent?.(seconds, load.records.length);
    if (load.backlog && this.o.spool) this.backlogDueMs = Date.now() + (load.bytes / this.o.spool.backlogBytesPerS) * 1_000;
  }

  private sayRefused(seq: number, exchanges: number, error: Error): void {
    this.o.log.error({ seq, exchanges, reason: error.message }, 'a batch was refused for its size and is counted lost');
  }

  private say(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const now = Date.now();
    if (this.awaySince === 0) this.awaySince = now;
    if (why !== this.saidWhat || now - this.saidAt > SAY_AGAIN_MS) {
      const spooled = this.o.spool ? { spooled_batches: this.o.spool.spool.batches, spooled_bytes: this.o.spool.spool.bytes } : {};
      this.o.log.warn(
        { reason: why, waiting_batches: this.queue.length, waiting_bytes: this.queue.bytes, ...spooled },
        `the bus takes nothing at present; batches wait in memory${this.o.spool ? ' and on disk' : ''}`,
      );
      this.saidAt = now;
      this.saidWhat = why;
    }
  }

  private recovered(): void {
    this.tryingSince = 0;
    if (this.awaySince === 0) return;
    this.o.log.info({ after_ms: Date.now() - this.awaySince, waiting_batches: this.queue.length }, 'the bus takes batches again');
    this.awaySince = 0;
    this.saidWhat = '';
  }
}
