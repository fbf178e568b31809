import { HostsWindow } from '@headwater/sketch';
import { RESOLUTION_MS } from '@headwater/summary-store';
import { WINDOW_MS, type TimeRange } from '../query/time.ts';
import type { Window } from '../windows/reader.ts';

/** What declared sample rates left out; each exchange that stayed stands for several. */
export interface Sampling {
  /** the strongest rate that was in force on any host */
  one_in: number;
  /** exact, of the hosts and times that were sampled: exchanges, and those of them that are in the figures by themselves */
  exchanges: number;
  kept: number;
  /** `policy`: the filters say so; `governor`: to stay below the agent's CPU ceiling */
  reasons: string[];
}

/** How far the data of a range can be trusted. */
export interface Quality {
  /** every window of the range is closed with all partitions in it, and nothing was lost */
  complete: boolean;
  /** exchanges whose request was seen starting and did not arrive, all reasons */
  lost: number;
  lost_by: Record<string, number>;
  /** batches that never came to the analyzer, or came too late for the log of the bus */
  lost_batches: number;
  /** exchanges in them, as far as that is known; null: of none of them */
  lost_exchanges: number | null;
  /** null: every exchange that the hosts' filters let through is in the figures by itself */
  sampling: Sampling | null;
  /** hosts that reported in the range */
  hosts: number;
  /** read / (read + known to be unreadable, as encrypted traffic); 1 when nothing is known to be missing */
  coverage: number;
}

/** What filled a gap came after all; what is told of a host that misses it is no longer told of nobody. */
const TAKEN_BACK: ReadonlySet<string> = new Set(['sequence_gap_filled', 'retention_attributed']);

function never(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [reason, n] of counts) sum += TAKEN_BACK.has(reason) ? -n : n;
  return sum;
}

/** A window closes at least this long after its end; one that does not exist yet may still come until then. ms */
const CLOSE_AFTER_MS = 30_000;

/** Which windows of a range are final, and what the hosts said they lost in them. */
export class QualityFold {
  readonly #hosts = new HostsWindow();
  /** [start, end) of windows that are not final; few, since windows close within a minute */
  readonly #open = new Map<number, number>();
  /** starts of the 10 s windows that exist; only the youngest are asked for, and wide windows are never that young */
  readonly #seen = new Set<number>();

  /** Any subject's window; `accounts` are the decoded parts where it is the hosts' account. */
  add(window: Window, accounts: readonly HostsWindow[]): void {
    const end = window.start + RESOLUTION_MS[window.resolution];
    if (window.resolution === '10s') this.#seen.add(window.start);
    if (window.closed === null || window.partials.length > 0 || window.closed.missing.length > 0) this.#open.set(window.start, Math.max(end, this.#open.get(window.start) ?? 0));
    for (const part of accounts) this.#hosts.merge(part);
  }

  /** Whether all windows in [start, end) are final. */
  closed(start: number, end: number, now: number): boolean {
    for (const [from, to] of this.#open) if (from < end && to > start) return false;
    const youngest = Math.floor((now - CLOSE_AFTER_MS) / WINDOW_MS) * WINDOW_MS;
    for (let t = Math.max(start, youngest); t < end; t += WINDOW_MS) if (!this.#seen.has(t) && t + WINDOW_MS + CLOSE_AFTER_MS > now) return false;
    return true;
  }

  quality(range: TimeRange, now: number): Quality {
    const lostBy = new Map<string, number>();
    let hosts = 0;
    let read = 0;
    let known = 0;
    let lostBatches = 0;
    let lostExchanges = 0;
    let sized = false;
    let sampling: Sampling | null = null;
    for (const account of this.#hosts.hosts()) {
      hosts += 1;
      read += account.coverageRead;
      known += account.coverageKnown;
      for (const [reason, n] of account.request.lost) if (n > 0) lostBy.set(reason, (lostBy.get(reason) ?? 0) + n);
      lostBatches += never(account.lostBatches);
      lostExchanges += never(account.lostExchanges);
      sized ||= account.lostExchanges.size > 0;
      for (const [reason, s] of account.sampling) {
        sampling ??= { one_in: 1, exchanges: 0, kept: 0, reasons: [] };
        sampling.one_in = Math.max(sampling.one_in, s.oneIn);
        sampling.exchanges += s.exchanges;
        sampling.kept += s.kept;
        if (!sampling.reasons.includes(reason)) sampling.reasons.push(reason);
      }
    }
    sampling?.reasons.sort();
    lostBatches = Math.max(0, lostBatches);
    let lost = 0;
    for (const n of lostBy.values()) lost += n;
    return {
      complete: lost === 0 && lostBatches === 0 && this.closed(range.start, range.end, now),
      lost,
      lost_by: Object.fromEntries([...lostBy].sort(([a], [b]) => (a < b ? -1 : 1))),
      lost_batches: lostBatches,
      lost_exchanges: lostBatches > 0 && !sized ? null : Math.max(0, lostExchanges),
      sampling,
      hosts,
      coverage: known > 0 ? Math.round((read / known) * 1e6) / 1e6 : 1,
    };
  }

  get hosts(): HostsWindow {
    return this.#hosts;
  }
}
