import type { StateStore } from '@headwater/state-store';
import { KEPT } from './kept.ts';
import type { SampleGroup } from './group.ts';

const TTL_MS = 24 * 3_600_000;
/** A group is written at most this often, ms. */
const EVERY_MS = 10_000;
const GROUPS_A_WRITE = 64;

/**
 * Writes the groups whose time has come, failed ones first, those that waited longest first. A group whose write
 * fails stays to be written. Answers how many were written.
 * @throws whatever the store throws; what was written before it stays written
 */
export async function writeSamples(state: Pick<StateStore, 'set'>, groups: Iterable<SampleGroup>, nowMs: number): Promise<number> {
  const due: SampleGroup[] = [];
  for (const group of groups) if (group.dirty && nowMs - group.writtenMs >= EVERY_MS) due.push(group);
  due.sort((a, b) => KEPT.indexOf(a.kept) - KEPT.indexOf(b.kept) || a.writtenMs - b.writtenMs || 0);
  let written = 0;
  for (const group of due.slice(0, GROUPS_A_WRITE)) {
    const { taken } = group;
    await state.set(group.key, group.encode(), { ttlMs: TTL_MS });
    group.written = taken;
    group.writtenMs = nowMs;
    written++;
  }
  return written;
}
