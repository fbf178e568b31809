import type { CaptureBatch } from '@headwater/capture';
import type { BatchAccount, EventColumns } from '@headwater/header-event';
import { asLoss, mergeAccounts } from './account.ts';
import type { PublishLoss } from './account.ts';

/** Room one queued batch takes, beside its columns. */
const ENTRY_BYTES = 1_024;

export interface QueuedBatch {
  columns: EventColumns;
  account: BatchAccount;
  /** 0 until it was first handed to the bus; from then on it must stay as it is, since it may have arrived */
  seq: number;
  bytes: number;
  queuedAtMs: number;
}

/**
 * Batches that wait for the bus, oldest first, bounded in bytes. Over the bound the oldest batch that was never
 * handed to the bus goes; what it would have said of losses, and its own exchanges as lost, ride in the next account.
 */
export class BatchQueue {
  private readonly entries: QueuedBatch[] = [];
  private readonly maxBytes: number;
  private debt: BatchAccount | null = null;
  private seq = 0;
  private held = 0;
  /** exchanges (requests) that were captured but will not reach the bus, by reason, since the start */
  readonly lost: Record<PublishLoss, number> = { queue_full: 0, too_large: 0, unsent: 0 };

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
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
      const at = this.entries.findIndex((e) => e.seq === 0);
      if (at < 0) break;
      const [oldest] = this.entries.splice(at, 1);
      if (!oldest) break;
      this.held -= oldest.bytes;
      this.owe(oldest.account, 'queue_full');
    }
    if (this.held + bytes > this.maxBytes && this.entries.length > 0) {
      // Only batches under way are left, and they may have arrived: the new one goes instead.
      this.owe(batch.account, 'queue_full');
      return;
    }
    this.entries.push({ columns: batch.columns, account: this.settle(batch.account), seq: 0, bytes, queuedAtMs: nowMs });
    this.held += bytes;
  }

  /** The oldest batches up to `maxBytes` (at least one), numbered 1, 2, 3 ... when they are taken first. They stay queued. */
  head(maxBytes: number): QueuedBatch[] {
    const head: QueuedBatch[] = [];
    let bytes = 0;
    for (const entry of this.entries) {
      if (head.length > 0 && bytes + entry.bytes > maxBytes) break;
      if (entry.seq === 0) entry.seq = ++this.seq;
      head.push(entry);
      bytes += entry.bytes;
    }
    return head;
  }

  /** These arrived. */
  delivered(batches: readonly QueuedBatch[]): void {
    for (const batch of batches) this.remove(batch);
  }

  /** The bus will never take this one. Its number stays used, so the reader counts the gap too and sees why in the next account. */
  refuse(batch: QueuedBatch): void {
    this.remove(batch);
    this.owe(batch.account, 'too_large');
  }

  /** At the end: what is left is lost. Answers how many exchanges. */
  abandon(): number {
    let exchanges = 0;
    for (const entry of this.entries.splice(0)) {
      exchanges += entry.account.exchanges;
      this.lost.unsent += entry.account.exchanges;
    }
    this.held = 0;
    return exchanges;
  }

  private remove(batch: QueuedBatch): void {
    const at = this.entries.indexOf(batch);
    if (at < 0) return;
    this.entries.splice(at, 1);
    this.held -= batch.bytes;
  }

  private owe(account: BatchAccount, reason: PublishLoss): void {
    this.lost[reason] += account.exchanges;
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
