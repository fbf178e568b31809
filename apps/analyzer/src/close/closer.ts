import { SketchError } from '@headwater/sketch';
import type { SegmentKey, SummaryStore } from '@headwater/summary-store';
import { mergeTaken, type WindowsVersion } from './merge.ts';
import { isPublished, type Outbox } from './outbox.ts';

export type CloseOutcome = 'closed' | 'nothing' | 'stale' | 'fenced' | 'unreadable';

/**
 * Closes one window of one subject: freeze the partials, merge, store (summary-store README, "The closer"). Only minutes are
 * published; one that is closed here holds what came too late for 10 s windows.
 * A window that was damaged or written by a newer version stays as it is; readers say so too.
 */
export async function closeWindow(
  store: SummaryStore,
  outbox: Outbox,
  unit: { topic: string; partition: number },
  epoch: number,
  key: SegmentKey,
  missing: number[],
  nowMs: number,
  newest?: WindowsVersion,
): Promise<CloseOutcome> {
  const taken = await store.take(unit.topic, key, unit);
  if (taken.partials.length === 0) return 'nothing';
  let closed;
  try {
    closed = mergeTaken(key, taken, missing, nowMs, newest);
  } catch (error) {
    if (error instanceof SketchError) return 'unreadable';
    throw error;
  }
  const published = isPublished(key);
  if (published) await outbox.intend(unit.partition, key);
  const result = await store.close(unit.topic, { unit, epoch, closed, expectedRevision: taken.closed?.revision ?? 0, lease: taken.lease });
  if (result.kind !== 'ok') return result.kind;
  if (published) await outbox.send(unit.partition, key);
  return 'closed';
}
