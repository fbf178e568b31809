/**
 * A Redis Cluster whose shards roll back each for itself: what a claim mends, what is kept until nothing can be undone any
 * more. README.md, "Shards that roll back alone"; lua-shards.ts.
 */
import { RESOLUTION_MS, type ClosedHead, type Resolution, type SegmentKey, type UnitId } from '../port.ts';
import { fieldsOf, packHead, unpackHead } from './frames.ts';
import type { Doors } from './rolling.ts';

/** A close can be undone for so long. Longer than a fail-over loses and an append-only file; a backup may be older. */
export const UNDO_MS = 120_000;
const RESOLUTIONS = Object.keys(RESOLUTION_MS) as Resolution[];

/**
 * Before anything is folded in a new life of the unit's server: undoes the closes that hold what this unit gave in a lost time, and in this
 * unit those that hold what others did; brings its floors to the others'. A step that fails is done again with the claim.
 */
export async function mend(doors: Doors, unit: UnitId, epoch: number, gaps: string): Promise<void> {
  const others = (await doors.units(unit.topic)).filter((u) => u.partition !== unit.partition);
  await Promise.all(
    others.map(async (other) => {
      await doors.call('void', other, [unit.partition, gaps]);
      const theirs = String(await doors.ask('gaps', other, []));
      if (theirs !== '') await doors.call('void', unit, [other.partition, theirs]);
      if (isDeep(gaps)) await confess(doors, other, unit.partition, gaps);
      if (isDeep(theirs)) await confess(doors, unit, other.partition, theirs);
    }),
  );
  for (const resolution of RESOLUTIONS) {
    // Nothing begins below a floor (README.md, "Deleting"): not even where the shard forgot it.
    const floors = await Promise.all(others.map((other) => doors.call('raise', other, [resolution, 0])));
    const floor = Math.max(0, ...floors.map(Number));
    if (floor > 0) await doors.call('raise', unit, [resolution, floor]);
  }
  await doors.call('mended', unit, [epoch]);
}

/** Heads as they were before the closes that can still be undone; what they do not hold must stay. */
export async function undoable(doors: Doors, units: UnitId[], resolution: Resolution, undoMs: number): Promise<Map<string, ClosedHead | null>> {
  const before = new Map<string, ClosedHead | null>();
  for (const reply of await Promise.all(units.map((unit) => doors.call('settle', unit, [resolution, undoMs])))) {
    for (const [start, field, head] of fieldsOf(reply)) {
      const key = { resolution, start, subject: field.toString() };
      before.set(`${start} ${key.subject}`, head.length === 0 ? null : unpackHead(key, head));
    }
  }
  return before;
}

/** `from:to,...` in microseconds. */
function parse(gaps: string): [from: number, to: number][] {
  return gaps
    .split(',')
    .filter(Boolean)
    .map((gap) => gap.split(':').map(Number) as [number, number]);
}

/** Whether the newest gap is so wide that closes inside it may be past undoing. */
function isDeep(gaps: string): boolean {
  const [newest] = parse(gaps);
  return newest !== undefined && newest[0] > 0 && newest[1] - newest[0] > UNDO_MS * 1000;
}

/** Closed segments that hold what a partition gave in a lost time and that are past undoing: it is `missing` from them, so every reader says so. */
async function confess(doors: Doors, closer: UnitId, partition: number, gaps: string): Promise<void> {
  const lost = parse(gaps);
  for (const resolution of RESOLUTIONS) {
    for (const [start, field, value] of fieldsOf(await doors.ask('read', closer, ['done', resolution, '-inf', '+inf', 'all']))) {
      const key: SegmentKey = { resolution, start, subject: field.toString() };
      const head = unpackHead(key, value);
      const held = head.holds[partition] ?? 0;
      if (head.missing.includes(partition) || !lost.some(([from, to]) => held > from && held <= to)) continue;
      await doors.call('rehead', closer, [resolution, start, key.subject, value, packHead({ ...head, missing: [...head.missing, partition] })]);
    }
  }
}
