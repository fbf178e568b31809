// The bench's part on the stream: bytes an exchange takes on Kafka, and how fast an analyzer folds from it into Redis.
import { readdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../../infra/kafka/start.mjs';
import { startRedis } from '../../infra/redis/start.mjs';
import { healthy, launch, metric, NODE, settingsFile } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { cpuUs, rssMb } from './proc.mjs';

const event = () => import('../../libs/header-event/dist/index.js');
const busLib = () => import('../../libs/event-bus/dist/index.js');

const STATIC = [
  ['Host', 'api.test'],
  ['User-Agent', 'bench/1.0'],
  ['Accept', 'application/json'],
  ['Accept-Language', 'en'],
  ['Accept-Encoding', 'gzip'],
  ['Connection', 'keep-alive'],
  ['Cache-Control', 'no-cache'],
  ['Content-Type', 'application/json'],
];
const ANSWER = [
  ['Server', 'nginx/1.22.1'],
  ['Content-Type', 'application/json'],
  ['Content-Length', '201'],
  ['Connection', 'keep-alive'],
  ['Cache-Control', 'no-store'],
  ['Vary', 'Accept'],
  ['X-Frame-Options', 'DENY'],
  ['Age', '0'],
];

/** A row; `ids` puts a random request id and a fingerprint into it, as API traffic has them. */
export function row(i, { routes, ids, nowNs }) {
  const r = i % routes;
  const request = STATIC.map(([name, value]) => ({ name, value }));
  const response = ANSWER.map(([name, value]) => ({ name, value }));
  if (ids) {
    request[4] = { name: 'X-Request-Id', value: randomBytes(8).toString('hex') };
    request[6] = { name: 'Authorization', value: `Bearer fp=k1:${(i % 500).toString(16).padStart(13, '0')}`, action: 'summary' };
    response[6] = { name: 'X-Request-Id', value: request[4].value };
  }
  return {
    start_time: nowNs + BigInt(i) * 1_000n,
    'headwater.phase': 0,
    'headwater.role': 0,
    'service.name': `svc-${r % 10}`,
    'http.request.method': r % 5 ? 'GET' : 'POST',
    'url.scheme': 'http',
    'url.path': `/v1/resource-${r}/{int}`,
    'http.route': `/v1/resource-${r}/{int}`,
    'server.address': 'api.test',
    'server.port': 8080,
    'client.address': `10.0.0.${i % 200}`,
    'network.transport': 'tcp',
    'network.protocol.version': '1.1',
    'http.response.status_code': r % 17 === 3 ? 404 : r % 29 === 5 ? 500 : 200,
    'headwater.ttfb_ns': BigInt(200_000 + ((i * 7919) % 5_000_000)),
    'headwater.total_ns': BigInt(300_000 + ((i * 7919) % 6_000_000)),
    'http.request.size': 350n,
    'http.request.body.size': 0n,
    'http.response.size': 520n,
    'http.response.body.size': 201n,
    'http.request.headers': request,
    'http.response.headers': response,
    'process.pid': 4242,
    'process.executable.name': 'nginx',
    'headwater.connection': BigInt(i % 64),
    'headwater.ordinal': i,
    'headwater.weight': 1,
    'headwater.policy': 'default@1',
    'rpc.grpc.status_code': -1,
  };
}

const none = () => ({ started: 0, emitted: 0, filtered: {}, lost: {}, in_flight: 0 });

/** Records of `rows` exchanges each, for one host. */
export async function makeRecords({ count, rows, routes, ids, host, spanMs = 0 }) {
  const { EventColumnsBuilder, makeRecord } = await event();
  const identity = { hostId: host, incarnation: randomUUID() };
  const t0 = Date.now() - spanMs;
  const records = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const until = t0 + Math.floor((spanMs * seq) / count);
    const builder = new EventColumnsBuilder();
    for (let i = 0; i < rows; i += 1) builder.add(row(seq * rows + i, { routes, ids, nowNs: BigInt(until) * 1_000_000n }));
    const starts = { ...none(), started: rows, emitted: rows };
    records.push(
      makeRecord({
        identity,
        seq,
        columns: builder.finish(),
        account: {
          watermark_unix_ms: until,
          since_unix_ms: until - 100,
          until_unix_ms: until,
          request: starts,
          response: starts,
          exchanges: rows,
          unread: {},
          coverage: 1,
          source: 'live',
        },
      }),
    );
  }
  return records;
}

function logBytes(dir, topic) {
  let sum = 0;
  for (const e of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    const parent = e.parentPath ?? e.path;
    if (e.isFile() && e.name.endsWith('.log') && parent.includes(topic)) sum += statSync(join(parent, e.name)).size;
  }
  return sum;
}

/** Bytes on the broker's disk an exchange, by kind of traffic and rows a batch. */
export async function bytesOnKafka({ kafka, dir, say }) {
  const { openBus } = await busLib();
  const bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'bench', compression: 'zstd' });
  const answer = {};
  for (const [name, ids, rows, count] of [
    ['static_500', false, 500, 40],
    ['ids_500', true, 500, 40],
    ['ids_10', true, 10, 200],
  ]) {
    const topic = `bench.bytes.${name}`;
    await bus.applyTopics([{ name: topic, partitions: 1, cleanup: 'delete', retentionMs: 3_600_000 }], { dryRun: false });
    for (const r of await makeRecords({ count, rows, routes: 50, ids, host: 'bench' })) await bus.publish(topic, [{ key: 'bench', partition: 0, ...r }]);
    answer[name] = +(logBytes(dir, topic) / (rows * count)).toFixed(1);
    say(`  ${name}: ${answer[name]} bytes an exchange`);
  }
  await bus.close();
  return answer;
}

/** Exchanges a second one analyzer folds out of a full topic, and by its own CPU time (a core's worth). */
export async function analyzerRate({ kafka, redis, say, records = 400, rows = 2_000 }) {
  const { openBus } = await busLib();
  const prefix = `bench${Date.now()}`;
  const bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'bench', compression: 'zstd' });
  const topics = (await event()).TOPICS;
  await bus.applyTopics(
    Object.values(topics).map((t) => ({ ...t, name: `${prefix}.${t.name}`, partitions: Math.min(t.partitions, 4) })),
    { dryRun: false },
  );
  const made = await makeRecords({ count: 40, rows, routes: 500, ids: true, host: 'bench', spanMs: 30_000 });
  const { makeRecord, openRecord } = await event();
  const identity = { hostId: 'bench', incarnation: randomUUID() };
  const opened = made.map((r) => openRecord({ offset: 0, timestampMs: 0, key: 'bench', value: r.value, headers: r.headers }));
  for (let i = 0; i < records; i += 1) {
    const o = opened[i % opened.length];
    const again = makeRecord({ identity, seq: i + 1, columns: o.columns, account: o.account });
    await bus.publish(`${prefix}.header-events.v1`, [{ key: 'bench', partition: 0, ...again }]);
  }
  await bus.close();
  const dir = mkdtempSync(join(tmpdir(), 'hw-bench-analyzer-'));
  const port = await freePort();
  const analyzer = launch('analyzer', NODE, [
    'apps/analyzer/dist/main.js',
    '--config',
    settingsFile(dir, 'analyzer', {
      topic_prefix: prefix,
      group: prefix,
      bus: { kind: 'kafka', brokers: kafka.bootstrap },
      store: { kind: 'redis', url: redis.url },
      state: { kind: 'redis', url: redis.url },
      admin: { port },
    }),
  ]);
  try {
    await healthy(analyzer, `http://127.0.0.1:${port}/healthz`);
    const total = records * rows;
    let first = null;
    let n = 0;
    const until = Date.now() + 120_000;
    while (n < total) {
      if (analyzer.exit || Date.now() > until) throw new Error(`analyzer folded ${n} of ${total}:\n${analyzer.output.slice(-2_000)}`);
      await sleep(20);
      n = (await metric(port, 'headwater_analyzer_exchanges_total')) ?? 0;
      if (n > 0 && !first) first = { n, at: performance.now(), cpu: cpuUs(analyzer.pid) };
    }
    const seconds = (performance.now() - first.at) / 1000;
    const cpu = (cpuUs(analyzer.pid) - first.cpu) / 1e6;
    const answer = { exchanges: total, per_s: Math.round((total - first.n) / seconds), per_core_s: Math.round((total - first.n) / cpu), rss_mb: Math.round(rssMb(analyzer.pid)) };
    say(`  analyzer: ${answer.per_s}/s, ${answer.per_core_s} a core second, ${answer.rss_mb} MB`);
    return answer;
  } finally {
    await analyzer.kill('SIGTERM');
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function streamBench({ say }) {
  const dir = mkdtempSync(join(tmpdir(), 'hw-bench-kafka-'));
  const kafka = await startKafka({ dir: join(dir, 'kafka') });
  const redis = await startRedis();
  try {
    return { bytes: await bytesOnKafka({ kafka, dir, say }), analyzer: await analyzerRate({ kafka, redis, say }) };
  } finally {
    await kafka.stop();
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
