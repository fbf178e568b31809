#!/usr/bin/env node
// Encode and decode time of a batch, and bytes per exchange on Kafka (zstd level 1, as the producer compresses).
//   node bench.mjs [--json]      Node 24
import { zstdCompressSync, constants } from 'node:zlib';
import { EventColumnsBuilder, decodeBatch, encodeBatch, makeRecord, openRecord } from './src/index.ts';

let seed = 1;
const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const hex = (n) => Array.from({ length: n }, () => Math.floor(random() * 16).toString(16)).join('');
const pick = (list) => list[Math.floor(random() * list.length)];
const header = (name, value, action = 'keep') => ({ name, value, action });

/** 8 + 8 header fields; `ids` makes three of them differ with every exchange, as request and trace ids do. */
function row(i, ids) {
  const route = pick(['/orders/{int}', '/orders', '/users/{uuid}', '/health']);
  const status = pick([200, 200, 200, 201, 404, 500]);
  return {
    start_time: 1_795_000_000_000_000_000n + BigInt(i) * 1_000_000n + BigInt(Math.floor(random() * 1e6)),
    'service.name': 'shop',
    'http.request.method': pick(['GET', 'GET', 'POST']),
    'url.scheme': 'http',
    'url.path': route,
    'http.route': route,
    'server.address': 'shop.example',
    'server.port': 8080,
    'client.address': ids ? `10.0.${Math.floor(random() * 4)}.${Math.floor(random() * 250)}` : '127.0.0.1',
    'network.transport': 'tcp',
    'network.protocol.version': '1.1',
    'http.response.status_code': status,
    'headwater.ttfb_ns': Math.floor(300_000 + random() * 3e6),
    'headwater.total_ns': Math.floor(500_000 + random() * 4e6),
    'http.request.size': 320,
    'http.request.body.size': 0,
    'http.response.size': 900 + Math.floor(random() * 200),
    'http.response.body.size': 612,
    'http.request.headers': [
      header('Host', 'shop.example'),
      header('User-Agent', 'curl/8.5.0'),
      header('Accept', '*/*'),
      header('Accept-Encoding', 'gzip, br'),
      header('Content-Type', 'application/json'),
      header('Authorization', ids ? `Bearer fp=${hex(16)}` : 'Bearer', 'summary'),
      header('X-Request-Id', ids ? hex(32) : 'static'),
      header('Connection', 'keep-alive'),
    ],
    'http.response.headers': [
      header('Server', 'nginx'),
      header('Date', 'Sun, 22 Nov 2026 19:00:00 GMT'),
      header('Content-Type', 'application/json'),
      header('Content-Length', '612'),
      header('Connection', 'keep-alive'),
      header('Cache-Control', 'no-store'),
      header('ETag', ids ? `"${hex(16)}"` : '"1"'),
      header('Vary', 'Accept-Encoding'),
    ],
    'process.pid': 4242,
    'process.executable.name': 'nginx',
    'headwater.connection': 77_000n + BigInt(i % 16),
    'headwater.ordinal': Math.floor(i / 16) + 1,
    'headwater.srtt_us': 40,
    'headwater.policy': 'default@1',
    'headwater.key_id': ids ? 'k1' : '',
  };
}
function batch(rows, ids) {
  const builder = new EventColumnsBuilder();
  for (let i = 0; i < rows; i++) builder.add(row(i, ids));
  return builder.finish();
}

/** Median of 9 runs, us a call. */
function time(work) {
  const runs = [];
  for (let r = 0; r < 9; r++) {
    let n = 0;
    const start = process.hrtime.bigint();
    let elapsed = 0;
    do {
      for (let k = 0; k < 8; k++) work();
      n += 8;
      elapsed = Number(process.hrtime.bigint() - start) / 1000;
    } while (elapsed < 60_000);
    runs.push(elapsed / n);
  }
  return runs.sort((a, b) => a - b)[4];
}

const starts = { started: 500, emitted: 500, filtered: {}, lost: {}, in_flight: 0 };
const account = {
  watermark_unix_ms: 1_795_000_000_000,
  since_unix_ms: 1_795_000_000_000,
  until_unix_ms: 1_795_000_000_000,
  request: starts,
  response: starts,
  exchanges: 500,
  unread: {},
  coverage: 1,
  source: 'live',
};
const identity = { hostId: '0f3c1a2b4d5e6f708192a3b4c5d6e7f8', incarnation: 'a1b2c3d4e5f60718' };
const level1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const results = [];
for (const ids of [false, true]) {
  for (const rows of [3, 10, 500, 2000]) {
    const columns = batch(rows, ids);
    const bytes = encodeBatch(columns);
    const record = makeRecord({ identity, seq: 1, columns, account });
    const headerBytes = Object.entries(record.headers)
      .map(([k, v]) => k + v)
      .join('');
    const wire = zstdCompressSync(Buffer.concat([Buffer.from(headerBytes), record.value]), level1).length + 90;
    results.push({
      headers: ids ? 'with ids' : 'static',
      rows,
      encode_us: time(() => encodeBatch(columns)),
      decode_us: time(() => decodeBatch(bytes)),
      open_us: time(() => openRecord(record)),
      raw_bytes: bytes.length,
      kafka_bytes_per_exchange: wire / rows,
    });
  }
}
if (process.argv.includes('--json')) console.log(JSON.stringify(results));
else
  console.table(
    results.map((r) => ({
      ...r,
      encode_us: r.encode_us.toFixed(1),
      decode_us: r.decode_us.toFixed(1),
      open_us: r.open_us.toFixed(1),
      kafka_bytes_per_exchange: r.kafka_bytes_per_exchange.toFixed(1),
    })),
  );
