import { setImmediate } from 'node:timers/promises';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import type { Closed, RollUpSources, SegmentKey, Taken } from '@headwater/summary-store';

const HOSTS_SUBJECT = 'h:';

/** The newest version in which windows are written; older readers may share the store. */
export type WindowsVersion = 2 | 3;

/** The closed segment that holds everything that was taken. Throws SketchError where bytes are damaged or newer. */
export function mergeTaken(key: Pick<Closed, 'resolution' | 'start' | 'subject'>, { closed, partials }: Taken, missing: number[], nowMs: number, newest?: WindowsVersion): Closed {
  const bytes = [...(closed ? [closed.bytes] : []), ...partials.map((p) => p.bytes)];
  const merge = key.subject === HOSTS_SUBJECT ? merging(HostsWindow) : merging(ServiceWindow);
  bytes.forEach(merge.add);
  const holds: Record<number, number> = { ...closed?.holds };
  for (const { partition, revision } of partials) holds[partition] = Math.max(holds[partition] ?? 0, revision);
  return {
    ...key,
    revision: (closed?.revision ?? 0) + 1,
    bytes: merge.encode(newest),
    holds,
    missing,
    closedAt: nowMs,
  };
}

/**
 * The roll-up of everything that is closed below. Throws SketchError as above. An hour is 60 windows to decode, so it gives way
 * after each: the fold shares the thread, and the store refuses what changed meanwhile.
 */
export async function mergeFiner(
  key: SegmentKey,
  { revision, finer }: RollUpSources,
  nowMs: number,
  newest?: WindowsVersion,
): Promise<Pick<Closed, 'revision' | 'bytes' | 'missing' | 'closedAt'> | null> {
  if (finer.length === 0) return null;
  const merge = key.subject === HOSTS_SUBJECT ? merging(HostsWindow) : merging(ServiceWindow);
  for (const { bytes } of finer) {
    merge.add(bytes);
    await setImmediate();
  }
  return { revision: revision + 1, bytes: merge.encode(newest), missing: missingOf(finer), closedAt: nowMs };
}

/** Partitions that any of them was closed without. */
export function missingOf(parts: readonly Pick<Closed, 'missing'>[]): number[] {
  return [...new Set(parts.flatMap((p) => p.missing))].sort((a, b) => a - b);
}

interface Window<W> {
  merge(other: W): void;
  encode(newest?: WindowsVersion): Uint8Array;
}

function merging<W extends Window<W>>(kind: { new (): W; decode(bytes: Uint8Array): W }) {
  // From empty and not from the first: a merge is what brings a union back under its budgets.
  const merged = new kind();
  return { add: (bytes: Uint8Array) => merged.merge(kind.decode(bytes)), encode: (newest?: WindowsVersion) => merged.encode(newest) };
}
