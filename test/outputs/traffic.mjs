// Known exchanges as an agent would send them, and what they come to: the truth that outputs are held against.
import { EventColumnsBuilder, makeRecord, partitionFor } from '@headwater/header-event';

const PARTITIONS = 12;
/** Away from every bound of the histograms by more than a bucket's 1 %: so each falls where plain comparison puts it. */
const SECONDS = [0.003, 0.007, 0.018, 0.06, 0.3, 0.9, 4, 12];
const PATTERNS = [
  ['GET', '/orders/{int}', 200],
  ['GET', '/orders/{int}', 404],
  ['POST', '/pay "now"', 201],
  ['POST', '/pay "now"', 500],
  ['GET', '/gone', 0],
];

const starts = (n) => ({ started: n + 1, emitted: n, filtered: {}, lost: { ring_full: 1 }, in_flight: 0 });

/** One host's agent. `send` publishes batches of known exchanges and adds them to `truth`. */
export class Traffic {
  #seq = new Map();
  #random;
  #bus;
  #topic;
  /** one entry an exchange */
  truth = [];
  /** host -> message starts said to be lost */
  lost = new Map();

  constructor(bus, topic, seed) {
    this.#bus = bus;
    this.#topic = topic;
    let state = seed;
    this.#random = (n) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % n;
  }

  /** @param minutes starts of minutes, ms; @param late not in the series: comes too late */
  async send({ host, services, minutes, batches, rows, role = 'server', late = false }) {
    const records = [];
    for (let b = 0; b < batches; b++) {
      const seq = (this.#seq.get(host) ?? 0) + 1;
      this.#seq.set(host, seq);
      const builder = new EventColumnsBuilder();
      for (let row = 0; row < rows; row++) {
        const [method, route, status] = PATTERNS[this.#random(PATTERNS.length)];
        const service = services[this.#random(services.length)];
        const seconds = SECONDS[this.#random(SECONDS.length)];
        const atMs = minutes[this.#random(minutes.length)] + this.#random(60_000);
        const error = status === 0 ? 'no_response' : status === 500 && this.#random(3) === 0 ? 'connection_reset' : '';
        builder.add({
          start_time: BigInt(atMs) * 1_000_000n,
          'headwater.phase': 'complete',
          'headwater.role': role,
          'service.name': service,
          'http.request.method': method,
          'http.route': route,
          'http.response.status_code': status,
          'error.type': error,
          'headwater.ttfb_ns': Math.round(seconds * 5e8),
          'headwater.total_ns': status === 0 ? -1 : Math.round(seconds * 1e9),
          'http.request.size': 200,
          'http.response.size': status === 0 ? -1 : 1_000,
          'http.request.headers': [{ name: 'Host', value: 'shop.test', action: 'keep' }],
          'headwater.connection': BigInt(seq),
          'headwater.ordinal': row,
          'headwater.weight': 1,
        });
        this.truth.push({ id: `${host}/i1/${seq}/${row}`, service, role, method, route, status, seconds: status === 0 ? null : seconds, error, atMs, late });
      }
      this.lost.set(host, (this.lost.get(host) ?? 0) + 1);
      // An account is in the window where its span ends: a minute that is over, so that it need not be waited for.
      const until = Date.now() - 120_000;
      const account = {
        watermark_unix_ms: Date.now(),
        since_unix_ms: until - 1,
        until_unix_ms: until,
        request: starts(rows),
        response: starts(rows),
        exchanges: rows,
        unread: {},
        coverage: 1,
        source: 'live',
      };
      const record = makeRecord({ identity: { hostId: host, incarnation: 'i1' }, seq, columns: builder.finish(), account });
      records.push({ ...record, partition: partitionFor(host, PARTITIONS) });
    }
    for (const record of records) await this.#bus.publish(this.#topic, [record]);
  }

  /** Sums by a key of each exchange that is in the series. */
  sums(keyOf, of = () => 1) {
    const sums = new Map();
    for (const e of this.truth) {
      const key = e.late ? null : keyOf(e);
      if (key !== null) sums.set(key, (sums.get(key) ?? 0) + of(e));
    }
    return sums;
  }
}
