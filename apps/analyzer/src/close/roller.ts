import { SketchError } from '@headwater/sketch';
import type { Coarse, SegmentKey, SummaryStore } from '@headwater/summary-store';
import { mergeFiner, type WindowsVersion } from './merge.ts';
import { isPublished, type Outbox } from './outbox.ts';

/** `not ready`: something below changed or is due itself; it comes again. `nothing`: all that was to be rolled up is gone. */
export type RollOutcome = 'made' | 'not ready' | 'nothing' | 'stale' | 'fenced' | 'unreadable';

/**
 * Makes one roll-up of one subject again: read the closed windows below, merge, store, publish minutes (summary-store
 * README, "Roll-ups"). One that holds damaged bytes, or newer ones, is left due: readers then use the windows below.
 */
export async function rollUpWindow(
  store: SummaryStore,
  outbox: Outbox,
  unit: { topic: string; partition: number },
  epoch: number,
  key: SegmentKey & { resolution: Coarse },
  nowMs: number,
  newest?: WindowsVersion,
): Promise<RollOutcome> {
  const sources = await store.sources(unit, key);
  if (sources === null) return 'not ready';
  let rollUp;
  try {
    rollUp = await mergeFiner(key, sources, nowMs, newest);
  } catch (error) {
    if (error instanceof SketchError) return 'unreadable';
    throw error;
  }
  const published = rollUp !== null && isPublished(key);
  if (published) await outbox.intend(unit.partition, key);
  const result = await store.rollUp({ unit, epoch, key, rollUp, mark: sources.mark, lease: sources.lease });
  if (result.kind !== 'ok') return result.kind;
  if (published) await outbox.send(unit.partition, key);
  return rollUp === null ? 'nothing' : 'made';
}
