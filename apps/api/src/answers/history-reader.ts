import { WeightedCache } from '../windows/cache.ts';
import type { Decoder } from '../windows/decoded.ts';
import type { ServiceDigest } from '../windows/digest.ts';
import type { WindowReader } from '../windows/reader.ts';
import { Gatherer } from './gather.ts';
import type { History, HistorySpan } from './history.ts';

/** What was in a span. */
interface SpanRead {
  windows: { start: number; service: string; digest: ServiceDigest }[];
  /** starts of the hosts' accounts */
  watched: number[];
  /** changes with what was read */
  tag: string;
}

/** Hours long past change only by late data; what is asked within this time is answered as it was, ms. */
const KEPT_MS = 60_000;
/** Digests that are kept here and elsewhere count in both. */
const KEPT_BYTES = 24 << 20;

/** Reads what was before ranges. Whole hours are the same for all ranges that begin in one hour, so they are read once a minute. */
export class HistoryReader {
  readonly #reader: WindowReader;
  readonly #decoder: Decoder;
  readonly #kept = new WeightedCache<{ at: number; read: Promise<SpanRead> }>(KEPT_BYTES);

  constructor(reader: WindowReader, decoder: Decoder) {
    this.#reader = reader;
    this.#decoder = decoder;
  }

  /**
   * Fills the history and hands each window's counts to `take`, with their slot.
   * @param got is told what the answer depends on, and lets others in
   */
  async read(
    history: History,
    services: readonly string[] | null,
    now: number,
    got: Gatherer,
    take: (slot: number, digest: ServiceDigest, service: string) => void,
  ): Promise<void> {
    const spans = history.spans();
    const reads = spans.map((span) => (span.whole ? this.#once(span, services, now) : this.#span(span, services)));
    // They go to the store together; each failure is told by the await below.
    for (const r of reads) r.catch(() => undefined);
    const add = async ({ slotOf }: HistorySpan, { windows, watched, tag }: SpanRead): Promise<void> => {
      got.dependsOn(tag);
      for (const t of watched) history.watched(t, slotOf(t));
      for (const { start, service, digest } of windows) {
        history.saw(service, start);
        take(slotOf(start), digest, service);
        await got.pause();
      }
    };
    for (const [i, span] of spans.entries()) await add(span, await (reads[i] as Promise<SpanRead>));
    const minutes = history.minutes();
    if (minutes !== null) await add(minutes, await this.#span(minutes, services));
  }

  async #once(span: HistorySpan, services: readonly string[] | null, now: number): Promise<SpanRead> {
    const key = JSON.stringify([span.start, span.end, services]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && now < kept.at + KEPT_MS) return kept.read;
    const read = this.#span(span, services);
    this.#kept.set(key, { at: now, read }, 0);
    try {
      const { windows } = await read;
      this.#kept.set(
        key,
        { at: now, read },
        windows.reduce((n, w) => n + 1_000 + 40 * w.digest.patterns.length, 1_000),
      );
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
    return read;
  }

  async #span({ start, end, coarsest }: HistorySpan, services: readonly string[] | null): Promise<SpanRead> {
    const got = new Gatherer(this.#reader, this.#decoder, services);
    const read: SpanRead = { windows: [], watched: [], tag: '' };
    await got.compare({ start, end }, this.#decoder.counts(), (digest, w, service) => read.windows.push({ start: w.start, service, digest }), {
      coarsest,
      watched: (t) => read.watched.push(t),
    });
    return { ...read, tag: got.tag(null) };
  }
}
