import { HostsWindow, ServiceWindow, type Role } from '@headwater/sketch';
import type { Closed, ClosedHead, ClosedHeld } from '@headwater/summary-store';
import { WeightedCache } from './cache.ts';
import { countsOf, headersOf, Identities, totalsOf, type PatternCounts, type RoleTotals, type WindowHeaders } from './digest.ts';
import { serviceOf, type Window } from './reader.ts';

/** What is kept of closed windows, in units of about 100 bytes. */
const COUNT_ROWS = 400_000;
/** Two distributions a role, about 5 kB. */
const TOTAL_WINDOWS = 8_000;
/** Header names, about 2 kB with their values and distinct counts. */
const HEADER_ROWS = 20_000;
/** Patterns with their distributions, about 5 kB: only queries that filter latency by route, method or status need them. */
const FULL_PATTERNS = 8_000;
const HOSTS_BYTES = 4 << 20;

type Counts = readonly PatternCounts[];
type Totals = ReadonlyMap<Role, RoleTotals>;

/**
 * What one question takes out of windows. A closed segment of one revision never changes, so what was taken out of it
 * is kept (bounded) and its bytes are not even fetched again; partials are decoded each time.
 * Values are shared between questions: read them, never merge into them.
 */
export class Lens<V> {
  readonly #cache: WeightedCache<V>;
  readonly #decode: (bytes: Uint8Array, service: string) => V;
  readonly #weigh: (value: V, bytes: Uint8Array) => number;
  /** what `held` promised: it stays until `of` asks for it, whatever the cache drops meanwhile */
  readonly #promised = new Map<string, V>();

  constructor(cache: WeightedCache<V>, decode: (bytes: Uint8Array, service: string) => V, weigh: (value: V, bytes: Uint8Array) => number) {
    this.#cache = cache;
    this.#decode = decode;
    this.#weigh = weigh;
  }

  /** Whether the segment is kept: then its window may come to `of` without its bytes, once. */
  held(closed: ClosedHead): boolean {
    const key = keyOf(closed);
    const value = this.#cache.get(key);
    if (value === undefined) return false;
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
    if (closed.bytes === null) throw new Error(`${key}: its bytes were left out, and nothing said that it is held`);
    const value = this.#decode(closed.bytes, service);
    this.#cache.set(key, value, this.#weigh(value, closed.bytes));
    return value;
  }
}

/** closedAt: after a store was rolled back the same revision may be given out again for other contents. */
function keyOf({ resolution, start, subject, revision, closedAt }: ClosedHead): string {
  return `${resolution} ${start} ${revision} ${closedAt} ${subject}`;
}

/** Keeps what was taken out of closed windows, and hands out a lens for each question. */
export class Decoder {
  readonly #identities = new Identities();
  readonly #counts = new WeightedCache<Counts>(COUNT_ROWS);
  readonly #totals = new WeightedCache<Totals>(TOTAL_WINDOWS);
  readonly #headers = new WeightedCache<WindowHeaders>(HEADER_ROWS);
  readonly #full = new WeightedCache<ServiceWindow>(FULL_PATTERNS);
  readonly #hosts = new WeightedCache<HostsWindow>(HOSTS_BYTES);

  counts(): Lens<Counts> {
    return new Lens(
      this.#counts,
      (bytes, service) => countsOf(service, ServiceWindow.decode(bytes), this.#identities),
      (rows) => rows.length + 1,
    );
  }

  totals(): Lens<Totals> {
    return new Lens(
      this.#totals,
      (bytes) => totalsOf(ServiceWindow.decode(bytes)),
      () => 1,
    );
  }

  headers(): Lens<WindowHeaders> {
    return new Lens(
      this.#headers,
      (bytes) => headersOf(ServiceWindow.decode(bytes)),
      (h) => h.headers.length + 1,
    );
  }

  full(): Lens<ServiceWindow> {
    return new Lens(
      this.#full,
      (bytes) => ServiceWindow.decode(bytes),
      (s) => s.patternCount + 1,
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
