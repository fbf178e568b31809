import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureBatch } from '@headwater/capture';
import { BusError } from '@headwater/event-bus';
import type { EventBus } from '@headwater/event-bus';
import { makeRecord, partitionFor } from '@headwater/header-event';
import type { AgentIdentity } from '@headwater/header-event';
import type { Logger } from 'pino';
import { BatchQueue } from './queue.ts';
import type { QueuedBatch } from './queue.ts';

/** Bytes of one publish; a broker refuses a batch of records over 1 MiB. */
const PUBLISH_MAX_BYTES = 900_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const SAY_AGAIN_MS = 30_000;

export interface PublisherOptions {
  bus: EventBus;
  topic: string;
  identity: AgentIdentity;
  queueMaxBytes: number;
  log: Logger;
  /** called after each publish that arrived */
  onSent?: (seconds: number, batches: number) => void;
}

/**
 * Sends batches in order, one publish at a time. A batch that fails stays at the head with its number, so the
 * reader recognises a repeat; the pause grows from 0.1 to 5 s and there is no last attempt while the agent lives.
 */
export class Publisher {
  readonly queue: BatchQueue;
  private readonly o: PublisherOptions;
  private readonly work: Promise<void>;
  private readonly halt = new AbortController();
  private wake: (() => void) | null = null;
  private partition: number | null = null;
  private ending = false;
  private awaySince = 0;
  private saidAt = 0;
  private saidWhat = '';

  constructor(options: PublisherOptions) {
    this.o = options;
    this.queue = new BatchQueue(options.queueMaxBytes);
    this.work = this.run();
  }

  /** null while the bus answers; else why it does not */
  get trouble(): string | null {
    return this.awaySince > 0 ? this.saidWhat : null;
  }

  push(batch: CaptureBatch): void {
    this.queue.push(batch, Date.now());
    this.wake?.();
  }

  /** Sends what is queued for at most `waitMs`, then gives up on the rest. Answers how many exchanges were not sent. */
  async finish(waitMs: number): Promise<number> {
    this.ending = true;
    this.wake?.();
    const timer = setTimeout(() => this.halt.abort(), waitMs);
    await Promise.race([this.work, new Promise<void>((ok) => this.halt.signal.addEventListener('abort', () => ok()))]);
    clearTimeout(timer);
    return this.queue.abandon();
  }

  private async run(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.halt.signal.aborted) {
      if (this.queue.length === 0) {
        if (this.ending) return;
        await new Promise<void>((ok) => (this.wake = ok));
        this.wake = null;
        continue;
      }
      const head = this.queue.head(PUBLISH_MAX_BYTES);
      try {
        await this.send(head);
        this.queue.delivered(head);
        pause = FIRST_PAUSE_MS;
        this.recovered();
      } catch (error) {
        if (this.halt.signal.aborted) return;
        if (error instanceof BusError && error.code === 'too_large') this.refuseLargest(head, error);
        else {
          this.say(error);
          await sleep(pause, undefined, { signal: this.halt.signal }).catch(() => undefined);
          pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
        }
      }
    }
  }

  private async send(head: readonly QueuedBatch[]): Promise<void> {
    const { bus, topic, identity } = this.o;
    this.partition ??= partitionFor(identity.hostId, (await bus.ranges(topic)).length);
    const partition = this.partition;
    const began = process.hrtime.bigint();
    await bus.publish(
      topic,
      head.map((b) => ({ ...makeRecord({ identity, seq: b.seq, columns: b.columns, account: b.account }), partition })),
    );
    this.o.onSent?.(Number(process.hrtime.bigint() - began) / 1e9, head.length);
  }

  private refuseLargest(head: readonly QueuedBatch[], error: BusError): void {
    const largest = head.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    this.o.log.error({ seq: largest.seq, exchanges: largest.account.exchanges, reason: error.message }, 'a batch was refused for its size and is counted lost');
    this.queue.refuse(largest);
  }

  private say(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const now = Date.now();
    if (this.awaySince === 0) this.awaySince = now;
    if (why !== this.saidWhat || now - this.saidAt > SAY_AGAIN_MS) {
      this.o.log.warn({ reason: why, waiting_batches: this.queue.length, waiting_bytes: this.queue.bytes }, 'the bus takes nothing at present; batches wait in memory');
      this.saidAt = now;
      this.saidWhat = why;
    }
  }

  private recovered(): void {
    if (this.awaySince === 0) return;
    this.o.log.info({ after_ms: Date.now() - this.awaySince, waiting_batches: this.queue.length }, 'the bus takes batches again');
    this.awaySince = 0;
    this.saidWhat = '';
  }
}
