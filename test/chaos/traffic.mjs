// What N hosts would capture: rows of every kind, from a seed, and their count by (window, service, role, method, route, status).
import { EventColumnsBuilder, makeRecord, partitionFor } from '@headwater/header-event';

export const WINDOW_MS = 10_000;
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const ROUTES = ['/', '/orders/{int}', '/orders/{int}/lines', '/users/{uuid}', '/search', '/images/{int}.png', '/stream'];
const STATUSES = [200, 200, 200, 200, 201, 204, 304, 404, 429, 500, 503];
const AGENTS = ['curl/8.5.0', 'okhttp/4.12.0', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0'];

/** `window start|service|role|method|route|status` */
export function keyOf(ms, service, role, method, route, status) {
  return [ms - (ms % WINDOW_MS), service, role, method, route, status].join('|');
}

/** Host ids that begin with `prefix` and lie in partitions of their own, as far as there are enough. */
export function hostIds(prefix, n, partitions = 12) {
  const ids = [];
  let taken = new Set();
  for (let i = 0; ids.length < n; i += 1) {
    const id = `${prefix}-${i}`;
    const p = partitionFor(id, partitions);
    if (taken.has(p)) continue;
    taken.add(p);
    ids.push(id);
    if (taken.size === partitions) taken = new Set();
  }
  return ids;
}

/** One host: its clock, its batch numbers, the exchanges it has under way. */
export class Host {
  #random;
  #long = [];
  #ordinal = 0;
  #since;

  /** @param {{ id: string, incarnation: string, prefix: string, services: number, seed: number, offsetMs?: number, late?: { share: number, byMs: number }, seq?: number }} o offsetMs: what its clock is ahead */
  constructor(o) {
    this.o = o;
    this.seq = o.seq ?? 0;
    this.exchanges = 0;
    this.#random = mulberry32(o.seed);
    this.#since = 0;
  }

  /** The batch of `n` exchanges that began in (fromMs, toMs] of true time: a record with its number, and the keys it counts under. */
  batch(fromMs, toMs, n) {
    const { id, incarnation, offsetMs = 0, late } = this.o;
    const from = fromMs + offsetMs;
    const until = toMs + offsetMs;
    const builder = new EventColumnsBuilder();
    const keys = [];
    let weights = 0;
    for (let i = 0; i < n; i += 1) {
      const ms = Math.floor(from + ((i + 1) * (until - from)) / n);
      weights += this.#exchange(builder, keys, late && this.#random() < late.share ? ms - late.byMs : ms);
    }
    const ends = this.#long.filter((l) => l.endMs <= until);
    this.#long = this.#long.filter((l) => l.endMs > until);
    for (const { row, endMs, ms } of ends) {
      builder.add({ ...row, start_time: nanos(endMs), 'headwater.phase': 'end', 'headwater.total_ns': (endMs - ms) * 1e6, 'http.response.size': 1e6 });
    }
    const starts = { started: n, emitted: n, filtered: {}, lost: {}, in_flight: 0 };
    const before = this.exchanges;
    this.exchanges += weights;
    const account = {
      watermark_unix_ms: until,
      since_unix_ms: this.#since || from,
      until_unix_ms: until,
      request: starts,
      response: starts,
      exchanges: weights,
      exchanges_before: before,
      exchanges_after: this.exchanges,
      unread: {},
      coverage: 1,
      source: 'live',
    };
    this.#since = until;
    const record = makeRecord({ identity: { hostId: id, incarnation }, seq: (this.seq += 1), columns: builder.finish(), account });
    return { seq: this.seq, record: { ...record, partition: partitionFor(id, 12) }, keys, exchanges: weights };
  }

  #exchange(builder, keys, ms) {
    const { prefix, services } = this.o;
    const pick = (list) => list[Math.floor(this.#random() * list.length)];
    const service = `${prefix}-${Math.floor(this.#random() * services)}`;
    const role = this.#random() < 0.8 ? 'server' : 'client';
    const route = pick(ROUTES);
    const long = route === '/stream';
    const method = long ? 'GET' : pick(METHODS);
    const broken = !long && this.#random() < 0.01;
    const status = broken ? 0 : long ? 200 : pick(STATUSES);
    // A sampled row stands for several; errors and long exchanges are never sampled.
    const weight = status === 200 && !long && this.#random() < 0.05 ? 4 : 1;
    const ttfb = Math.round(1e6 * Math.exp(2 * this.#random()));
    const row = {
      start_time: nanos(ms),
      'headwater.phase': long ? 'begin' : 'complete',
      'headwater.role': role,
      'service.name': service,
      'http.request.method': method,
      'http.route': route,
      'url.path': route,
      'http.response.status_code': status,
      'error.type': broken ? 'connection_reset' : '',
      'client.address': `10.0.0.${Math.floor(this.#random() * 20)}`,
      'headwater.ttfb_ns': broken ? -1 : ttfb,
      'headwater.total_ns': long || broken ? -1 : ttfb + 200_000,
      'http.request.size': 300,
      'http.response.size': long ? -1 : 1_200,
      'headwater.connection': 7,
      'headwater.ordinal': (this.#ordinal += 1),
      'headwater.weight': weight,
      'http.request.headers': [
        { name: 'Host', value: `${service}.internal` },
        { name: 'User-Agent', value: pick(AGENTS) },
        { name: 'Authorization', value: 'Bearer', action: 'summary' },
      ],
      'http.response.headers': [{ name: 'Content-Type', value: 'application/json' }],
    };
    builder.add(row);
    keys.push([keyOf(ms, service, role, method, route, status), weight]);
    if (long) this.#long.push({ row, ms, endMs: ms + 500 + Math.floor(this.#random() * 6_000) });
    return weight;
  }
}

const nanos = (ms) => BigInt(Math.floor(ms)) * 1_000_000n;

/** https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (public domain) */
function mulberry32(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
