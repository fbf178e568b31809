import { HostsWindow, ServiceWindow, type Role } from '@headwater/sketch';
import type { WindowRead } from '@headwater/summary-store';
import { WeightedCache } from './cache.ts';
import { countsOf, headersOf, Identities, totalsOf, type PatternCounts, type RoleTotals, type WindowHeaders } from './digest.ts';
import { serviceOf } from './reader.ts';

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
 * Turns segments into what answers are folded from. A closed segment of one revision never changes, so what was taken
 * out of it is kept (bounded); partials are decoded each time. Answers are shared: read them, never merge into them.
 *
 * Each method gives the disjoint parts of a window (README of summary-store): all together are what is known of it.
 */
export class Decoder {
  readonly #identities = new Identities();
  readonly #counts = new WeightedCache<Counts>(COUNT_ROWS);
  readonly #totals = new WeightedCache<Totals>(TOTAL_WINDOWS);
  readonly #headers = new WeightedCache<WindowHeaders>(HEADER_ROWS);
  readonly #full = new WeightedCache<ServiceWindow>(FULL_PATTERNS);
  readonly #hosts = new WeightedCache<HostsWindow>(HOSTS_BYTES);

  counts(window: WindowRead): Counts[] {
    const service = serviceOf(window) ?? '';
    return parts(window, this.#counts, (bytes) => countsOf(service, ServiceWindow.decode(bytes), this.#identities), (rows) => rows.length + 1);
  }

  totals(window: WindowRead): Totals[] {
    return parts(window, this.#totals, (bytes) => totalsOf(ServiceWindow.decode(bytes)), () => 1);
  }

  headers(window: WindowRead): WindowHeaders[] {
    return parts(window, this.#headers, (bytes) => headersOf(ServiceWindow.decode(bytes)), (h) => h.headers.length + 1);
  }

  full(window: WindowRead): ServiceWindow[] {
    return parts(window, this.#full, (bytes) => ServiceWindow.decode(bytes), (s) => s.patternCount + 1);
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
