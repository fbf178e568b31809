/**
 * Exchanges a second of CPU (of the thread that folds: a busy machine's wall clock says little) through decode (checksum included), fold and flush into the embedded store, in one process
 * on one core. `node --conditions=@headwater/source bench/fold.ts [seconds]`; prints a table and one JSON line.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventColumnsBuilder, makeRecord, type BatchAccount, type EventRow, type HeaderRow } from '@headwater/header-event';
import { openSummaryStore } from '@headwater/summary-store';
import { UnitFold } from '../src/aggregate/unit-fold.ts';
import { inspect } from '../src/consume/inspect.ts';

const SECONDS = Number(process.argv[2] ?? 4);
const RULES = { clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 30_000 };
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const T = 1_790_000_000_000;

let seed = 1;
const random = (n: number): number => ((seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 8) % n;
const hex = (n: number): string => Array.from({ length: n }, () => random(16).toString(16)).join('');

/** About 700 patterns, log-normal latencies, 8 + 8 headers of which `ids` a request are unique. */
function exchange(ms: number, ids: number): EventRow {
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
    'service.name': 'shop',
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
  return { watermark_unix_ms: untilMs, since_unix_ms: untilMs - 10, until_unix_ms: untilMs, request: starts, response: starts, exchanges: n, unread: {}, coverage: 1, source: 'live' };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function run(rows: number, ids: number): Promise<{ rate: number; wall_rate: number; decode: number; fold: number; flush: number; bytes: number }> {
  const made = Array.from({ length: Math.max(4, Math.ceil(40_000 / rows)) }, (_, i) => {
    const b = new EventColumnsBuilder();
    for (let k = 0; k < rows; k++) b.add(exchange(T + i * 20 + Math.floor((k * 20) / rows), ids));
    return makeRecord({ identity: { hostId: 'h', incarnation: 'i' }, seq: 1, columns: b.finish(), account: account(T + i * 20 + 20, rows) });
  });
  const dir = mkdtempSync(join(tmpdir(), 'hw-fold-'));
  const store = await openSummaryStore({ kind: 'embedded', path: join(dir, 's.db') });
  const unit = { topic: 't', partition: 0 };
  const fold = new UnitFold(await store.claim(unit, 'x'), RULES, T);
  const spent = { decode: 0, fold: 0, flush: 0 };
  let exchanges = 0;
  let seq = 0;
  const cycle = async (ms: number): Promise<void> => {
    const end = performance.now() + ms;
    let lastFlush = performance.now();
    while (performance.now() < end) {
      const { value, headers } = made[seq % made.length]!;
      const t0 = cpuMs();
      const seen = inspect({ offset: seq, timestampMs: T + 1000, key: 'h', value, headers }, T + 1000);
      if (!('ok' in seen)) throw new Error(seen.bad.detail);
      seen.ok.seq = ++seq;
      const t1 = cpuMs();
      exchanges += fold.fold(seen.ok, T + 1000).folded;
      const t2 = cpuMs();
      spent.decode += t1 - t0;
      spent.fold += t2 - t1;
      if (performance.now() - lastFlush < 1000) continue;
      const commit = fold.commit(unit, [], T);
      const result = await store.commit(commit);
      if (result.kind !== 'ok') throw new Error(result.kind);
      fold.committed(commit, result.taken, T);
      lastFlush = performance.now();
      spent.flush += cpuMs() - t2;
    }
  };
  await cycle(1000);
  exchanges = 0;
  spent.decode = spent.fold = spent.flush = 0;
  const began = performance.now();
  const cpu = cpuMs();
  await cycle(SECONDS * 1000);
  const took = performance.now() - began;
  const used = cpuMs() - cpu;
  await store.end();
  rmSync(dir, { recursive: true, force: true });
  const ns = (ms: number) => Math.round((ms * 1e6) / exchanges);
  return { rate: Math.round((exchanges / used) * 1000), wall_rate: Math.round((exchanges / took) * 1000), decode: ns(spent.decode), fold: ns(spent.fold), flush: ns(spent.flush), bytes: Math.round(made[0]!.value.length / rows) };
}

const results = [];
for (const [rows, ids] of [[2000, 0], [500, 0], [2000, 1], [2000, 2], [500, 2], [10, 0]] as const) {
  const r = { rows, unique_headers: ids, ...(await run(rows, ids)) };
  results.push(r);
  console.log(`${rows} rows a batch, ${ids} unique header values an exchange: ${r.rate} exchanges a CPU second, ${r.wall_rate} a second (ns an exchange: decode ${r.decode}, fold ${r.fold}, flush ${r.flush}; ${r.bytes} B an exchange)`);
}
console.log(JSON.stringify({ bench: 'fold', results }));
