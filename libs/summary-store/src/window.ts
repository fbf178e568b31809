/** What both adapters decide alike about a window: what is held, and how a reader's answer is put together. */
import { RESOLUTION_MS, type Closed, type ClosedHead, type ClosedHeld, type Partial, type SegmentKey, type WindowRead } from './port.ts';

/** See README.md: everything of a partition up to its entry in `holds` is inside the closed segment. */
export function isHeld(partial: Partial, closed: Pick<Closed, 'holds'> | null): boolean {
  return closed !== null && partial.revision <= (closed.holds[partial.partition] ?? 0);
}

/** By (start, subject in code unit order); partials by (partition, revision); held ones left out. */
export function joinWindows<C extends ClosedHead>(partials: Partial[], closed: C[]): WindowRead<C>[] {
  const windows = new Map<string, WindowRead<C>>();
  const at = (k: SegmentKey): WindowRead<C> => {
    const id = `${k.start} ${k.subject}`;
    let found = windows.get(id);
    if (!found) windows.set(id, (found = { resolution: k.resolution, start: k.start, subject: k.subject, closed: null, partials: [] }));
    return found;
  };
  for (const c of closed) at(c).closed = c;
  for (const p of partials) {
    const window = at(p);
    if (!isHeld(p, window.closed)) window.partials.push(p);
  }
  const rows = [...windows.values()].filter((w) => w.closed !== null || w.partials.length > 0);
  for (const w of rows) w.partials.sort(byPartition);
  return rows.sort((a, b) => a.start - b.start || (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0));
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
