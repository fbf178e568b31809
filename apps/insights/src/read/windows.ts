import { setImmediate } from 'node:timers/promises';
import { RESOLUTION_MS, type ClosedHead, type ClosedHeld, type Closed, type SummaryStore, type WindowRead } from '@headwater/summary-store';

export const HOSTS_SUBJECT = 'h:';
export const SERVICE_PREFIX = 's:';

/** How much time is read at once, ms: less where the answers are large, so that what is in memory is bounded by bytes. */
const PART_MS = [60_000, 600_000, 3_600_000, 4 * 3_600_000, 86_400_000];
const LARGE_BYTES = 6 << 20;
const SMALL_BYTES = 1 << 20;
/** A window whose bytes were left out costs about this. */
const WINDOW_BYTES = 500;
/** Others are let in after this much work without a pause, ms. */
const SLICE_MS = 10;
/** A partition's data may come this much later than its watermark says. */
const SETTLED_MS = 30_000;

export interface Range {
  startMs: number;
  endMs: number;
}

export type Window = WindowRead<Closed | ClosedHeld>;

/** Reads windows part by part, as wide ones as there are, and gives way in between. */
export class Windows {
  readonly #store: SummaryStore;
  readonly #topic: string;
  readonly #signal: AbortSignal;
  #since = performance.now();
  #size = 1;

  constructor(store: SummaryStore, topic: string, signal: AbortSignal) {
    this.#store = store;
    this.#topic = topic;
    this.#signal = signal;
  }

  /**
   * @param subjects null: all
   * @param wanted whose closed windows come with their bytes; the others' without, which costs next to nothing
   * @throws StoreError as the store does, the signal's reason when aborted
   */
  async *read(range: Range, subjects: readonly string[] | null, wanted: (subject: string) => boolean): AsyncGenerator<Window> {
    const held = (closed: ClosedHead): boolean => !wanted(closed.subject);
    for (let from = range.startMs; from < range.endMs;) {
      const partMs = PART_MS[this.#size]!;
      // To a multiple of the part, so that wide windows lie wholly inside.
      const end = Math.min(range.endMs, (Math.floor(from / partMs) + 1) * partMs);
      this.#signal.throwIfAborted();
      const rows = await this.#store.read({ topic: this.#topic, resolution: '10s', coarsest: '1h', start: from, end, ...(subjects === null ? {} : { subjects }) }, held);
      const bytes = rows.reduce((sum, row) => sum + WINDOW_BYTES + bytesOf(row).reduce((n, b) => n + b.byteLength, 0), 0);
      if (bytes > LARGE_BYTES) this.#size = Math.max(0, this.#size - 1);
      else if (bytes < SMALL_BYTES) this.#size = Math.min(PART_MS.length - 1, this.#size + 1);
      this.#since = performance.now();
      for (const row of rows) {
        yield row;
        await this.#pause();
      }
      from = end;
    }
  }

  /** Where each partition is, to tell windows that were closed without one from those that lack something. */
  async watermarks(): Promise<ReadonlyMap<number, number>> {
    return new Map((await this.#store.units(this.#topic)).map((u) => [u.partition, u.watermark]));
  }

  async #pause(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await setImmediate();
    this.#signal.throwIfAborted();
    this.#since = performance.now();
  }
}

/** The disjoint parts of a window: all together are what is known of it. */
export function bytesOf(row: Window): Uint8Array[] {
  return [...(row.closed?.bytes ? [row.closed.bytes] : []), ...row.partials.map((p) => p.bytes)];
}

/** Closed with all partitions in it, and nothing since. One that was left out and has gone on past the window since lacks nothing. */
export function isFinal(row: Window, watermarks: ReadonlyMap<number, number>): boolean {
  if (row.closed === null || row.partials.length > 0) return false;
  const settled = row.start + RESOLUTION_MS[row.resolution] + SETTLED_MS;
  return row.closed.missing.every((p) => (watermarks.get(p) ?? 0) >= settled);
}
