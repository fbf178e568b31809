import { hostsRows, serviceRows, type WindowRows } from '@headwater/fleet-series';
import { HostsWindow, ServiceWindow, ServiceWindowScan, SketchError } from '@headwater/sketch';
import type { Closed, ClosedHead, ClosedHeld, Resolution, SummaryStore, WindowRead } from '@headwater/summary-store';

export const HOSTS_SUBJECT = 'h:';
/** What is beyond is fetched again each time: memory is bounded, whatever the fleet is. */
const MOST_ROWS_KEPT = 100_000;

/** How bytes become rows. Throws SketchError. */
export type Decode = (subject: string, startMs: number, bytes: Uint8Array) => WindowRows;

export const decodeRows: Decode = (subject, startMs, bytes) =>
  subject === HOSTS_SUBJECT ? hostsRows(startMs, HostsWindow.decode(bytes)) : serviceRows(startMs, ServiceWindow.decode(bytes));

/** Only how many exchanges a service's window counts. */
export const decodeCounts: Decode = (_, startMs, bytes) => {
  const { server, client } = new ServiceWindowScan(bytes).roleExchanges;
  return { startMs, rows: [], counted: [server, client] };
};

interface Kept {
  id: string;
  startMs: number;
  rows: WindowRows;
}

/** A subject's windows of a range as rows. `signature` changes with what was read, and with nothing else. */
export interface Found {
  windows: WindowRows[];
  signature: string;
}

/**
 * Reads windows as rows. What is closed is kept while it does not change, so that a look at the last ten minutes fetches what is
 * new in them and nothing else.
 */
export class RowReader {
  private readonly store: SummaryStore;
  private readonly topic: string;
  private readonly decoded: Decode;
  private readonly unreadable: (subject: string, startMs: number) => void;
  /** subject -> place -> rows */
  private readonly kept = new Map<string, Map<string, Kept>>();
  private rowsKept = 0;

  constructor(store: SummaryStore, topic: string, decoded: Decode, unreadable: (subject: string, startMs: number) => void) {
    this.store = store;
    this.topic = topic;
    this.decoded = decoded;
    this.unreadable = unreadable;
  }

  /** Windows of [start, end) by subject. `keep`: what is closed is asked for again soon. */
  async read(
    range: { start: number; end: number; coarsest: Resolution; subjects?: readonly string[] },
    wanted: (subject: string) => boolean,
    keep: boolean,
  ): Promise<Map<string, Found>> {
    const found = new Map<string, Found>();
    if (range.start >= range.end) return found;
    const held = (head: ClosedHead) => !wanted(head.subject) || this.kept.get(head.subject)?.get(placeOf(head))?.id === idOf(head);
    const windows = await this.store.read({ topic: this.topic, resolution: '10s', ...range }, held);
    for (const window of windows) {
      if (!wanted(window.subject)) continue;
      const of = found.get(window.subject) ?? { windows: [], signature: '' };
      found.set(window.subject, of);
      of.signature += signatureOf(window);
      for (const rows of this.rowsOf(window, keep)) of.windows.push(rows);
    }
    return found;
  }

  /** Forgets what starts before this instant, and subjects that are not ours any more. */
  forget(before: number, ours: (subject: string) => boolean): void {
    for (const [subject, places] of this.kept) {
      const mine = ours(subject);
      for (const [place, { startMs, rows }] of places) {
        if (mine && startMs >= before) continue;
        places.delete(place);
        this.rowsKept -= sizeOf(rows);
      }
      if (places.size === 0) this.kept.delete(subject);
    }
  }

  private *rowsOf(window: WindowRead<Closed | ClosedHeld>, keep: boolean): Generator<WindowRows> {
    const { subject, start, closed } = window;
    if (closed) {
      const places = this.kept.get(subject);
      const known = places?.get(placeOf(closed));
      if (closed.bytes === null) {
        if (known) yield known.rows;
      } else {
        const rows = this.decode(subject, start, closed.bytes);
        if (keep && this.rowsKept < MOST_ROWS_KEPT) {
          const into = places ?? new Map<string, Kept>();
          this.kept.set(subject, into);
          this.rowsKept += sizeOf(rows) - (known ? sizeOf(known.rows) : 0);
          into.set(placeOf(closed), { id: idOf(closed), startMs: start, rows });
        }
        yield rows;
      }
    }
    for (const partial of window.partials) yield this.decode(subject, start, partial.bytes);
  }

  private decode(subject: string, startMs: number, bytes: Uint8Array): WindowRows {
    try {
      return this.decoded(subject, startMs, bytes);
    } catch (error) {
      if (!(error instanceof SketchError)) throw error;
      this.unreadable(subject, startMs);
      return { startMs, rows: [], counted: [] };
    }
  }
}

const sizeOf = (rows: WindowRows): number => 1 + rows.rows.length;
const placeOf = (head: ClosedHead): string => `${head.resolution}${head.rollUp ? '+' : ''}${head.start}`;
const idOf = (head: ClosedHead): string => `${head.revision}@${head.closedAt}`;

function signatureOf(window: WindowRead<Closed | ClosedHeld>): string {
  const closed = window.closed ? `${placeOf(window.closed)}:${idOf(window.closed)}` : '';
  return `${closed}|${window.resolution}${window.start}:${window.partials.map((p) => `${p.partition}.${p.revision}`).join(',')};`;
}
