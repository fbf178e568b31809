// How long the listings take: a range of closed windows of 500 routes and as many before it (the trend looks there), read by
// the compiled API over loopback. The client is in the same process: its CPU time is in the figures.
// usage: node apps/api/bench/request-patterns.mjs [--store redis://host:port] [--requests N] [--windows 60] [--partitions 12]
//   [--fetch-all]  what it would cost if the store sent every closed segment each time, held or not
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import pino from 'pino';
import { openStateStore } from '@headwater/state-store';
import { openSummaryStore } from '@headwater/summary-store';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { createApi } from '../dist/app.js';

const option = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const redis = option('--store', null);
const requests = Number(option('--requests', '100'));
const TOPIC = 'bench.header-events.v1';
const WINDOWS = Number(option('--windows', '60'));
const PARTITIONS = Number(option('--partitions', '12'));
const ROUTES = 500;
const START = Math.floor(Date.now() / 10_000) * 10_000 - (WINDOWS + 60) * 10_000;

const dir = mkdtempSync(join(tmpdir(), 'headwater-api-bench-'));
const settings = (file) => (redis ? { kind: 'redis', url: redis, prefix: `bench-${process.pid}` } : { kind: 'embedded', path: join(dir, file) });
const store = await openSummaryStore(settings('summaries.db'));
const reading = process.argv.includes('--fetch-all') ? { read: (range, held) => store.read(range, (head) => held(head) && false), ping: () => store.ping() } : store;
const state = await openStateStore(settings('state.db'));

function window(seed) {
  const s = new ServiceWindow();
  for (let r = 0; r < ROUTES; r += 1) {
    const p = s.pattern('server', 'GET', `/resource-${r}/{int}`, r % 20 === 0 ? 404 : 200);
    for (let i = 0; i < 20; i += 1) {
      const ns = 1e6 * (1 + ((r * 31 + i * 17 + seed * 7) % 100));
      p.ttfb.add(ns);
      p.total.add(ns * 1.5);
    }
    p.exchanges = 20;
    p.firstSeenMs = p.lastSeenMs = START + seed * 10_000;
    s.roleExchanges.server += 20;
  }
  return s;
}

const unit = { topic: TOPIC, partition: 0 };
const { epoch } = await store.claim(unit, 'bench');
let offset = null;
let bytes = 0;
for (let partition = 1; partition < PARTITIONS; partition += 1) await store.claim({ topic: TOPIC, partition }, 'bench');
for (let i = -WINDOWS; i < WINDOWS; i += 1) {
  const start = START + i * 10_000;
  const hosts = new HostsWindow();
  hosts.host('h1').exchanges = ROUTES * 20;
  const segments = [
    { subject: 's:shop', bytes: window(i).encode() },
    { subject: 'h:', bytes: hosts.encode() },
  ].map((s) => ({ resolution: '10s', start, ...s }));
  bytes += segments[0].bytes.byteLength / 2;
  const next = (offset ?? 0) + 1;
  const done = await store.commit({
    unit,
    epoch,
    expectedOffset: offset,
    nextOffset: next,
    agents: new Uint8Array(0),
    watermark: start,
    silent: [],
    at: Date.now(),
    segments: segments.map((s) => ({ ...s, fresh: true })),
  });
  if (done.kind !== 'ok') throw new Error(done.kind);
  offset = next;
  for (const { subject, bytes: merged } of segments) {
    const key = { resolution: '10s', start, subject };
    const taken = await store.take(TOPIC, key, unit);
    const closed = { ...key, revision: 1, bytes: merged, holds: { 0: taken.partials[0].revision }, missing: [], closedAt: Date.now() };
    const result = await store.close(TOPIC, { unit, epoch, lease: taken.lease, expectedRevision: 0, closed });
    if (result.kind !== 'ok') throw new Error(result.kind);
  }
}

const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' };
let issuer = '';
const as = createServer((req, res) => res.end(JSON.stringify(req.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` })));
await new Promise((ok) => as.listen(0, '127.0.0.1', ok));
issuer = `http://127.0.0.1:${as.address().port}`;
const app = await createApi(
  {
    baseUrl: 'http://bench',
    resource: 'http://bench',
    issuers: [{ issuer, audiences: ['bench'], algorithms: ['ES256'], extraTypes: [], clientIdFromAzp: false }],
    rateLimit: { requests: 1e6, windowS: 60 },
    topic: TOPIC,
  },
  { summaries: () => reading, state: () => state, log: pino({ level: 'warn' }) },
);
await app.listen(0, '127.0.0.1');
const base = `http://127.0.0.1:${app.getHttpServer().address().port}`;
const token = await new SignJWT({ client_id: 'c', scope: 'metrics:read' })
  .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
  .setIssuer(issuer)
  .setAudience('bench')
  .setSubject('s')
  .setJti('j')
  .setIssuedAt()
  .setExpirationTime('10m')
  .sign(privateKey);

const iso = (ms) => new Date(ms).toISOString();
const range = `start=${iso(START)}&end=${iso(START + WINDOWS * 10_000)}`;
async function measure(name, path) {
  const times = [];
  let rows = 0;
  let cpu = null;
  for (let i = 0; i < requests + 1; i += 1) {
    const from = performance.now();
    const reply = await fetch(base + path, { headers: { authorization: `Bearer ${token}` } });
    const body = await reply.json();
    if (!reply.ok) throw new Error(JSON.stringify(body));
    rows = body.data.length;
    times.push(performance.now() - from);
    cpu ??= process.cpuUsage();
  }
  const { user, system } = process.cpuUsage(cpu);
  const [cold] = times.splice(0, 1);
  times.sort((a, b) => a - b);
  const q = (p) => times[Math.min(times.length - 1, Math.floor(p * times.length))].toFixed(1);
  console.log(
    `${name.padEnd(34)} rows ${String(rows).padStart(5)}  cold ${cold.toFixed(1).padStart(7)} ms  p50 ${q(0.5).padStart(7)} ms  p99 ${q(0.99).padStart(7)} ms  cpu ${((user + system) / 1000 / requests).toFixed(1).padStart(6)} ms  (n=${times.length})`,
  );
}
console.log(`${WINDOWS} windows x ${ROUTES} routes, ${Math.round(bytes / WINDOWS / 1024)} KiB a window, ${redis ? 'redis' : 'embedded'}`);
await measure('request-patterns, top 50', `/v1/request-patterns?${range}&limit=50`);
await measure('request-patterns, all routes', `/v1/request-patterns?${range}&limit=1000`);
await measure('failures by route', `/v1/failures?${range}&group_by=route&limit=50`);
await measure('services', `/v1/services?${range}`);
await measure('latency, 60 points', `/v1/latency?${range}`);
await measure('headers', `/v1/headers?${range}`);
const { rss } = process.memoryUsage();
console.log(`rss ${Math.round(rss / 2 ** 20)} MiB`);
app.getHttpServer().closeAllConnections();
await app.close();
as.closeAllConnections();
as.close();
await store.end();
await state.end();
rmSync(dir, { recursive: true });
