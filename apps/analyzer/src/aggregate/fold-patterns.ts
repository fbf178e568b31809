import type { Pattern, Role, ServiceWindow } from '@headwater/sketch';
import type { EventColumns } from '@headwater/header-event';
import type { BatchDictionary } from './dictionary.ts';
import { known64 } from './event-time.ts';

const BEGIN = 1;
const END = 2;
/** Sizes beyond 256 TiB are forged: taken as unknown, lest they drown the sums. */
const MAX_BYTES = 2 ** 48;

/** Finds a row's pattern by its dictionary indices: strings are made once per pattern and batch. */
export class PatternFold {
  private mask = 0;
  private generation = 0;
  private stamp = new Int32Array(0);
  private method = new Int32Array(0);
  private route = new Int32Array(0);
  private status = new Int32Array(0);
  private found: (Pattern | undefined)[] = [];

  fold(columns: EventColumns, rows: Int32Array, eventMs: Float64Array, dictionary: BatchDictionary, window: ServiceWindow, role: Role): void {
    this.clear(rows.length);
    const c = columns.columns;
    const phase = c['headwater.phase']!;
    const weight = c['headwater.weight']!;
    const method = c['http.request.method']!;
    const route = c['http.route']!;
    const status = c['http.response.status_code']!;
    const error = c['error.type']!;
    const ttfb = c['headwater.ttfb_ns']!;
    const total = c['headwater.total_ns']!;
    const requestSize = c['http.request.size']!;
    const responseSize = c['http.response.size']!;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const p = this.pattern(method[row]!, route[row]!, status[row]!, dictionary, window, role);
      const w = weight[row]!;
      const ms = eventMs[row]!;
      if (ms < p.firstSeenMs) p.firstSeenMs = ms;
      if (ms > p.lastSeenMs) p.lastSeenMs = ms;
      const low = 2 * row;
      if (phase[row] !== END) {
        p.exchanges += w;
        const ns = known64(ttfb[low]!, ttfb[low + 1]!);
        if (ns >= 0) p.ttfb.add(ns, w);
      }
      if (phase[row] === BEGIN) {
        p.begun += w;
        continue;
      }
      if (phase[row] === END) p.ended += w;
      // An error is known when the exchange is over; whoever folds a begin must not count it twice.
      if (error[row] !== 0) p.addError(dictionary.string(error[row]!), w);
      const ns = known64(total[low]!, total[low + 1]!);
      if (ns >= 0) p.total.add(ns, w);
      const sent = known64(requestSize[low]!, requestSize[low + 1]!);
      if (sent >= 0 && sent < MAX_BYTES) {
        p.requestBytes += sent * w;
        p.sizedRequests += w;
      }
      const received = known64(responseSize[low]!, responseSize[low + 1]!);
      if (received >= 0 && received < MAX_BYTES) {
        p.responseBytes += received * w;
        p.sizedResponses += w;
      }
    }
  }

  private clear(rows: number): void {
    const want = Math.max(64, 1 << (33 - Math.clz32(rows)));
    if (this.stamp.length < want) {
      this.stamp = new Int32Array(want);
      this.method = new Int32Array(want);
      this.route = new Int32Array(want);
      this.status = new Int32Array(want);
      this.found = new Array<Pattern | undefined>(want);
      this.mask = want - 1;
      this.generation = 0;
    }
    this.generation++;
  }

  private pattern(method: number, route: number, status: number, dictionary: BatchDictionary, window: ServiceWindow, role: Role): Pattern {
    const mask = this.mask;
    let h = Math.imul(method, 0x9e3779b1) ^ Math.imul(route, 0x85ebca6b) ^ Math.imul(status, 0xc2b2ae35);
    h = (h ^ (h >>> 15)) & mask;
    while (this.stamp[h] === this.generation) {
      if (this.route[h] === route && this.method[h] === method && this.status[h] === status) return this.found[h]!;
      h = (h + 1) & mask;
    }
    this.stamp[h] = this.generation;
    this.method[h] = method;
    this.route[h] = route;
    this.status[h] = status;
    return (this.found[h] = window.pattern(role, dictionary.string(method), dictionary.string(route), status));
  }
}
