// What leaves Headwater for others, each read by a program that is not ours and held against the exchanges that went in:
// a real Prometheus (OAuth 2.0, OpenMetrics), OpenTelemetry's own protobuf classes, plain kafkajs and ajv.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Ajv2020 from 'ajv/dist/2020.js';
import { NODE, metric, settingsFile } from '../e2e/fleet.mjs';
import { Kafka, logLevel, readAll } from '../e2e/topic.mjs';
import { ROOT, eventually, getAll, token } from '../e2e/standalone.mjs';
import { submit } from '../insights/ask.mjs';
import { checkDocument, judges } from './asyncapi.mjs';
import { startPrometheus } from './prometheus.mjs';
import { OTLP_KEY, TOPIC, startWorld } from './world.mjs';

const MINUTE = 60_000;
const HOSTS = ['web-1', 'web-2', 'web-3'];
const SERVICES = ['shop', 'mail', 'bank', 'auth', 'stock'];
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

let w;
let prometheus;
let analyzers;
let relays;
/** the fleet's series as scraped by the test itself, for what must never fall */
const falls = [];
let watching = true;
let watch;

before(async () => {
  w = await startWorld();
  analyzers = [await w.analyzer('analyzer-a'), await w.analyzer('analyzer-b')];
  relays = [await w.relay('relay-a'), await w.relay('relay-b')];
  prometheus = await startPrometheus(w);
  watch = watchForFalls();
});
after(async () => {
  watching = false;
  await watch;
  await w?.end();
});

async function scrape(accept = 'text/plain') {
  const answer = await fetch(`${w.info.api}/v1/metrics`, { headers: { authorization: `Bearer ${await token(w.info)}`, accept } });
  assert.equal(answer.status, 200);
  return answer.text();
}

async function watchForFalls() {
  const last = new Map();
  while (watching) {
    for (const line of (await scrape().catch(() => '')).split('\n')) {
      if (line === '' || line.startsWith('#') || !/(_total|_count|_sum|_bucket)\{/.test(line)) continue;
      const at = line.lastIndexOf(' ');
      const [series, value] = [line.slice(0, at), Number(line.slice(at + 1))];
      if (value < (last.get(series) ?? 0)) falls.push(`${series}: ${last.get(series)} -> ${value}`);
      last.set(series, value);
    }
    await sleep(300);
  }
}

/** Waits until Prometheus has all exchanges of the truth. */
async function seen(what) {
  const wanted = w.traffic.truth.filter((e) => !e.late).length;
  const sum = async () =>
    (await prometheus.query('sum(headwater_http_server_exchanges_total)+(sum(headwater_http_client_exchanges_total) or vector(0))', { empty: true }))[0]?.value ?? 0;
  const ok = await eventually(async () => (await sum()) === wanted, 60_000, 500);
  assert.ok(ok, `${what}: Prometheus has ${await sum()} exchanges of ${wanted}\n${analyzers.map((a) => a.output.slice(-2_000)).join('\n---\n')}`);
}

/** SIGKILL right after it has relayed more, so that what it sent last may not be in its place yet. */
async function killAtWork(relay) {
  const count = async () => (await metric(relay.port, 'headwater_relay_exchanges_total')) ?? 0;
  const before = await count();
  assert.ok(await eventually(async () => (await count()) > before, 20_000, 5), `${relay.name} had nothing to do`);
  await relay.kill('SIGKILL');
}

const sorted = (map) => [...map].map(([k, v]) => `${k} ${v}`).sort();
const minuteOf = (n) => Math.floor(Date.now() / MINUTE) * MINUTE - n * MINUTE;

test('Prometheus: through an analyzer SIGKILL its sums, rates and quantiles are those of what went in, and of the API', { timeout: 300_000 }, async (t) => {
  const minutes = [minuteOf(4), minuteOf(3), minuteOf(2)];
  for (const host of HOSTS) await w.traffic.send({ host, services: SERVICES, minutes, batches: 4, rows: 150 });
  await seen('before the kill');
  await Promise.all([
    (async () => {
      for (const host of HOSTS) await w.traffic.send({ host, services: SERVICES, minutes, batches: 6, rows: 100 });
      await w.traffic.send({ host: HOSTS[0], services: ['shop'], minutes, batches: 1, rows: 40, role: 'client' });
      // Too late for the series: in the summaries, counted apart.
      await w.traffic.send({ host: HOSTS[1], services: ['shop'], minutes: [minuteOf(15)], batches: 1, rows: 25, late: true });
    })(),
    sleep(150).then(() => analyzers[0].kill('SIGKILL')),
    killAtWork(relays[0]),
  ]);
  await seen('after the kill');
  relays[0] = await w.relay('relay-c');

  const targets = async () => (await prometheus.targets()).activeTargets.map((target) => [target.scrapePool, target.health, target.lastError]);
  assert.ok(await eventually(async () => (await targets()).join() === 'headwater-fleet,up,', 20_000), JSON.stringify(await targets()));
  const label = (l) => `${l.service_name} ${l.http_request_method} ${l.http_route} ${l.http_response_status_code ?? 0}`;
  const keyOf = (role) => (e) => (e.role === role ? `${e.service} ${e.method} ${e.route} ${e.status}` : null);
  for (const role of ['server', 'client']) {
    const found = await prometheus.query(`headwater_http_${role}_exchanges_total`);
    assert.deepEqual(sorted(found.map(({ labels, value }) => [label(labels), value])), sorted(w.traffic.sums(keyOf(role))), role);
  }
  const failures = await prometheus.query('sum by (service_name, error_type) (headwater_http_server_failures_total)');
  assert.deepEqual(
    sorted(failures.map(({ labels, value }) => [`${labels.service_name} ${labels.error_type}`, value])),
    sorted(w.traffic.sums((e) => (e.role === 'server' && e.error ? `${e.service} ${e.error}` : null))),
  );

  const timed = w.traffic.truth.filter((e) => !e.late && e.role === 'server' && e.seconds !== null);
  for (const service of SERVICES) {
    const mine = timed
      .filter((e) => e.service === service)
      .map((e) => e.seconds)
      .sort((a, b) => a - b);
    const buckets = await prometheus.query(`sum by (le) (http_server_request_duration_seconds_bucket{service_name="${service}"})`);
    assert.deepEqual(
      sorted(buckets.map(({ labels, value }) => [String(Number(labels.le.replace('+Inf', 'Infinity'))), value])),
      sorted([...BOUNDS, Infinity].map((le) => [String(le), mine.filter((s) => s <= le).length])),
      service,
    );
    const [{ value: sum }] = await prometheus.query(`sum(http_server_request_duration_seconds_sum{service_name="${service}"})`);
    assert.ok(Math.abs(sum - mine.reduce((a, b) => a + b, 0)) < 0.001, `${service}: sum ${sum}`);
    for (const q of [0.5, 0.9]) {
      const [{ value }] = await prometheus.query(`histogram_quantile(${q}, sum by (le) (http_server_request_duration_seconds_bucket{service_name="${service}"}))`);
      const truth = mine[Math.ceil(q * mine.length) - 1];
      const above = BOUNDS.findIndex((b) => truth <= b);
      // Interpolated within the bucket that holds the true quantile.
      assert.ok(value >= (BOUNDS[above - 1] ?? 0) && value <= (BOUNDS[above] ?? 10), `${service} q${q}: ${value}, truly ${truth}`);
    }
  }

  const bearer = await token(w.info);
  const range = `start=${new Date(minutes[0]).toISOString()}&end=${new Date(minutes[2] + MINUTE).toISOString()}`;
  const { data } = await getAll(w.info, bearer, `/v1/request-patterns?${range}&group_by=service,method,route,status&limit=1000`);
  assert.deepEqual(sorted(data.map((r) => [`${r.service} ${r.method} ${r.route} ${r.status}`, r.exchanges])), sorted(w.traffic.sums(keyOf('server'))), 'the API');

  const resets = await prometheus.query('sum(resets(headwater_http_server_exchanges_total[10m])) + sum(resets(http_server_request_duration_seconds_bucket[10m]))');
  assert.equal(resets[0].value, 0);
  const [{ value: rate }] = await prometheus.query('sum(rate(headwater_http_server_exchanges_total[5m]))');
  assert.ok(rate > 0 && rate < w.traffic.truth.length, `rate ${rate}`);
  assert.deepEqual(falls, []);

  const lost = 'sum by (host_name) (headwater_capture_messages_total{outcome="lost",reason="ring_full",message="request"})';
  const said = sorted(w.traffic.lost);
  const hosts = async () => sorted((await prometheus.query(lost)).map(({ labels, value }) => [labels.host_name, value]));
  assert.ok(await eventually(async () => (await hosts()).join() === said.join(), 20_000, 500), `hosts: ${await hosts()}, truly ${said}`);
  t.diagnostic(`${w.traffic.truth.length} exchanges, ${(await prometheus.query('count({job="headwater-fleet"})'))[0].value} series`);
});

test('promtool finds nothing wrong with either format, nor with the example of a configuration and its rules', async () => {
  for (const accept of ['text/plain', 'application/openmetrics-text;version=1.0.0']) {
    const text = await scrape(accept);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    // promtool reads the text format alone; of the other it is Prometheus itself that has scraped it.
    if (accept === 'text/plain') assert.deepEqual([status, stdout, stderr], [0, '', '']);
    else assert.ok(text.endsWith('# EOF\n'));
  }
  execFileSync('promtool', ['check', 'config', prometheus.file], { stdio: 'pipe' });
  execFileSync('promtool', ['check', 'rules', join(ROOT, 'infra/prometheus/headwater.rules.yml')], { stdio: 'pipe' });
});

test('OTLP: each service a resource, by the conventions names and units, cumulative since one start, and equal to what went in', { timeout: 240_000 }, async () => {
  const attributes = (list) => Object.fromEntries((list ?? []).map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue ?? value.doubleValue)]));
  const newest = () => {
    const services = new Map();
    for (const { request } of w.receiver.received.filter((r) => r.request)) {
      for (const { resource, scopeMetrics } of request.resourceMetrics) {
        const metrics = scopeMetrics.flatMap((s) => s.metrics);
        services.set(attributes(resource.attributes)['service.name'], metrics);
      }
    }
    return services;
  };
  const pointsOf = (metrics, name) => {
    const metric = metrics.find((m) => m.name === name);
    return { metric, points: (metric?.histogram ?? metric?.sum)?.dataPoints ?? [] };
  };
  const truth = (service, role) => w.traffic.truth.filter((e) => !e.late && e.service === service && e.role === role);
  const complete = await eventually(() => {
    const services = newest();
    return SERVICES.every((s) => {
      const count = pointsOf(services.get(s) ?? [], 'headwater.http.server.exchanges').points.reduce((n, p) => n + Number(p.asInt ?? p.asDouble), 0);
      return count === truth(s, 'server').length;
    });
  }, 40_000);
  assert.ok(complete, JSON.stringify([...newest()].map(([s, m]) => [s, pointsOf(m, 'headwater.http.server.exchanges').points.length])));
  for (const [service, metrics] of newest()) {
    const { metric, points } = pointsOf(metrics, 'http.server.request.duration');
    assert.equal(metric.unit, 's');
    assert.equal(metric.histogram.aggregationTemporality, 'AGGREGATION_TEMPORALITY_CUMULATIVE');
    const mine = truth(service, 'server').filter((e) => e.seconds !== null);
    for (const p of points) {
      const a = attributes(p.attributes);
      const here = mine.filter((e) => e.method === a['http.request.method'] && e.route === a['http.route'] && e.status === (a['http.response.status_code'] ?? 0));
      assert.equal(Number(p.count ?? 0), here.length);
      assert.ok(Math.abs((p.sum ?? 0) - here.reduce((n, e) => n + e.seconds, 0)) < 0.001);
      assert.deepEqual(p.explicitBounds, BOUNDS);
      assert.deepEqual(
        p.bucketCounts.map(Number),
        [...BOUNDS, Infinity].map((le, i) => here.filter((e) => e.seconds <= le && e.seconds > (BOUNDS[i - 1] ?? 0)).length),
      );
      assert.equal(a['error.type'], a['http.response.status_code'] === 500 ? '500' : a['http.response.status_code'] === undefined ? '_OTHER' : undefined);
    }
    assert.equal(
      points.reduce((n, p) => n + Number(p.count ?? 0), 0),
      mine.length,
    );
  }
  assert.equal(
    pointsOf(newest().get('shop'), 'http.client.request.duration').points.reduce((n, p) => n + Number(p.count ?? 0), 0),
    truth('shop', 'client').filter((e) => e.seconds !== null).length,
  );
  const from = new Map();
  for (const { request, path, type, key } of w.receiver.received.filter((r) => r.request)) {
    assert.deepEqual([path, type, key], ['/v1/metrics', 'application/x-protobuf', OTLP_KEY]);
    for (const { resource, scopeMetrics } of request.resourceMetrics) {
      const service = attributes(resource.attributes)['service.name'];
      for (const m of scopeMetrics.flatMap((s) => s.metrics))
        for (const p of (m.histogram ?? m.sum).dataPoints) from.set(service, (from.get(service) ?? new Set()).add(p.startTimeUnixNano));
    }
  }
  // One start time each, through the kill.
  assert.ok(
    [...from.values()].every((starts) => starts.size === 1),
    JSON.stringify([...from].map(([s, v]) => [s, [...v]])),
  );
});

test('relay: every exchange of the topic as JSON by the published schema, repeats only with equal ids, services of a host in order', { timeout: 300_000 }, async (t) => {
  const kafka = new Kafka({ clientId: 'stranger', brokers: w.kafka.bootstrap, logLevel: logLevel.NOTHING });
  const wanted = new Map(w.traffic.truth.map((e) => [e.id, e]));
  let records = [];
  const complete = await eventually(
    async () => {
      records = await readAll(kafka, 'headwater.header-events.json.v1');
      return new Set(records.map((r) => r.headers['headwater-event-id'])).size >= wanted.size;
    },
    60_000,
    1_000,
  );
  assert.ok(complete, `${records.length} records of ${wanted.size}\n${relays.map((r) => r.output.slice(-2_000)).join('\n---\n')}`);
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(join(ROOT, 'libs/header-event/schemas/header-event.v1.schema.json'), 'utf8')));
  const first = new Map();
  const newest = new Map();
  for (const { key, value, headers } of records) {
    const id = headers['headwater-event-id'];
    const event = JSON.parse(value);
    assert.ok(validate(event), JSON.stringify(validate.errors));
    assert.equal(headers['content-type'], 'application/json');
    const truth = wanted.get(id);
    assert.ok(truth, `${id} was never sent`);
    assert.deepEqual([key, event['service.name'], event['http.route'], event['http.response.status_code'] ?? 0], [truth.service, truth.service, truth.route, truth.status]);
    if (first.has(id)) {
      assert.equal(first.get(id), String(value), `${id} came twice with different contents`);
      continue;
    }
    first.set(id, String(value));
    const [host, , seq, row] = id.split('/');
    const place = Number(seq) * 1e6 + Number(row);
    assert.ok(place > (newest.get(`${host} ${key}`) ?? -1), `${id} came before one that was sent earlier`);
    newest.set(`${host} ${key}`, place);
  }
  assert.equal(first.size, wanted.size);
  t.diagnostic(`${records.length} records, ${records.length - first.size} of them repeats`);
});

test('what came too late for the series is counted, exactly; no counter fell at any time', { timeout: 240_000 }, async () => {
  const query = 'sum by (service_name) (headwater_series_late_exchanges_total{headwater_role="server"}) > 0';
  const late = async () => sorted((await prometheus.query(query, { empty: true })).map(({ labels, value }) => [labels.service_name, value])).join();
  assert.ok(await eventually(async () => (await late()) === 'shop 25', 80_000, 1_000), await late());
  assert.deepEqual(falls, []);
});

test('AsyncAPI: the document is valid, and every record of every topic is what it says', { timeout: 300_000 }, async (t) => {
  checkDocument();
  // What the topics lack so far: an insight that somebody asked for, an agent's heartbeat, a signed policy, a record that cannot be read.
  const insights = await w.insights('insights');
  const asked = await submit(w.info, { service: 'shop' });
  assert.equal(asked.status, 202, JSON.stringify(asked.body));
  const agent = w.start('agent', NODE, [
    'apps/agent/dist/main.js',
    '--config',
    settingsFile(w.dir, 'agent', {
      host_id: 'replayed',
      bus: w.bus,
      replay: { file: join(ROOT, 'test/recordings/node-post.hwrec') },
      admin: { port: 0 },
      fingerprints: { enabled: false },
    }),
  ]);
  const admin = (...args) => execFileSync(NODE, [join(ROOT, 'apps/admin/dist/main.js'), 'policy', ...args], { cwd: w.dir, encoding: 'utf8', stdio: 'pipe' });
  admin('keygen', '--key-id', 'ops-1');
  writeFileSync(join(w.dir, 'fleet.yaml'), 'schema: 1\nid: fleet\nversion: 1\n');
  admin('sign', 'fleet.yaml', '--key', 'ops-1.key.pem', '--key-id', 'ops-1', '--out', 'fleet-1.json');
  admin('publish', 'fleet-1.json', '--public-key', 'ops-1.pub.pem', '--brokers', w.kafka.bootstrap.join());
  await w.publisher.publish(TOPIC, [{ key: 'web-1', value: Buffer.from('no batch'), headers: { 'content-type': 'text/plain' }, partition: 3 }]);

  const kafka = new Kafka({ clientId: 'stranger', brokers: w.kafka.bootstrap, logLevel: logLevel.NOTHING });
  const judged = judges();
  const broken = (r) => r.headers['content-type'] === 'text/plain';
  const counts = {};
  for (const [channel, { address, judge }] of judged) {
    let records = [];
    // Nothing burns here; test/e2e/alerts.test.mjs has alerts.
    const expected = channel !== 'alerts';
    await eventually(async () => {
      records = await readAll(kafka, address);
      return records.length > 0 || !expected;
    }, 40_000);
    if (expected) assert.ok(records.length > 0, `nothing on ${address}\n${agent.output.slice(-1_000)}\n${insights.output.slice(-1_000)}`);
    for (const record of records) if (channel !== 'headerEvents' || !broken(record)) judge(record);
    counts[channel] = records.length;
  }
  // The judge is no rubber stamp.
  assert.throws(() => judged.get('summaries').judge({ headers: {}, value: '{}' }));
  assert.throws(() => judged.get('headerEventsJson').judge({ headers: { 'content-type': 'application/json', 'headwater-event-id': 'a/b/1/0' }, value: '{"start_time":1}' }));
  const passed = await Promise.all(relays.map((r) => metric(r.port, 'headwater_relay_passed_records_total', 'why="foreign"').catch(() => 0)));
  assert.equal(
    passed.reduce((a, b) => a + (b ?? 0), 0),
    1,
    'the relay counts what it cannot read',
  );
  t.diagnostic(JSON.stringify(counts));
});
