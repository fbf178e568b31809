/** What both adapters decide alike about a window: what is held, and how a reader's answer is put together. */
import {
  RESOLUTION_MS,
  type Closed,
  type ClosedHead,
  type ClosedHeld,
  type Coarse,
  type Partial,
  type ReadRange,
  type Resolution,
  type SegmentKey,
  type WindowRead,
} from './port.ts';

/** The next coarser resolution. */
export const COARSER = { '10s': '1m', '1m': '1h' } as const;

/** Start of the window of this resolution around an instant. */
export function startOf(ms: number, resolution: Resolution): number {
  return Math.floor(ms / RESOLUTION_MS[resolution]) * RESOLUTION_MS[resolution];
}

/** The windows of a resolution that lie wholly inside a range; null: none, or this resolution was not asked for. */
export function inside({ start, end }: Pick<ReadRange, 'start' | 'end'>, resolution: Resolution, coarsest: Resolution): { start: number; end: number } | null {
  const width = RESOLUTION_MS[resolution];
  if (width > RESOLUTION_MS[coarsest]) return null;
  const part = { start: Math.ceil(start / width) * width, end: startOf(end, resolution) };
  return part.start < part.end ? part : null;
}

/** Wide windows that have partials below them, with the subjects: their roll-ups do not answer for these. */
export function blockedBy(partials: readonly Partial[]): Map<Coarse, Map<number, Set<string>>> {
  const blocked = new Map<Coarse, Map<number, Set<string>>>();
  for (const { resolution, start, subject } of partials) {
    for (const coarse of ['1m', '1h'] as const) {
      if (RESOLUTION_MS[coarse] <= RESOLUTION_MS[resolution]) continue;
      const windows = blocked.get(coarse) ?? new Map<number, Set<string>>();
      blocked.set(coarse, windows);
      const wide = startOf(start, coarse);
      const subjects = windows.get(wide) ?? new Set();
      windows.set(wide, subjects.add(subject));
    }
  }
  return blocked;
}

/** Throws RangeError: a programming error. */
export function checkRange({ resolution, coarsest, start, end }: ReadRange): void {
  if (coarsest === undefined || coarsest === '10s') return;
  if (resolution !== '10s') throw new RangeError(`coarsest: only with resolution 10s, not ${resolution}`);
  for (const [name, value] of Object.entries({ start, end })) if (value % RESOLUTION_MS['10s'] !== 0) throw new RangeError(`${name}: ${value} is not a multiple of 10 s`);
}

/** See README.md: everything of a partition up to its entry in `holds` is inside the closed segment. */
export function isHeld(partial: Partial, closed: Pick<Closed, 'holds'> | null): boolean {
  return closed !== null && partial.revision <= (closed.holds[partial.partition] ?? 0);
}

/** By (start, subject in code unit order, width); partials by (partition, revision); held ones left out. A roll-up is a row of its own. */
export function joinWindows<C extends ClosedHead>(partials: Partial[], closed: C[]): WindowRead<C>[] {
  const windows = new Map<string, WindowRead<C>>();
  const rolled: WindowRead<C>[] = [];
  const rowOf = ({ resolution, start, subject }: SegmentKey, c: C | null): WindowRead<C> => ({ resolution, start, subject, closed: c, partials: [] });
  const at = (k: SegmentKey): WindowRead<C> => {
    const id = `${k.start} ${k.resolution} ${k.subject}`;
    let found = windows.get(id);
    if (!found) windows.set(id, (found = rowOf(k, null)));
    return found;
  };
  for (const c of closed) {
    if (c.rollUp) rolled.push(rowOf(c, c));
    else at(c).closed = c;
  }
  for (const p of partials) {
    const window = at(p);
    if (!isHeld(p, window.closed)) window.partials.push(p);
  }
  const rows = [...windows.values()].filter((w) => w.closed !== null || w.partials.length > 0);
  for (const w of rows) w.partials.sort(byPartition);
  const bySubject = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...rows, ...rolled].sort((a, b) => a.start - b.start || bySubject(a.subject, b.subject) || RESOLUTION_MS[a.resolution] - RESOLUTION_MS[b.resolution]);
}

/**
 * Fetches the closed segments that a reader does not hold. One may have been closed again since its head was read: then
 * the newer one comes, and holds more of the partials that were read before it (README.md, rule 6). One that was pruned since is gone.
 */
export async function fetchClosed(
  heads: ClosedHead[],
  held: (closed: ClosedHead) => boolean,
  fetch: (wanted: ClosedHead[]) => Promise<Closed[]>,
): Promise<(Closed | ClosedHeld)[]> {
  const known: ClosedHeld[] = [];
  const wanted: ClosedHead[] = [];
  for (const head of heads) {
    if (held(head)) known.push({ ...head, bytes: null });
    else wanted.push(head);
  }
  return wanted.length === 0 ? known : [...known, ...(await fetch(wanted))];
}

export function byPartition(a: Partial, b: Partial): number {
  return a.partition - b.partition || a.revision - b.revision;
}

const MAX_SUBJECT_BYTES = 256;

/** Throws RangeError: such a key is a programming error, not a state of the store. */
export function checkKey(key: SegmentKey): void {
  const step = RESOLUTION_MS[key.resolution];
  if (step === undefined) throw new RangeError(`resolution: ${String(key.resolution)} is none of ${Object.keys(RESOLUTION_MS).join(', ')}`);
  if (!Number.isSafeInteger(key.start) || key.start % step !== 0) throw new RangeError(`start: ${key.start} is not a multiple of ${step} ms (${key.resolution})`);
  if (key.subject.length * 3 > MAX_SUBJECT_BYTES && Buffer.byteLength(key.subject) > MAX_SUBJECT_BYTES)
    throw new RangeError(`subject: ${Buffer.byteLength(key.subject)} bytes; at most ${MAX_SUBJECT_BYTES}`);
}
