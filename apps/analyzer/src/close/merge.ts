import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import type { Closed, RollUpSources, SegmentKey, Taken } from '@headwater/summary-store';

const HOSTS_SUBJECT = 'h:';

/** The closed segment that holds everything that was taken. Throws SketchError where bytes are damaged or newer. */
export function mergeTaken(key: Pick<Closed, 'resolution' | 'start' | 'subject'>, { closed, partials }: Taken, missing: number[], nowMs: number): Closed {
  const bytes = [...(closed ? [closed.bytes] : []), ...partials.map((p) => p.bytes)];
  const holds: Record<number, number> = { ...closed?.holds };
  for (const { partition, revision } of partials) holds[partition] = Math.max(holds[partition] ?? 0, revision);
  return {
    ...key,
    revision: (closed?.revision ?? 0) + 1,
    bytes: unionOf(key.subject, bytes),
    holds,
    missing,
    closedAt: nowMs,
  };
}

/** The roll-up of everything that is closed below. Throws SketchError as above. */
export function mergeFiner(key: SegmentKey, { revision, finer }: RollUpSources, nowMs: number): Pick<Closed, 'revision' | 'bytes' | 'missing' | 'closedAt'> | null {
  if (finer.length === 0) return null;
  const bytes = unionOf(
    key.subject,
    finer.map((f) => f.bytes),
  );
  return { revision: revision + 1, bytes, missing: missingOf(finer), closedAt: nowMs };
}

/** Partitions that any of them was closed without. */
export function missingOf(parts: readonly Pick<Closed, 'missing'>[]): number[] {
  return [...new Set(parts.flatMap((p) => p.missing))].sort((a, b) => a - b);
}

function unionOf(subject: string, all: Uint8Array[]): Uint8Array {
  return subject === HOSTS_SUBJECT ? union(HostsWindow, all) : union(ServiceWindow, all);
}

function union<W extends { merge(other: W): void; encode(): Uint8Array }>(kind: { new (): W; decode(bytes: Uint8Array): W }, all: Uint8Array[]): Uint8Array {
  // From empty and not from the first: a merge is what brings a union back under its budgets.
  const merged = new kind();
  for (const bytes of all) merged.merge(kind.decode(bytes));
  return merged.encode();
}
