// How long the listings take, cold (the first question after a start) and warm: an hour of closed windows of 500 routes with
// 20 header names, and the hour before it (trends look there), read by the compiled API over loopback. The client is in the
// same process: its CPU time and its pauses are in the figures.
// usage: node apps/api/bench/listings.mjs [--store redis://host:port] [--requests N] [--cold N] [--windows 360] [--partitions 12]
//   [--against DIR]  another checkout, built, asked in turn with this one on the same data: the last column is its figure over ours
//   [--only PATTERN] only the questions whose name matches
//   [--roll-ups]     with roll-ups of a minute and an hour, as the analyzer makes them
//   [--no-trends]    do not fill the hour before
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import pino from 'pino';
import { openStateStore } from '@headwater/state-store';
import { openSummaryStore } from '@headwater/summary-store';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { createApi } from '../dist/app.js';

const option = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const redis = option('--store', null);
const requests = Number(option('--requests', '100'));
const colds = Number(option('--cold', '5'));
const only = option('--only', null);
const against = option('--against', null);
const TOPIC = 'bench.header-events.v1';
const WINDOWS = Number(option('--windows', '360'));
const PARTITIONS = Number(option('--partitions', '12'));
const ROUTES = 500;
const HEADERS = 20;
// Ten past, as a last hour mostly is: of the range itself no whole hour is rolled up.
const START = Math.floor(Date.now() / 3_600_000 - 1) * 3_600_000 - WINDOWS * 10_000 + 600_000;

const dir = mkdtempSync(join(tmpdir(), 'headwater-api-bench-'));
const settings = (file) => (redis ? { kind: 'redis', url: redis, prefix: `bench-${process.pid}` } : { kind: 'embedded', path: join(dir, file) });
const store = await openSummaryStore(settings('summaries.db'));
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
  for (let n = 0; n < HEADERS; n += 1) {
    const h = s.header('server', n % 2 === 0 ? 'request' : 'response', `x-header-${n}`);
    h.exchanges = h.occurrences = ROUTES * 20;
    h.bytes = h.exchanges * 30;
    for (let v = 0; v < 50; v += 1) {
      h.distinct.add(`value-${n}-${(v * 7 + seed) % 400}`);
      h.top.add(`value-${n}-${(v * 7 + seed) % 400}`, 100 - v);
    }
  }
  return s;
}

const unit = { topic: TOPIC, partition: 0 };
const { epoch } = await store.claim(unit, 'bench');
let offset = null;
let bytes = 0;
for (let partition = 1; partition < PARTITIONS; partition += 1) await store.claim({ topic: TOPIC, partition }, 'bench');
for (let i = process.argv.includes('--no-trends') ? 0 : -WINDOWS; i < WINDOWS; i += 1) {
  const start = START + i * 10_000;
  const hosts = new HostsWindow();
  hosts.host('h1').exchanges = ROUTES * 20;
  const segments = [
    { subject: 's:shop', bytes: window(i).encode() },
    { subject: 'h:', bytes: hosts.encode() },
  ].map((s) => ({ resolution: '10s', start, ...s }));
  bytes = segments[0].bytes.byteLength * WINDOWS;
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

if (process.argv.includes('--roll-ups')) {
  let made = 0;
  for (const resolution of ['1m', '1h'])
    for (const { start, subject } of await store.rollable(unit, resolution, START + WINDOWS * 10_000, 1e6)) {
      const key = { resolution, start, subject };
      const sources = await store.sources(unit, key);
      const sum = subject === 'h:' ? new HostsWindow() : new ServiceWindow();
      for (const { bytes: finer } of sources.finer) sum.merge(sum.constructor.decode(finer));
      const rollUp = { revision: sources.revision + 1, bytes: sum.encode(), missing: [], closedAt: Date.now() };
      const done = await store.rollUp({ unit, epoch, key, rollUp, mark: sources.mark, lease: sources.lease });
      if (done.kind !== 'ok') throw new Error(done.kind);
      made += 1;
    }
  console.log(`${made} roll-ups`);
}
const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' };
let issuer = '';
const as = createServer((req, res) => res.end(JSON.stringify(req.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` })));
await new Promise((ok) => as.listen(0, '127.0.0.1', ok));
issuer = `http://127.0.0.1:${as.address().port}`;
async function start(create) {
  const app = await create(
    {
      baseUrl: 'http://bench',
      resource: 'http://bench',
      issuers: [{ issuer, audiences: ['bench'], algorithms: ['ES256'], extraTypes: [], clientIdFromAzp: false }],
      rateLimit: { requests: 1e6, windowS: 60 },
      topic: TOPIC,
    },
    { summaries: () => store, state: () => state, log: pino({ level: 'warn' }) },
  );
  await app.listen(0, '127.0.0.1');
  const base = `http://127.0.0.1:${app.getHttpServer().address().port}`;
  // What every start pays once: the issuer's keys, the compiled routes.
  for (const path of ['services', 'failures', 'request-patterns', 'latency', 'headers']) await ask(base, `/v1/${path}?start=1000&end=1060`);
  return {
    base,
    async end() {
      app.getHttpServer().closeAllConnections();
      await app.close();
    },
  };
}
async function ask(base, path) {
  const from = performance.now();
  const reply = await fetch(base + path, { headers: { authorization: `Bearer ${token}` } });
  const body = await reply.json();
  if (!reply.ok) throw new Error(JSON.stringify(body));
  return { ms: performance.now() - from, rows: body.data.length };
}
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
const ours = { create: createApi, name: 'ours' };
const theirs = against === null ? null : { create: (await import(resolve(against, 'apps/api/dist/app.js'))).createApi, name: 'against' };
const median = (list) => [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)];
const at = (list, p) => [...list].sort((x, y) => x - y)[Math.min(list.length - 1, Math.floor(p * list.length))];
const f = (n, w = 7) => n.toFixed(1).padStart(w);

/** @param both false: the other checkout does not know the question */
async function measure(name, paths, both = true) {
  if (only !== null && !new RegExp(only).test(name)) return;
  const sides = both && theirs !== null ? [ours, theirs] : [ours];
  const found = new Map(sides.map((s) => [s, { cold: [], coldCpu: [], warm: [], cpu: 0, stall: 0, rows: 0 }]));
  const all = (base) => Promise.all(paths.map((p) => ask(base, p)));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  for (let i = 0; i < colds; i += 1)
    for (const side of sides) {
      const app = await start(side.create);
      const got = found.get(side);
      delay.reset();
      delay.enable();
      const used = process.cpuUsage();
      const replies = await all(app.base);
      const { user, system } = process.cpuUsage(used);
      got.coldCpu.push((user + system) / 1000);
      delay.disable();
      got.stall = Math.max(got.stall, delay.max / 1e6);
      got.cold.push(Math.max(...replies.map((r) => r.ms)));
      got.rows = replies[0].rows;
      await app.end();
    }
  const running = [];
  for (const side of sides) running.push([side, await start(side.create)]);
  for (const [, app] of running) for (let i = 0; i < 3; i += 1) await all(app.base);
  for (let i = 0; i < requests; i += 1)
    for (const [side, app] of running) {
      const cpu = process.cpuUsage();
      const replies = await all(app.base);
      const { user, system } = process.cpuUsage(cpu);
      found.get(side).warm.push(Math.max(...replies.map((r) => r.ms)));
      found.get(side).cpu += (user + system) / 1000 / requests;
    }
  for (const [, app] of running) await app.end();
  for (const [side, got] of found) {
    const other = side === theirs ? found.get(ours) : null;
    const times = (of) => f(median(of(got)) / median(of(other)), 5);
    const ratio = other === null ? '' : `  cold x ${times((g) => g.cold)} (cpu x ${times((g) => g.coldCpu)}), warm x ${times((g) => g.warm)} (cpu x ${times((g) => [g.cpu])})`;
    console.log(
      `${`${name}${side === theirs ? ' (against)' : ''}`.padEnd(48)} rows ${String(got.rows).padStart(4)}  cold ${f(median(got.cold))} (${f(Math.min(...got.cold), 1)} to ${f(Math.max(...got.cold), 1)}) ms, cpu ${f(median(got.coldCpu))} ms, stall ${f(got.stall, 5)}  warm p50 ${f(median(got.warm))}  p99 ${f(at(got.warm, 0.99))} ms  cpu ${f(got.cpu, 5)} ms${ratio}`,
    );
  }
}
console.log(
  `${WINDOWS} windows x ${ROUTES} routes, ${Math.round(bytes / WINDOWS / 1024)} KiB a window, ${redis ? 'redis' : 'embedded'}, ${colds} cold starts, ${requests} warm requests`,
);
await measure('request-patterns, top 50', [`/v1/request-patterns?${range}&limit=50`]);
await measure('request-patterns, all routes', [`/v1/request-patterns?${range}&limit=1000`]);
await measure('failures by route', [`/v1/failures?${range}&group_by=route&limit=50`]);
await measure('services', [`/v1/services?${range}`]);
await measure('latency, a point a minute', [`/v1/latency?${range}&step=1m`]);
await measure('latency of one route', [`/v1/latency?${range}&step=1m&route=%2Fresource-7%2F%7Bint%7D`]);
await measure('headers', [`/v1/headers?${range}`]);
await measure('overview: services series + failures', [`/v1/services?${range}&view=series&sort=burn_rate&step=1m`, `/v1/failures?${range}`], false);
await measure('request-patterns, view=latency', [`/v1/request-patterns?${range}&view=latency&limit=1000`], false);
await measure('request-patterns, view=baseline', [`/v1/request-patterns?${range}&view=baseline&limit=50`], false);
await measure('request-patterns, view=changes', [`/v1/request-patterns?${range}&view=changes&limit=50`], false);
await measure('failures, view=baseline', [`/v1/failures?${range}&view=baseline&limit=50`], false);
await measure('clients', [`/v1/clients?${range}`], false);
await measure('latency, view=heatmap', [`/v1/latency?${range}&view=heatmap&step=1m`], false);
await measure('latency of one route, view=heatmap', [`/v1/latency?${range}&view=heatmap&step=1m&route=%2Fresource-7%2F%7Bint%7D`], false);
const { rss } = process.memoryUsage();
console.log(`rss ${Math.round(rss / 2 ** 20)} MiB`);
as.closeAllConnections();
as.close();
await store.end();
await state.end();
rmSync(dir, { recursive: true });
