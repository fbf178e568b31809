import { HostsWindow, ServiceWindow, type Pattern, type Role } from '@headwater/sketch';
import type { WindowRead } from '@headwater/summary-store';

/** A pattern's counts without its distributions: small enough to keep for every window of a long range. */
export interface PatternCounts {
  role: Role;
  method: string;
  route: string;
  status: number;
  exchanges: number;
  /** exchanges without a whole response */
  errors: number;
  firstSeenMs: number;
}

function countsOf(p: Pattern): PatternCounts {
  let errors = 0;
  for (const n of p.errors.values()) errors += n;
  return { role: p.role, method: p.method, route: p.route, status: p.status, exchanges: p.exchanges, errors, firstSeenMs: p.firstSeenMs };
}

/** Least recently used entries go when the weights of all are over the budget. */
export class WeightedCache<V> {
  readonly #budget: number;
  readonly #entries = new Map<string, { value: V; weight: number }>();
  #weight = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  get weight(): number {
    return this.#weight;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: V, weight: number): void {
    const old = this.#entries.get(key);
    if (old !== undefined) this.#weight -= old.weight;
    this.#entries.delete(key);
    if (weight > this.#budget) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const [oldest, entry] of this.#entries) {
      if (this.#weight <= this.#budget) break;
      this.#entries.delete(oldest);
      this.#weight -= entry.weight;
    }
  }
}

/** Rows of counts kept: about 150 bytes each. */
const COUNT_ROWS = 400_000;
/** Encoded bytes of whole windows kept: decoded they are roughly ten times as large. */
const WINDOW_BYTES = 6 << 20;

/**
 * Turns segments into sketches. A closed segment of one revision never changes, so its decoded form is kept
 * (bounded); partials are decoded each time. What is answered is shared: read it, never merge into it.
 */
export class Decoder {
  readonly #counts = new WeightedCache<readonly PatternCounts[]>(COUNT_ROWS);
  readonly #services = new WeightedCache<ServiceWindow>(WINDOW_BYTES);
  readonly #hosts = new WeightedCache<HostsWindow>(WINDOW_BYTES);

  /** The disjoint parts of a service's window (README of summary-store): all of them together are what is known. */
  services(window: WindowRead): ServiceWindow[] {
    return parts(window, this.#services, (bytes) => ServiceWindow.decode(bytes), (_, bytes) => bytes.byteLength);
  }

  counts(window: WindowRead): (readonly PatternCounts[])[] {
    return parts(window, this.#counts, (bytes) => Array.from(ServiceWindow.decode(bytes).patterns(), countsOf), (rows) => rows.length + 1);
  }

  hosts(window: WindowRead): HostsWindow[] {
    return parts(window, this.#hosts, (bytes) => HostsWindow.decode(bytes), (_, bytes) => bytes.byteLength);
  }
}

function parts<V>(window: WindowRead, cache: WeightedCache<V>, decode: (bytes: Uint8Array) => V, weigh: (value: V, bytes: Uint8Array) => number): V[] {
  const all = window.partials.map((p) => decode(p.bytes));
  const { closed } = window;
  if (closed === null) return all;
  // closedAt: after a store was rolled back the same revision may be given out again for other contents
  const key = `${window.start} ${closed.revision} ${closed.closedAt} ${window.subject}`;
  let value = cache.get(key);
  if (value === undefined) cache.set(key, (value = decode(closed.bytes)), weigh(value, closed.bytes));
  return [value, ...all];
}
