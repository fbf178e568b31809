import type { Coarse, Retired } from '@headwater/summary-store';
import type { FoldReport } from '../arrived.ts';

/** Everything the analyzer counts and says, as events; one place turns them into metrics and log lines. */
export interface Report {
  folded(partition: number, report: FoldReport): void;
  deadLettered(at: { topic: string; partition: number; offset: number }, reason: string, detail: string): void;
  claimed(partition: number, epoch: number, offset: number, windows: number): void;
  lost(partition: number, records: number): void;
  startedOver(partition: number, stored: number, offset: number): void;
  committed(partition: number, seconds: number, segments: number): void;
  dropped(partition: number, why: 'stale' | 'taken' | 'fenced' | 'failed', detail: string): void;
  sought(partition: number, offset: number): void;
  state(partition: number, windows: number, watermark: number, lag: number): void;
  left(partition: number): void;
  closed(outcome: string, subject: string, start: number): void;
  rolledUp(resolution: Coarse, outcome: string, seconds: number, key: { subject: string; start: number }): void;
  /** due and not made in this round */
  rollUpsWaiting(resolution: Coarse, count: number): void;
  retired(resolution: '10s' | '1m', retired: Retired): void;
  resent(partition: number, summaries: number): void;
  pruned(count: number): void;
  waiting(what: string, error: Error): void;
  failed(what: string, error: unknown): void;
}
