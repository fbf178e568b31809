import { EventColumnsBuilder } from '@headwater/header-event';
import type { CaptureBatch } from '@headwater/capture';
import type { BatchAccount, EventColumns } from '@headwater/header-event';
import { asLoss, countLoss, mergeAccounts, rowsOf } from '../account.ts';
import type { Losses, PublishLoss } from '../account.ts';
import type { Place } from './numbers.ts';

/** Room one queued batch takes, beside its columns. */
const ENTRY_BYTES = 1_024;

export interface QueuedBatch {
  columns: EventColumns;
  account: BatchAccount;
  /** null until it was first handed to the bus; from then on it must stay as it is, since it may have arrived */
  place: Place | null;
  bytes: number;
  queuedAtMs: number;
}

/**
 * Batches that wait for the bus, oldest first, bounded in bytes. Over the bound the oldest batch that was never
 * handed to the bus goes: elsewhere, if `overflow` takes it (it answers null), else what it would have said of losses,
 * and its own exchanges as lost, ride in the next account.
 */
export class BatchQueue {
  private readonly entries: QueuedBatch[] = [];
  private readonly maxBytes: number;
  private readonly overflow: (batch: QueuedBatch) => PublishLoss | null;
  private readonly nextPlace: (exchanges: number) => Place;
  private debt: BatchAccount | null = null;
  private held = 0;
  /** rows that were captured but will not reach the bus, by reason, since the start */
  readonly lost: Losses = {};

  constructor(maxBytes: number, nextPlace: (exchanges: number) => Place, overflow: (batch: QueuedBatch) => PublishLoss | null = () => 'queue_full') {
    this.maxBytes = maxBytes;
    this.nextPlace = nextPlace;
    this.overflow = overflow;
  }

  get bytes(): number {
    return this.held;
  }

  get length(): number {
    return this.entries.length;
  }

  /** age of the oldest batch, ms; 0 when nothing waits */
  lagMs(nowMs: number): number {
    const oldest = this.entries[0];
    return oldest ? Math.max(0, nowMs - oldest.queuedAtMs) : 0;
  }

  push(batch: CaptureBatch, nowMs: number): void {
    const bytes = sizeOf(batch.columns);
    while (this.held + bytes > this.maxBytes) {
      const oldest = this.entries.find((e) => e.place === null);
      if (!oldest) break;
      this.take(oldest);
      const reason = this.overflow(oldest);
      if (reason) this.owe(oldest.account, reason);
    }
    const entry: QueuedBatch = { columns: batch.columns, account: this.settle(batch.account), place: null, bytes, queuedAtMs: nowMs };
    if (this.held + bytes > this.maxBytes && this.entries.length > 0) {
      // Only batches under way are left, and they may have arrived: the new one goes instead.
      const reason = this.overflow(entry);
      if (reason) this.owe(entry.account, reason);
      return;
    }
    this.entries.push(entry);
    this.held += bytes;
  }

  /** The oldest batches up to `maxBytes` (at least one), numbered 1, 2, 3 ... when they are taken first. They stay queued. */
  head(maxBytes: number): (QueuedBatch & { place: Place })[] {
    const head: (QueuedBatch & { place: Place })[] = [];
    let bytes = 0;
    for (const entry of this.entries) {
      if (head.length > 0 && bytes + entry.bytes > maxBytes) break;
      entry.place ??= this.nextPlace(entry.account.exchanges);
      head.push(entry as QueuedBatch & { place: Place });
      bytes += entry.bytes;
    }
    return head;
  }

  /** Takes the oldest out as long as `elsewhere` has it. */
  drain(elsewhere: (batch: QueuedBatch) => boolean): void {
    for (const entry of [...this.entries]) {
      if (!elsewhere(entry)) return;
      this.take(entry);
    }
  }

  /** These arrived, or are elsewhere. */
  delivered(batches: readonly QueuedBatch[]): void {
    for (const batch of batches) this.take(batch);
  }

  /** The bus will never take this one. Its rows go and are counted; its number stays used, and carries its account. */
  refuse(batch: QueuedBatch): void {
    countLoss(this.lost, 'too_large', rowsOf(batch.account));
    const before = batch.bytes;
    batch.columns = new EventColumnsBuilder().finish();
    batch.bytes = sizeOf(batch.columns);
    batch.account = asLoss(batch.account, 'too_large');
    if (this.entries.includes(batch)) this.held += batch.bytes - before;
  }

  /** What is owed becomes a batch of its own, when no other will come to carry it. */
  settleUp(nowMs: number): void {
    if (!this.debt) return;
    const account = this.debt;
    this.debt = null;
    const columns = new EventColumnsBuilder().finish();
    this.entries.push({ columns, account, place: null, bytes: sizeOf(columns), queuedAtMs: nowMs });
    this.held += sizeOf(columns);
  }

  /** At the end: what is left is lost. Answers how many exchanges. */
  abandon(): number {
    let exchanges = 0;
    for (const entry of this.entries.splice(0)) {
      exchanges += entry.account.exchanges;
      countLoss(this.lost, 'unsent', rowsOf(entry.account));
    }
    this.held = 0;
    return exchanges;
  }

  private take(batch: QueuedBatch): void {
    const at = this.entries.indexOf(batch);
    if (at < 0) return;
    this.entries.splice(at, 1);
    this.held -= batch.bytes;
  }

  private owe(account: BatchAccount, reason: PublishLoss): void {
    countLoss(this.lost, reason, rowsOf(account));
    const loss = asLoss(account, reason);
    this.debt = this.debt ? mergeAccounts(this.debt, loss) : loss;
  }

  private settle(account: BatchAccount): BatchAccount {
    const settled = this.debt ? mergeAccounts(this.debt, account) : account;
    this.debt = null;
    return settled;
  }
}

function sizeOf(columns: EventColumns): number {
  let bytes = ENTRY_BYTES + columns.dictionary.bytes.byteLength + columns.dictionary.offsets.byteLength;
  for (const column of Object.values(columns.columns)) bytes += column.byteLength;
  for (const list of Object.values(columns.headers)) bytes += list.offsets.byteLength + list.name.byteLength + list.value.byteLength + list.action.byteLength;
  return bytes;
}
