import { HostsWindow } from '@headwater/sketch';
import type { Closed, ClosedHead, ClosedHeld } from '@headwater/summary-store';
import { WeightedCache } from './cache.ts';
import { digestOf, headersOf, WindowPatterns, type FullDigest, type ServiceDigest, type WindowHeaders } from './digest.ts';
import { thresholdKey, windowFactsOf, type Threshold, type WindowFacts } from './facts.ts';
import { Identities } from './identities.ts';
import { serviceOf, type Window } from './reader.ts';

/** What is kept of closed windows. A pattern's counts are 40 bytes, a role's totals about 5 kB. */
const DIGEST_BYTES = 64 << 20;
/** Header names, about 2 kB with their values and distinct counts; four clients are as much. */
const HEADER_ROWS = 20_000;
/** Windows as they came, about 80 bytes a pattern: for latency by route, method or status. */
const PATTERNS_BYTES = 48 << 20;
const HOSTS_BYTES = 4 << 20;
/** A minute of a service, about 300 bytes where nothing failed in it. */
const FACTS_BYTES = 48 << 20;

/**
 * What one question takes out of windows. A closed segment of one revision never changes, so what was taken out of it
 * is kept (bounded) and its bytes are not even fetched again; partials are decoded each time.
 * Values are shared between questions: read them, never merge into them.
 */
export class Lens<V> {
  readonly #cache: WeightedCache<V>;
  readonly #decode: (bytes: Uint8Array, service: string) => V;
  readonly #weigh: (value: V, bytes: Uint8Array) => number;
  /** whether what is kept is enough for this lens */
  readonly #enough: (value: V) => boolean;
  /** what `held` promised: it stays until `of` asks for it, whatever the cache drops meanwhile */
  readonly #promised = new Map<string, V>();

  constructor(
    cache: WeightedCache<V>,
    decode: (bytes: Uint8Array, service: string) => V,
    weigh: (value: V, bytes: Uint8Array) => number,
    enough: (value: V) => boolean = () => true,
  ) {
    this.#enough = enough;
    this.#cache = cache;
    this.#decode = decode;
    this.#weigh = weigh;
  }

  /** Whether the segment is kept: then its window may come to `of` without its bytes, once. */
  held(closed: ClosedHead): boolean {
    const key = keyOf(closed);
    const value = this.#cache.get(key);
    if (value === undefined || !this.#enough(value)) return false;
    this.#promised.set(key, value);
    return true;
  }

  /** The disjoint parts of a window (README of summary-store): all together are what is known of it. */
  of(window: Window): V[] {
    const service = serviceOf(window) ?? '';
    const parts = window.partials.map((p) => this.#decode(p.bytes, service));
    if (window.closed !== null) parts.push(this.#closed(window.closed, service));
    return parts;
  }

  #closed(closed: Closed | ClosedHeld, service: string): V {
    const key = keyOf(closed);
    const kept = this.#promised.get(key);
    this.#promised.delete(key);
    if (kept !== undefined) return kept;
    // Another question may have asked for it at the same time.
    const twin = this.#cache.get(key);
    if (twin !== undefined && this.#enough(twin)) return twin;
    if (closed.bytes === null) throw new Error(`${key}: its bytes were left out, and nothing said that it is held`);
    const value = this.#decode(closed.bytes, service);
    this.#cache.set(key, value, this.#weigh(value, closed.bytes));
    return value;
  }
}

/** closedAt: after a store was rolled back the same revision may be given out again for other contents. */
function keyOf({ resolution, rollUp, start, subject, revision, closedAt }: ClosedHead): string {
  return `${resolution}${rollUp === true ? '+' : ''} ${start} ${revision} ${closedAt} ${subject}`;
}

/** Keeps what was taken out of closed windows, and hands out a lens for each question. */
export class Decoder {
  readonly #identities = new Identities();
  readonly #digests = new WeightedCache<ServiceDigest>(DIGEST_BYTES);
  readonly #headers = new WeightedCache<WindowHeaders>(HEADER_ROWS);
  readonly #patterns = new WeightedCache<WindowPatterns>(PATTERNS_BYTES);
  readonly #hosts = new WeightedCache<HostsWindow>(HOSTS_BYTES);
  readonly #facts = new WeightedCache<WindowFacts>(FACTS_BYTES);

  /** Counts by pattern. */
  counts(): Lens<ServiceDigest> {
    return this.#digest(false);
  }

  /** Counts by pattern, and totals by role with their distributions. */
  digest(): Lens<FullDigest> {
    return this.#digest(true) as Lens<FullDigest>;
  }

  #digest(withTotals: boolean): Lens<ServiceDigest> {
    return new Lens(
      this.#digests,
      (bytes, service) => digestOf(bytes, service, this.#identities, withTotals),
      (d) => 1_000 + d.patterns.length * 40 + (d.totals?.size ?? 0) * 5_000,
      (d) => !withTotals || d.totals !== null,
    );
  }

  /** Headers and clients. */
  headers(): Lens<WindowHeaders> {
    return new Lens(this.#headers, headersOf, (h) => h.headers.length + Math.ceil(h.clients.length / 4) + 1);
  }

  /** Patterns with their distributions. */
  patterns(): Lens<WindowPatterns> {
    return new Lens(
      this.#patterns,
      // A copy: what came from the store may be a view of a larger message, which would be kept with it.
      (bytes, service) => new WindowPatterns(bytes.slice(), service, this.#identities),
      (p) => p.bytes.byteLength + 200,
    );
  }

  /**
   * What windows say to alert rules.
   * @param fresh told of bytes that were gone through for the first time
   */
  facts(thresholds: readonly Threshold[], fresh: (bytes: number) => void): Lens<WindowFacts> {
    const keys = thresholds.map(thresholdKey);
    return new Lens(
      this.#facts,
      (bytes, service) => {
        fresh(bytes.byteLength);
        return windowFactsOf(bytes, service, this.#identities, thresholds);
      },
      (f) => 300 + f.failing.size * 150 + f.slow.size * 80,
      (f) => keys.every((k) => f.slow.has(k)),
    );
  }

  hosts(): Lens<HostsWindow> {
    return new Lens(
      this.#hosts,
      (bytes) => HostsWindow.decode(bytes),
      (_, bytes) => bytes.byteLength,
    );
  }
}
