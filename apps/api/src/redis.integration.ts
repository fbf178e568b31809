/** The whole API on a real Redis: what it answers, what it keeps of closed windows, and a store that goes away. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALERT_KEYS } from '@headwater/alert-rules';
import { INSIGHT_KEYS, type Insight } from '@headwater/insight-rules';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { startRedis, type RunningRedis } from '../../../infra/redis/start.mjs';
import { Listener, RequestBus } from './testing/insights.ts';
import { TOPIC, World } from './testing/world.ts';

const T = Date.UTC(2026, 10, 22, 9, 0, 0);
const RANGE = 'start=2026-11-22T09:00:00Z&end=2026-11-22T09:10:00Z';
const SUBJECT = 's:shop';

let redis: RunningRedis;
let w: World;
let bus: RequestBus;

function shop(counts: Record<string, [status: number, n: number]>, seenAt: number): ServiceWindow {
  const s = new ServiceWindow();
  for (const [route, [status, n]] of Object.entries(counts)) {
    const p = s.pattern('server', 'GET', route, status);
    p.exchanges = n;
    p.ttfb.add(10e6, n);
    p.total.add(20e6, n);
    p.firstSeenMs = p.lastSeenMs = seenAt;
    s.roleExchanges.server += n;
  }
  const h = s.header('server', 'request', 'accept');
  h.exchanges = s.roleExchanges.server;
  return s;
}

function merged(...parts: ServiceWindow[]): ServiceWindow {
  const sum = new ServiceWindow();
  for (const p of parts) sum.merge(p);
  return sum;
}

const first = shop({ '/a': [200, 90], '/b': [500, 10] }, T);
const late = shop({ '/a': [200, 5] }, T + 1_000);
const patterns = async (more = '', headers: string[] = []) => w.get(`/v1/request-patterns?${RANGE}&group_by=route${more}`, { headers });
const rows = (json: { data: { route: string; exchanges: number }[] }) => json.data.map((r) => [r.route, r.exchanges]);

beforeAll(async () => {
  redis = await startRedis({ appendonly: true, config: { appendfsync: 'always' } });
  w = await World.start({ redis: redis.url, requests: (dir) => (bus = new RequestBus(dir)).requests });
  await bus.open();
  const hosts = new HostsWindow();
  hosts.host('web-1').coverageRead = hosts.host('web-1').coverageKnown = 100;
  await w.commit(T, [
    { subject: SUBJECT, window: first },
    { subject: 'h:', window: hosts },
  ]);
  await w.close(T, SUBJECT, first);
  await w.close(T, 'h:', hosts);
  // another unit, whose window is still open
  const unit = { topic: TOPIC, partition: 1 };
  const { epoch } = await w.summaries.claim(unit, 'bus-1');
  const open = { resolution: '10s' as const, start: T + 10_000, subject: SUBJECT, bytes: shop({ '/c': [404, 3] }, T + 10_000).encode(), fresh: true };
  await w.summaries.commit({ unit, epoch, expectedOffset: null, nextOffset: 1, agents: new Uint8Array(0), watermark: T, silent: [], at: T, segments: [open] });
});
afterAll(async () => {
  await bus.close();
  await w.stop();
  await redis.stop();
});

test('every listing is of all units, closed and open windows; asking again gives the same', async () => {
  for (let i = 0; i < 2; i += 1) {
    const { status, json } = await patterns();
    expect([status, rows(json)]).toEqual([
      200,
      [
        ['/a', 90],
        ['/b', 10],
        ['/c', 3],
      ],
    ]);
    expect(json.quality).toMatchObject({ complete: false, hosts: 1, coverage: 1 });
    const failures = await w.get(`/v1/failures?${RANGE}&group_by=route`);
    expect(failures.json.data.map((r: Record<string, unknown>) => [r['route'], r['client_errors'], r['server_errors']])).toEqual([
      ['/b', 0, 10],
      ['/c', 3, 0],
    ]);
    expect((await w.get(`/v1/services?${RANGE}`)).json.data).toMatchObject([{ service: 'shop', exchanges: 103, client_errors: 3, server_errors: 10 }]);
    const points = (await w.get(`/v1/latency?${RANGE}&step=10s`)).json.data as { exchanges: number; complete: boolean }[];
    expect(points.slice(0, 3).map((p) => [p.exchanges, p.complete])).toEqual([
      [100, true],
      [3, false],
      [0, true],
    ]);
    expect((await w.get(`/v1/latency?${RANGE}&step=10m&route=/a`)).json.data[0].exchanges).toBe(90);
    expect((await w.get(`/v1/headers?${RANGE}`)).json.data).toMatchObject([{ name: 'accept', exchanges: 103, presence: 1 }]);
  }
});

test('bytes of closed windows leave Redis once', async () => {
  const fetched = async () => Number(/total_net_output_bytes:(\d+)/.exec(String(await redis.command('INFO', 'stats')))![1]);
  const big = new ServiceWindow();
  for (let i = 0; i < 900; i += 1) {
    const p = big.pattern('server', 'GET', `/big-${i}`, 200);
    p.exchanges = 1;
    p.total.add(i * 1e6);
  }
  const start = T + 600_000;
  await w.commit(start, [{ subject: 's:big', window: big }]);
  await w.close(start, 's:big', big);
  const cost = async () => {
    const before = await fetched();
    expect((await w.get('/v1/request-patterns?start=2026-11-22T09:10:00Z&end=2026-11-22T09:20:00Z&service=big&limit=1')).json.data[0].exchanges).toBe(1);
    return (await fetched()) - before;
  };
  const size = big.encode().byteLength;
  expect(await cost()).toBeGreaterThan(size);
  expect(await cost()).toBeLessThan(size / 5);
});

test('late data in a window that is closed, and its second close, change the ETag', async () => {
  const { etag } = (await patterns()).headers;
  expect((await patterns('', ['if-none-match', String(etag)])).status).toBe(304);
  await w.commit(T, [{ subject: SUBJECT, window: late }]);
  const withLate = await patterns('', ['if-none-match', String(etag)]);
  expect([withLate.status, rows(withLate.json)]).toEqual([
    200,
    [
      ['/a', 95],
      ['/b', 10],
      ['/c', 3],
    ],
  ]);
  await w.close(T, SUBJECT, merged(first, late));
  const closed = await patterns('', ['if-none-match', String(withLate.headers['etag'])]);
  expect([closed.status, rows(closed.json)]).toEqual([
    200,
    [
      ['/a', 95],
      ['/b', 10],
      ['/c', 3],
    ],
  ]);
  expect(new Set([etag, withLate.headers['etag'], closed.headers['etag']]).size).toBe(3);
  expect((await patterns('', ['if-none-match', String(closed.headers['etag'])])).status).toBe(304);
});

test('roll-ups on Redis: the same answers, fewer windows; the ETag knows them apart', async () => {
  const start = T - 3_600_000;
  const RANGE = 'start=2026-11-22T08:00:00Z&end=2026-11-22T09:00:00Z';
  for (let s = 0; s < 3_600; s += 300) {
    const window = shop({ '/a': [200, 10], '/b': [500, 1 + s / 300] }, start + s * 1_000);
    await w.commit(start + s * 1_000, [{ subject: 's:rolled', window }]);
    await w.close(start + s * 1_000, 's:rolled', window);
  }
  const paths = ['services?view=series&step=5m&', 'request-patterns?view=latency&', 'failures?', 'latency?step=1m&', 'latency?view=heatmap&step=5m&status=5xx&', 'headers?'];
  const ask = async () => Promise.all(paths.map(async (path) => w.get(`/v1/${path}${RANGE}&service=rolled`)));
  const before = await ask();
  for (const resolution of ['1m', '1h'] as const)
    for (const key of await w.summaries.rollable({ topic: TOPIC, partition: 0 }, resolution, T, 1_000)) await w.rollUp(resolution, key.start, key.subject);
  const read = await w.summaries.read({ topic: TOPIC, resolution: '10s', coarsest: '1h', start, end: T, subjects: ['s:rolled'] });
  expect(read.map((r) => r.resolution)).toEqual(['1h']);
  const after = await ask();
  expect(after.map((r) => r.json.data)).toEqual(before.map((r) => r.json.data));
  expect(after[0]!.json.data[0]).toMatchObject({ exchanges: 198, server_errors: 78, burn_rate: 545.4545 });
  expect(after.every((r, i) => r.headers['etag'] !== before[i]!.headers['etag'])).toBe(true);
});

test('samples of exchanges are read from Redis, by service', async () => {
  const exchange = {
    start_time: '2026-11-22T09:58:00.000000001Z',
    'headwater.phase': 'complete',
    'headwater.role': 'server',
    'http.request.headers': [],
    'http.response.headers': [],
  };
  for (const service of ['shop', 'mail']) {
    const group = {
      schema: 1,
      service,
      role: 'server',
      method: 'GET',
      route: '/a',
      status: 500,
      kept: 'failed',
      samples: [{ seen_at: '2026-11-22T09:58:00Z', host: 'web-1', exchange }],
    };
    await w.state.set(`sample/${service}/0123456789abcdef`, JSON.stringify(group), { ttlMs: 60_000 });
  }
  expect((await w.get('/v1/exchanges')).json.data).toHaveLength(2);
  expect((await w.get('/v1/exchanges?service=mail')).json.data).toEqual([{ kept: 'failed', seen_at: '2026-11-22T09:58:00Z', host: 'web-1', exchange }]);
});

test('alerts, mutes and rules on Redis; what was usual, through hour roll-ups', async () => {
  const opened_at = new Date(w.now - 60_000).toISOString();
  const id = 'a'.repeat(32);
  const alert = { schema: 1, id, rule: 'r', kind: 'error_burn', severity: 'page', subject: { service: 'shop' }, state: 'open', opened_at, resolved_at: null };
  await w.state.set(ALERT_KEYS.alert(id), JSON.stringify(alert));
  const made = await w.send(
    'POST',
    '/v1/mutes',
    { match: { service: 'shop' }, ends_at: new Date(w.now + 60_000).toISOString(), comment: 'c' },
    { headers: ['idempotency-key', 'k'] },
  );
  expect(made.status).toBe(201);
  expect((await w.get('/v1/alerts')).json.data).toMatchObject([{ id, muted: true }]);
  expect((await w.send('DELETE', String(made.headers['location']), undefined)).status).toBe(204);
  expect((await w.get('/v1/alerts')).json.data).toMatchObject([{ id, muted: false }]);
  for (let h = 1; h <= 6; h += 1) {
    const start = T - 86_400_000 - h * 3_600_000;
    await w.commit(start, [{ subject: 's:usual', window: shop({ '/u': [200, 3_600] }, start) }]);
    await w.close(start, 's:usual', shop({ '/u': [200, 3_600] }, start));
    await w.rollUp('1m', start, 's:usual');
    await w.rollUp('1h', start, 's:usual');
  }
  await w.commit(T - 86_400_000, [{ subject: 's:usual', window: shop({ '/u': [200, 36] }, T) }]);
  const day = 'start=2026-11-21T09:00:00Z&end=2026-11-21T10:00:00Z&service=usual';
  const [row] = (await w.get(`/v1/request-patterns?${day}&sort=deviation`)).json.data;
  expect(row).toMatchObject({ exchanges: 36, expected: { median_per_s: 1, hours: 5, basis: 'last_24_hours' } });
  expect(row.deviation).toBeLessThan(-10);
});

test('Redis away: 503 with Retry-After and not ready, also for what is kept; back: as before, by itself', async () => {
  const before = await patterns();
  await redis.kill();
  await expect.poll(async () => (await w.get('/readyz')).status, { timeout: 5_000 }).toBe(503);
  const began = performance.now();
  const away = await patterns();
  expect([away.status, away.json.type, away.headers['retry-after']]).toEqual([503, 'urn:headwater:problem:store-unavailable', '2']);
  expect(away.text).not.toContain(String(redis.port));
  expect(performance.now() - began).toBeLessThan(1_000);
  expect((await w.get('/healthz')).status).toBe(200);
  await redis.restart();
  await expect.poll(async () => (await w.get('/readyz')).status, { timeout: 15_000 }).toBe(200);
  const back = await patterns();
  expect([back.status, back.headers['etag'], back.json]).toEqual([200, before.headers['etag'], before.json]);
});

test('an insight is asked for once however many ask, and its stream outlives Redis being away', async () => {
  const token = await w.token({ scope: 'insights:read insights:submit' });
  const ask = () => w.send('POST', '/v1/insights', { service: 'shop', start: 'now-2h' }, { token });
  const replies = await Promise.all([ask(), ask(), ask(), ask()]);
  expect(new Set(replies.map((r) => `${r.status} ${r.json.id} ${r.json.revision}`)).size).toBe(1);
  const { json } = replies[0]!;
  expect(json).toMatchObject({ state: 'queued', revision: 1 });
  await expect.poll(() => bus.records.map((r) => r.key), { timeout: 5_000 }).toEqual([json.id]);
  const stream = await Listener.open(`${w.base}${json.links.events}`, ['authorization', `Bearer ${token}`]);
  await stream.until((s) => s.events.length === 1);
  await redis.kill();
  await expect.poll(async () => (await w.get('/v1/insights', { token })).status, { timeout: 5_000 }).toBe(503);
  await redis.restart();
  await expect.poll(async () => (await w.get('/v1/insights', { token })).status, { timeout: 15_000 }).toBe(200);
  expect(stream.ended).toBe(false);
  const insight = JSON.parse((await w.state.get(INSIGHT_KEYS.insight(json.id)))!.value) as Insight;
  await w.state.set(INSIGHT_KEYS.insight(json.id), JSON.stringify({ ...insight, state: 'failed', failure: 'f', revision: 2 }));
  await stream.until((s) => s.ended);
  expect(stream.events.map((e) => e.id)).toEqual([1, 2]);
});
