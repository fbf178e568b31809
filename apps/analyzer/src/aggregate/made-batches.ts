/** Batches for tests and benches, as an agent would send them, and as a hostile one would; the same for the same arguments. */
import { EventColumnsBuilder, makeRecord, type BatchAccount, type EventRecord, type EventRow, type HeaderRow } from '@headwater/header-event';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
/** start of the traffic, ms */
export const T = 1_790_000_000_000;

let seed = 1;
const random = (n: number): number => ((seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 8) % n;
const hex = (n: number): string => Array.from({ length: n }, () => random(16).toString(16)).join('');

/** About 700 patterns, log-normal latencies, 8 + 8 headers of which `ids` a request are unique. */
function exchange(ms: number, ids: number, services: number): EventRow {
  const route = random(175);
  const latency = Math.round(Math.exp(13 + 2 * (random(1000) / 1000 + random(1000) / 1000 - 1)));
  const request: HeaderRow[] = [
    { name: 'Host', value: `svc-${route % 5}.internal:8080` },
    { name: 'User-Agent', value: ['curl/8.5.0', 'okhttp/4.12.0', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0'][random(3)]! },
    { name: 'Accept', value: '*/*' },
    { name: 'Accept-Encoding', value: 'gzip, br' },
    { name: 'Content-Type', value: 'application/json' },
    { name: 'Authorization', value: 'Bearer', action: 'summary' },
    { name: 'Connection', value: 'keep-alive' },
    ids > 0 ? { name: 'X-Request-Id', value: hex(32) } : { name: 'X-Tenant', value: `t${random(20)}` },
  ];
  const response: HeaderRow[] = [
    { name: 'Server', value: 'nginx/1.26.3' },
    { name: 'Date', value: new Date(ms).toUTCString() },
    { name: 'Content-Type', value: 'application/json; charset=utf-8' },
    { name: 'Content-Length', value: String(200 + random(800)) },
    { name: 'Connection', value: 'keep-alive' },
    { name: 'Cache-Control', value: 'no-store' },
    { name: 'Vary', value: 'Accept-Encoding' },
    ids > 1 ? { name: 'ETag', value: `"${hex(16)}"` } : { name: 'X-Frame-Options', value: 'DENY' },
  ];
  return {
    start_time: BigInt(ms) * 1_000_000n,
    'service.name': `shop-${route % services}`,
    'client.address': `10.0.${route % services}.${random(40)}`,
    'http.request.method': METHODS[random(4)]!,
    'http.route': `/api/v1/resource-${route}/{int}`,
    'http.response.status_code': random(50) === 0 ? 500 : 200,
    'headwater.ttfb_ns': latency,
    'headwater.total_ns': latency + random(100_000),
    'http.request.size': 400 + random(100),
    'http.response.size': 900 + random(5_000),
    'http.request.headers': request,
    'http.response.headers': response,
  };
}

function account(untilMs: number, n: number): BatchAccount {
  const starts = { started: n, emitted: n, filtered: {}, lost: {}, in_flight: 0 };
  return {
    watermark_unix_ms: untilMs,
    since_unix_ms: untilMs - 10,
    until_unix_ms: untilMs,
    request: starts,
    response: starts,
    exchanges: n,
    unread: {},
    coverage: 1,
    source: 'live',
  };
}

/** `n` batches of `rows` rows over 20 ms each (the last ends at `endMs`), `ids` unique header values an exchange (0 to 2), of so many services. */
export function batches(n: number, rows: number, ids: number, seqOf: (i: number) => number, { endMs = T + n * 20, host = 'h', services = 5 } = {}): EventRecord[] {
  const t = endMs - n * 20;
  return Array.from({ length: n }, (_, i) => {
    const b = new EventColumnsBuilder();
    for (let k = 0; k < rows; k++) b.add(exchange(t + i * 20 + Math.floor((k * 20) / rows), ids, services));
    return makeRecord({ identity: { hostId: host, incarnation: 'i' }, seq: seqOf(i), columns: b.finish(), account: account(t + i * 20 + 20, rows) });
  });
}
export interface AttackShape {
  rows: number;
  /** newest instant, ms; times go back from it by up to `spreadMs` */
  endMs: number;
  spreadMs: number;
  hosts: number;
  services: number;
}

/** The n-th batch (from 1): random service, method, route, status, client, error, header names and values, times and latencies. */
export function attackBatch(n: number, { rows, endMs, spreadMs, hosts, services }: AttackShape): EventRecord {
  let state = Math.imul(n, 0x9e3779b1) >>> 0 || 1;
  const random = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const word = (kinds: number): string => random(kinds).toString(36);
  const b = new EventColumnsBuilder();
  for (let k = 0; k < rows; k++) {
    const ns = Math.floor(2 ** (random(5300) / 100));
    b.add({
      start_time: BigInt(endMs - random(spreadMs)) * 1_000_000n,
      'headwater.role': random(2),
      'service.name': `s-${word(services)}`,
      'http.request.method': `M${word(5000)}`,
      'http.route': `/${word(2 ** 31)}/${word(2 ** 31)}`,
      'http.response.status_code': random(65_536),
      'error.type': `e-${word(2 ** 31)}`,
      'client.address': `c-${word(2 ** 31)}`,
      'headwater.ttfb_ns': ns,
      'headwater.total_ns': ns,
      'http.request.size': random(2 ** 31),
      'http.request.headers': Array.from({ length: 4 }, () => ({ name: `H-${word(2 ** 31)}`, value: word(2 ** 31) })),
      'http.response.headers': Array.from({ length: 4 }, () => ({ name: `R-${word(2 ** 31)}`, value: word(2 ** 31) })),
    });
  }
  const host = n % hosts;
  return makeRecord({ identity: { hostId: `host-${host}`, incarnation: `i-${host}` }, seq: Math.floor(n / hosts) + 1, columns: b.finish(), account: account(endMs, rows) });
}
