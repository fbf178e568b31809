import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import type { Closed, Taken } from '@headwater/summary-store';

const HOSTS_SUBJECT = 'h:';

/** The closed segment that holds everything that was taken. Throws SketchError where bytes are damaged or newer. */
export function mergeTaken(key: Pick<Closed, 'resolution' | 'start' | 'subject'>, { closed, partials }: Taken, missing: number[], nowMs: number): Closed {
  const bytes = [...(closed ? [closed.bytes] : []), ...partials.map((p) => p.bytes)];
  const holds: Record<number, number> = { ...closed?.holds };
  for (const { partition, revision } of partials) holds[partition] = Math.max(holds[partition] ?? 0, revision);
  return {
    ...key,
    revision: (closed?.revision ?? 0) + 1,
    bytes: key.subject === HOSTS_SUBJECT ? union(HostsWindow, bytes) : union(ServiceWindow, bytes),
    holds,
    missing,
    closedAt: nowMs,
  };
}

function union<W extends { merge(other: W): void; encode(): Uint8Array }>(kind: { new (): W; decode(bytes: Uint8Array): W }, all: Uint8Array[]): Uint8Array {
  // From empty and not from the first: a merge is what brings a union back under its budgets.
  const merged = new kind();
  for (const bytes of all) merged.merge(kind.decode(bytes));
  return merged.encode();
}
