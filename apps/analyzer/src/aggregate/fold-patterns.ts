import type { Pattern, Role, ServiceWindow } from '@headwater/sketch';
import type { EventColumns } from '@headwater/header-event';
import type { BatchDictionary } from './dictionary.ts';
import { known64 } from './event-time.ts';

const BEGIN = 1;
const END = 2;
/** Sizes beyond 256 TiB are forged: taken as unknown, lest they drown the sums. */
const MAX_BYTES = 2 ** 48;
/** One string for each, so that equal ones are the same and compare at once. */
const COMMON_METHODS = new Map(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method) => [method, method]));

/**
 * Folds rows pattern by pattern: first every row's pattern is found by its dictionary indices (strings are made once per
 * pattern and batch), then the rows of each are summed up together, so that a pattern and its sketches are in the cache once.
 */
export class PatternFold {
  private mask = 0;
  private generation = 0;
  private stamp = new Int32Array(0);
  private method = new Int32Array(0);
  private route = new Int32Array(0);
  private status = new Int32Array(0);
  private slot = new Int32Array(0);
  /** by slot: the pattern, and where its rows end in `ordered` */
  private found: Pattern[] = [];
  private ends = new Int32Array(0);
  private slotOf = new Int32Array(0);
  private ordered = new Int32Array(0);
  private values = new Float64Array(0);
  private weights = new Float64Array(0);

  fold(columns: EventColumns, rows: Int32Array, eventMs: Float64Array, dictionary: BatchDictionary, window: ServiceWindow, role: Role): void {
    this.clear(rows.length);
    const c = columns.columns;
    const method = c['http.request.method']!;
    const route = c['http.route']!;
    const status = c['http.response.status_code']!;
    const { slotOf, ends, ordered } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const slot = this.slotFor(method[row]!, route[row]!, status[row]!, dictionary, window, role);
      slotOf[i] = slot;
      ends[slot]!++;
    }
    const { found } = this;
    for (let slot = 0, from = 0; slot < found.length; slot++) {
      const many = ends[slot]!;
      ends[slot] = from;
      from += many;
    }
    for (let i = 0; i < rows.length; i++) ordered[ends[slotOf[i]!]!++] = rows[i]!;
    for (let slot = 0, from = 0; slot < found.length; slot++) {
      const end = ends[slot]!;
      const p = found[slot]!;
      const before = p.distributionBytes;
      this.sum(columns, eventMs, dictionary, p, from, end);
      window.distributionBytes += p.distributionBytes - before;
      from = end;
    }
  }

  /** The rows ordered[from, end) into their pattern. */
  private sum(columns: EventColumns, eventMs: Float64Array, dictionary: BatchDictionary, p: Pattern, from: number, end: number): void {
    const { ordered, values, weights } = this;
    const c = columns.columns;
    const phase = c['headwater.phase']!;
    const weight = c['headwater.weight']!;
    const error = c['error.type']!;
    const ttfb = c['headwater.ttfb_ns']!;
    const total = c['headwater.total_ns']!;
    let [exchanges, first, last, known] = [0, p.firstSeenMs, p.lastSeenMs, 0];
    for (let i = from; i < end; i++) {
      const row = ordered[i]!;
      const ms = eventMs[row]!;
      if (ms < first) first = ms;
      if (ms > last) last = ms;
      if (phase[row] === END) continue;
      const w = weight[row]!;
      exchanges += w;
      if (phase[row] === BEGIN) p.begun += w;
      const ns = known64(ttfb[2 * row]!, ttfb[2 * row + 1]!);
      if (ns < 0 || w === 0) continue;
      values[known] = ns;
      weights[known++] = w;
    }
    p.firstSeenMs = first;
    p.lastSeenMs = last;
    p.exchanges += exchanges;
    p.ttfb.addWhole(values, weights, known);
    known = 0;
    for (let i = from; i < end; i++) {
      const row = ordered[i]!;
      if (phase[row] === BEGIN) continue;
      const w = weight[row]!;
      if (phase[row] === END) p.ended += w;
      // An error is known when the exchange is over; whoever folds a begin must not count it twice.
      if (error[row] !== 0) p.addError(dictionary.string(error[row]!), w);
      const ns = known64(total[2 * row]!, total[2 * row + 1]!);
      if (ns < 0 || w === 0) continue;
      values[known] = ns;
      weights[known++] = w;
    }
    p.total.addWhole(values, weights, known);
    const sent = this.sizes(c['http.request.size']!, phase, weight, from, end);
    p.requestBytes += sent.bytes;
    p.sizedRequests += sent.sized;
    const received = this.sizes(c['http.response.size']!, phase, weight, from, end);
    p.responseBytes += received.bytes;
    p.sizedResponses += received.sized;
  }

  private sizes(size: ArrayLike<number>, phase: ArrayLike<number>, weight: ArrayLike<number>, from: number, end: number): { bytes: number; sized: number } {
    const { ordered } = this;
    let bytes = 0;
    let sized = 0;
    for (let i = from; i < end; i++) {
      const row = ordered[i]!;
      if (phase[row] === BEGIN) continue;
      const n = known64(size[2 * row]!, size[2 * row + 1]!);
      if (n < 0 || n >= MAX_BYTES) continue;
      bytes += n * weight[row]!;
      sized += weight[row]!;
    }
    return { bytes, sized };
  }

  private clear(rows: number): void {
    const want = Math.max(64, 1 << (33 - Math.clz32(rows)));
    if (this.stamp.length < want) {
      this.stamp = new Int32Array(want);
      this.method = new Int32Array(want);
      this.route = new Int32Array(want);
      this.status = new Int32Array(want);
      this.slot = new Int32Array(want);
      this.ends = new Int32Array(want);
      this.slotOf = new Int32Array(want);
      this.ordered = new Int32Array(want);
      this.values = new Float64Array(want);
      this.weights = new Float64Array(want);
      this.mask = want - 1;
      this.generation = 0;
    }
    this.found.length = 0;
    this.generation++;
  }

  private slotFor(method: number, route: number, status: number, dictionary: BatchDictionary, window: ServiceWindow, role: Role): number {
    const mask = this.mask;
    let h = Math.imul(method, 0x9e3779b1) ^ Math.imul(route, 0x85ebca6b) ^ Math.imul(status, 0xc2b2ae35);
    h = (h ^ (h >>> 15)) & mask;
    while (this.stamp[h] === this.generation) {
      if (this.route[h] === route && this.method[h] === method && this.status[h] === status) return this.slot[h]!;
      h = (h + 1) & mask;
    }
    this.stamp[h] = this.generation;
    this.method[h] = method;
    this.route[h] = route;
    this.status[h] = status;
    const text = dictionary.string(method);
    const slot = this.found.push(window.pattern(role, COMMON_METHODS.get(text) ?? text, dictionary.string(route), status)) - 1;
    this.ends[slot] = 0;
    return (this.slot[h] = slot);
  }
}
