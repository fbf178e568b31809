import type { CaptureTotals } from '@headwater/capture';

type Reasons = Record<string, number>;

function addReasons(a: Reasons, b: Reasons): Reasons {
  const sum = { ...a };
  for (const [reason, n] of Object.entries(b)) sum[reason] = (sum[reason] ?? 0) + n;
  return sum;
}

type Unread = CaptureTotals['unread_by'];

function mergeUnread(a: Unread, b: Unread): Unread {
  const sum = new Map<string, Unread[number]>();
  for (const entry of [...a, ...b]) {
    const key = `${entry.executable}\0${entry.reason}`;
    sum.set(key, { ...entry, messages: entry.messages + (sum.get(key)?.messages ?? 0) });
  }
  return [...sum.values()];
}

/** Totals of a capture that ended, and of the one after it: counts add up, states are those of the later. */
export function addTotals(earlier: CaptureTotals | null, later: CaptureTotals): CaptureTotals {
  if (!earlier) return later;
  const both = <T>(add: (kind: 'request' | 'response') => T): { request: T; response: T } => ({ request: add('request'), response: add('response') });
  return {
    started: both((k) => earlier.started[k] + later.started[k]),
    emitted: both((k) => earlier.emitted[k] + later.emitted[k]),
    filtered: both((k) => addReasons(earlier.filtered[k], later.filtered[k])),
    lost: both((k) => addReasons(earlier.lost[k], later.lost[k])),
    in_flight: later.in_flight,
    ends_lost: earlier.ends_lost + later.ends_lost,
    kernel: addReasons(earlier.kernel, later.kernel),
    connections: later.connections,
    reassembly_bytes: later.reassembly_bytes,
    drain_cpu_ns: earlier.drain_cpu_ns + later.drain_cpu_ns,
    unread_by: mergeUnread(earlier.unread_by, later.unread_by),
    sampling: { exchanges: earlier.sampling.exchanges + later.sampling.exchanges, kept: earlier.sampling.kept + later.sampling.kept },
  };
}
