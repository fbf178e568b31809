import type { CaptureTotals } from '@headwater/capture';
import type { Losses } from '../account.ts';

export interface Side {
  started: number;
  emitted: number;
  filtered: Record<string, number>;
  lost: Record<string, number>;
  in_flight: number;
}

/** What the host counted, seen from the bus: what was lost on the way to it was emitted by the capture and is lost here. */
export function hostTotals(totals: CaptureTotals | null, publishLost: Losses): { request: Side; response: Side } {
  const side = (kind: 'request' | 'response'): Side => {
    const lost = { ...totals?.lost[kind] };
    let moved = 0;
    for (const [reason, rows] of Object.entries(publishLost)) {
      const n = rows[kind];
      if (n > 0) lost[reason] = (lost[reason] ?? 0) + n;
      moved += n;
    }
    return {
      started: totals?.started[kind] ?? 0,
      emitted: (totals?.emitted[kind] ?? 0) - moved,
      filtered: totals?.filtered[kind] ?? {},
      lost,
      in_flight: totals?.in_flight[kind] ?? 0,
    };
  };
  return { request: side('request'), response: side('response') };
}
