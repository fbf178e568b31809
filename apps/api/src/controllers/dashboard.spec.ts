// What the dashboard asks: series, trends, baselines, heatmaps, samples, accounts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostsWindow, type ServiceWindow } from '@headwater/sketch';
import { expectSchema } from '../testing/schemas.ts';
import { service, type Exchanges } from '../testing/windows.ts';
import { World } from '../testing/world.ts';

let w: World;
const T = Date.UTC(2026, 10, 22, 9, 0, 0);
const DAY_S = 86_400;
const at = (s: number): number => T + s * 1_000;
const RANGE = 'start=2026-11-22T09:00:00Z&end=2026-11-22T09:10:00Z';

/** A closed window at that second after 9:00. */
async function closed(s: number, name: string, rows: Omit<Exchanges, 'seenAt'>[], headers?: (s: ServiceWindow) => void): Promise<void> {
  const window = service(
    rows.map((r) => ({ ...r, seenAt: at(s) })),
    headers,
  );
  await w.commit(at(s), [{ subject: `s:${name}`, window }]);
  await w.close(at(s), `s:${name}`, window);
}

const withHeader =
  (name: string, n: number, values: string[]) =>
  (s: ServiceWindow): void => {
    const h = s.header('server', 'request', name);
    h.exchanges = n;
    h.bytes = n * 20;
    for (const v of values) h.distinct.add(v);
  };

beforeAll(async () => {
  w = await World.start();
  // the same minutes yesterday, and the ten minutes before
  await closed(-DAY_S, 'shop', [{ route: '/a', status: 200, n: 50 }]);
  await closed(
    -600,
    'shop',
    [
      { route: '/a', status: 200, n: 98 },
      { route: '/a', status: 500, n: 2 },
    ],
    withHeader('authorization', 40, ['x']),
  );
  await closed(-590, 'mail', [{ route: '/send', status: 200, n: 10 }]);
  // the range: shop is worse at its end, mail has many client errors
  await closed(
    0,
    'shop',
    [
      { route: '/a', status: 200, n: 90, ttfbMs: 10 },
      { route: '/a', status: 404, n: 5 },
    ],
    withHeader('authorization', 90, ['x', 'y']),
  );
  await closed(
    480,
    'shop',
    [
      { route: '/a', status: 200, n: 90, ttfbMs: 30 },
      { route: '/a', status: 500, n: 6, ttfbMs: 200 },
      { route: '/a', status: 0, n: 4, error: 'connection_reset' },
    ],
    withHeader('authorization', 10, ['z']),
  );
  await closed(60, 'mail', [
    { route: '/send', status: 200, n: 300, ttfbMs: 500 },
    { route: '/send', status: 404, n: 100 },
  ]);
});
afterAll(() => w.stop());

const rowsOf = async (path: string, token?: string) => {
  const reply = await w.get(path, token === undefined ? {} : { token });
  expect(reply.status, reply.text).toBe(200);
  return reply.json.data;
};

describe('/v1/services', () => {
  test('errors, burn rate of the last five minutes, trends', async () => {
    const { json } = await w.get(`/v1/services?${RANGE}`);
    expectSchema('ServiceList', json);
    expect(json.data).toMatchObject([
      {
        service: 'mail',
        exchanges: 400,
        rate_per_s: 0.666667,
        client_errors: 100,
        server_errors: 0,
        transport_errors: 0,
        error_ratio: 0,
        burn_rate: null,
        trend: 39,
        trend_day: null,
      },
      // 10 of 100 failed in the last five minutes, 0.1 % are allowed; 195 after 100 before and 50 yesterday
      { service: 'shop', exchanges: 195, client_errors: 5, server_errors: 6, transport_errors: 4, error_ratio: 0.051282, burn_rate: 100, trend: 0.95, trend_day: 2.9 },
    ]);
  });
  test('another objective', async () => {
    expect((await rowsOf(`/v1/services?${RANGE}&slo=90&service=shop`))[0].burn_rate).toBe(1);
    expect((await rowsOf(`/v1/services?${RANGE}&slo=99.99&service=shop`))[0].burn_rate).toBe(1000);
  });
  test.each([
    ['exchanges', ['mail', 'shop']],
    ['burn_rate', ['shop', 'mail']],
    ['error_ratio', ['shop', 'mail']],
    ['ttfb_p99', ['mail', 'shop']],
  ])('sort=%s, also over pages', async (sort, expected) => {
    expect((await rowsOf(`/v1/services?${RANGE}&sort=${sort}`)).map((r: { service: string }) => r.service)).toEqual(expected);
    const { json } = await w.get(`/v1/services?${RANGE}&sort=${sort}&limit=1`);
    const next = await rowsOf(`/v1/services?${RANGE}&sort=${sort}&limit=1&cursor=${json.next_cursor}`);
    expect([json.data[0].service, next[0].service]).toEqual(expected);
  });
  test('series: one entry a step, sums equal to the row, null where nothing was', async () => {
    const { json } = await w.get(`/v1/services?${RANGE}&view=series&step=2m`);
    expectSchema('ServiceList', json);
    const [mail, shop] = json.data;
    expect(shop.series.t).toEqual(['2026-11-22T09:00:00Z', '2026-11-22T09:02:00Z', '2026-11-22T09:04:00Z', '2026-11-22T09:06:00Z', '2026-11-22T09:08:00Z']);
    expect(shop.series).toMatchObject({ exchanges: [95, 0, 0, 0, 100], client_errors: [5, 0, 0, 0, 0], server_errors: [0, 0, 0, 0, 6], transport_errors: [0, 0, 0, 0, 4] });
    expect(shop.series.ttfb_p50_ms.map((v: number | null) => v !== null && Math.round(v))).toEqual([10, false, false, false, 30]);
    expect(shop.series.ttfb_p99_ms[4]).toBeCloseTo(200, -1);
    for (const row of [mail, shop])
      for (const key of ['exchanges', 'client_errors', 'server_errors', 'transport_errors']) {
        expect(row.series[key]).toHaveLength(5);
        expect(row.series[key].reduce((a: number, b: number) => a + b)).toBe(row[key]);
      }
    expect(json.range.step).toBe(120);
  });
});

describe('/v1/request-patterns', () => {
  test('trend_day; a range that is not whole minutes is compared by rate', async () => {
    expect((await rowsOf(`/v1/request-patterns?${RANGE}&group_by=service`)).map((r: Record<string, unknown>) => [r['service'], r['trend'], r['trend_day']])).toEqual([
      ['mail', 39, null],
      ['shop', 0.95, 2.9],
    ]);
    // 30 s now against the whole minute yesterday: 95 in 30 s, 50 in 60 s
    const [row] = await rowsOf('/v1/request-patterns?start=2026-11-22T09:00:00Z&end=2026-11-22T09:00:30Z&group_by=service&step=10s');
    expect([row.exchanges, row.trend_day]).toEqual([95, 2.8]);
  });
  test('view=latency: errors, latencies, time spent and bytes by group', async () => {
    const { json } = await w.get(`/v1/request-patterns?${RANGE}&group_by=service,route&view=latency`);
    expectSchema('RequestPatternList', json);
    const [mail, shop] = json.data;
    expect(shop).toMatchObject({ route: '/a', exchanges: 195, client_errors: 5, server_errors: 6, transport_errors: 4, request_bytes: 0, response_bytes: 0 });
    // total is twice the ttfb: 90 x 20 + 90 x 60 + 6 x 400
    expect(shop.total_ms_sum).toBeCloseTo(9_600, 3);
    expect(shop.ttfb_ms.p50).toBeCloseTo(30, 0);
    expect(shop.total_ms.p99).toBeCloseTo(400, -1);
    expect(mail.ttfb_ms.p50).toBeCloseTo(500, -1);
    const narrowed = await rowsOf(`/v1/request-patterns?${RANGE}&group_by=status&view=latency&status=500`);
    expect(narrowed).toMatchObject([{ status: 500, exchanges: 6, server_errors: 6 }]);
    expect(narrowed[0].total_ms_sum).toBeCloseTo(2_400, 3);
  });
});

describe('/v1/failures', () => {
  test('baseline, excess and error types by route', async () => {
    const { json } = await w.get(`/v1/failures?${RANGE}&group_by=service,route`);
    expectSchema('FailureList', json);
    expect(json.data).toMatchObject([
      { service: 'mail', baseline_ratio: 0, excess: 100, error_types: {} },
      // 2 of 100 before, so 3.9 of 195 were to be expected
      { service: 'shop', exchanges: 195, baseline_ratio: 0.02, excess: 11.1, error_types: { connection_reset: 4 } },
    ]);
  });
  test('told apart or chosen by status, the base is all exchanges', async () => {
    const byStatus = await rowsOf(`/v1/failures?${RANGE}&group_by=status&service=shop`);
    expect(byStatus.map((r: Record<string, unknown>) => [r['status'], r['exchanges'], r['error_ratio'], r['baseline_ratio'], r['excess']])).toEqual([
      [500, 195, 0.030769, 0.02, 2.1],
      [404, 195, 0.025641, 0, 5],
      [0, 195, 0.020513, 0, 4],
    ]);
    expect(await rowsOf(`/v1/failures?${RANGE}&group_by=route&service=shop&status=5xx`)).toMatchObject([
      { route: '/a', exchanges: 195, server_errors: 6, error_ratio: 0.030769, baseline_ratio: 0.02, excess: 2.1 },
    ]);
  });
  test('sort=excess', async () => {
    await closed(1_200, 'busy', [
      { route: '/x', status: 500, n: 50 },
      { route: '/y', status: 500, n: 10 },
    ]);
    await closed(600, 'busy', [
      { route: '/x', status: 500, n: 49 },
      { route: '/x', status: 200, n: 1 },
    ]);
    const range = 'start=2026-11-22T09:20:00Z&end=2026-11-22T09:30:00Z&service=busy&group_by=route';
    expect((await rowsOf(`/v1/failures?${range}`)).map((r: { route: string }) => r.route)).toEqual(['/x', '/y']);
    expect((await rowsOf(`/v1/failures?${range}&sort=excess`)).map((r: { route: string; excess: number }) => [r.route, r.excess])).toEqual([
      ['/y', 10],
      ['/x', 1],
    ]);
  });
});

describe('/v1/latency?view=heatmap', () => {
  test('counts of all points in the same buckets', async () => {
    const { json } = await w.get(`/v1/latency?${RANGE}&view=heatmap&step=2m&service=shop`);
    expectSchema('LatencyHeatmapPointList', json);
    expect(json.data).toHaveLength(5);
    const [first, , , , last] = json.data;
    expect(first.exchanges).toBe(95);
    expect(first.counts.reduce((a: number, b: number) => a + b)).toBe(90);
    expect(last.counts.reduce((a: number, b: number) => a + b)).toBe(96);
    for (const p of json.data) expect(p.le_ms).toEqual(first.le_ms);
    expect(first.le_ms.length).toBeLessThanOrEqual(40);
    expect(first.le_ms.at(-1)).toBeGreaterThanOrEqual(200);
    const bucket = (ms: number): number => first.le_ms.findIndex((le: number) => ms <= le);
    expect([first.counts[bucket(10)], last.counts[bucket(30)], last.counts[bucket(200)]]).toEqual([90, 90, 6]);
  });
  test('another metric, a filter, and nothing at all', async () => {
    const [total] = await rowsOf(`/v1/latency?${RANGE}&view=heatmap&metric=total&step=10m&route=%2Fa&status=500`);
    expect(total).toMatchObject({ exchanges: 6, counts: [6] });
    expect(total.le_ms[0]).toBeGreaterThanOrEqual(400);
    expect(total.le_ms[0]).toBeLessThan(410);
    expect(await rowsOf(`/v1/latency?${RANGE}&view=heatmap&step=10m&service=nobody`)).toEqual([{ t: '2026-11-22T09:00:00Z', exchanges: 0, le_ms: [], counts: [], complete: true }]);
  });
});

describe('/v1/headers', () => {
  test('presence before, and by service', async () => {
    const { json } = await w.get(`/v1/headers?${RANGE}&group_by=name,direction,service`);
    expectSchema('HeaderList', json);
    expect(json.data).toMatchObject([{ service: 'shop', name: 'authorization', exchanges: 100, presence: 0.512821, presence_before: 0.4, sensitive: true, distinct: 3 }]);
    // over all services the base is larger
    expect(await rowsOf(`/v1/headers?${RANGE}`)).toMatchObject([{ presence: 0.168067, presence_before: 0.363636 }]);
    expect(await rowsOf('/v1/headers?start=2026-11-21T09:00:00Z&end=2026-11-21T09:10:00Z')).toEqual([]);
  });
  test('series of one header', async () => {
    const { json } = await w.get(`/v1/headers?${RANGE}&name=Authorization&view=series&step=2m&service=shop`);
    expectSchema('HeaderList', json);
    expect(json.data[0].series).toEqual({
      t: ['2026-11-22T09:00:00Z', '2026-11-22T09:02:00Z', '2026-11-22T09:04:00Z', '2026-11-22T09:06:00Z', '2026-11-22T09:08:00Z'],
      presence: [0.947368, null, null, null, 0.1],
      distinct: [2, 0, 0, 0, 1],
      bytes: [1_800, 0, 0, 0, 200],
    });
  });
});

describe('/v1/exchanges', () => {
  const exchange = (route: string, status: number): object => ({
    start_time: '2026-11-22T09:58:00.000000001Z',
    'headwater.phase': 'complete',
    'headwater.role': 'server',
    'http.route': route,
    'http.response.status_code': status,
    'http.request.headers': [{ name: 'Accept', value: '*/*', action: 'keep' }],
    'http.response.headers': [],
    'headwater.connection': '1',
    'headwater.ordinal': 1,
    'headwater.weight': 1,
    'headwater.flags': [],
  });
  const put = (name: string, key: string, more: object, samples: object[]): Promise<void> =>
    w.state.set(`sample/${name}/${key}`, JSON.stringify({ schema: 1, service: name, role: 'server', method: 'GET', route: '/a', status: 500, kept: 'failed', ...more, samples }), {
      ttlMs: 3_600_000,
    });

  beforeAll(async () => {
    await put('shop', 'aaaaaaaaaaaaaaaa', {}, [
      { seen_at: '2026-11-22T09:58:00.250Z', kept: 'failed', host: 'web-1', exchange: exchange('/a', 500) },
      { seen_at: '2026-11-22T09:10:00Z', host: 'web-2', exchange: exchange('/a', 500) },
    ]);
    await put('shop', 'bbbbbbbbbbbbbbbb', { status: 200, kept: 'slow' }, [{ seen_at: '2026-11-22T09:30:00Z', kept: 'good', exchange: exchange('/a', 200) }]);
    await put('shop/api', 'cccccccccccccccc', { method: 'POST', route: '/b' }, [{ seen_at: '2026-11-22T09:40:00Z', host: 'web-1', exchange: exchange('/b', 500) }]);
    await put('mail', 'dddddddddddddddd', { role: 'client' }, [{ seen_at: '2026-11-22T09:45:00Z', host: 'web-1', exchange: exchange('/a', 500) }]);
    await put('mail', 'old', {}, [{ seen_at: '2026-11-20T09:45:00Z', host: 'web-1', exchange: exchange('/a', 500) }]);
    await w.state.set('sample/shop/broken', '{"schema":1');
    await w.state.set('sample/shop/newer', JSON.stringify({ schema: 2, samples: [] }));
  });
  const seen = async (query: string, token?: string) =>
    (await rowsOf(`/v1/exchanges?${query}`, token)).map((r: { kept: string; seen_at: string; host: string | null }) => [r.kept, r.seen_at.slice(11, 16), r.host].join(' '));

  test('newest first, of the last day', async () => {
    const { json } = await w.get('/v1/exchanges');
    expectSchema('ExchangeList', json);
    expect(json.range).toMatchObject({ start: '2026-11-21T10:00:00Z', end: '2026-11-22T10:00:00Z' });
    expect(json.data[0]).toEqual({ kept: 'failed', seen_at: '2026-11-22T09:58:00.250Z', host: 'web-1', exchange: exchange('/a', 500) });
    expect(await seen('')).toEqual(['failed 09:58 web-1', 'failed 09:40 web-1', 'good 09:30 ', 'failed 09:10 web-2']);
  });
  test.each([
    ['service=shop', ['failed 09:58 web-1', 'good 09:30 ', 'failed 09:10 web-2']],
    ['service=shop/api', ['failed 09:40 web-1']],
    ['status=5xx&host=web-2', ['failed 09:10 web-2']],
    ['status=200', ['good 09:30 ']],
    ['method=POST', ['failed 09:40 web-1']],
    ['route=/b', ['failed 09:40 web-1']],
    ['role=client', ['failed 09:45 web-1']],
    ['start=now-25m', ['failed 09:58 web-1', 'failed 09:40 web-1']],
    ['end=2026-11-22T09:20:00Z', ['failed 09:10 web-2']],
    ['service=nobody', []],
  ])('%s', async (query, expected) => expect(await seen(query)).toEqual(expected));
  test('pages', async () => {
    const { json } = await w.get('/v1/exchanges?limit=3');
    expect(json.data).toHaveLength(3);
    expect((await rowsOf(`/v1/exchanges?limit=3&cursor=${json.next_cursor}`)).map((r: { seen_at: string }) => r.seen_at)).toEqual(['2026-11-22T09:10:00Z']);
  });
  test('needs events:read; a narrowed token sees its services alone, also where names begin alike', async () => {
    expect((await w.get('/v1/exchanges', { token: await w.token({ scope: 'metrics:read fleet:read' }) })).status).toBe(403);
    expect(await seen('', await w.token({ services: ['shop'] }))).toEqual(['failed 09:58 web-1', 'good 09:30 ', 'failed 09:10 web-2']);
    expect(await seen('service=shop/api', await w.token({ services: ['shop'] }))).toEqual([]);
    expect(await seen('', await w.token({ services: ['shop', 'shop/api'] }))).toHaveLength(4);
    expect(await seen('', await w.token({ services: [] }))).toEqual([]);
  });
  test('a new sample changes the ETag', async () => {
    const { etag } = (await w.get('/v1/exchanges')).headers;
    expect((await w.get('/v1/exchanges', { headers: ['if-none-match', String(etag)] })).status).toBe(304);
    await put('shop', 'eeeeeeeeeeeeeeee', { status: 201, kept: 'good' }, [{ seen_at: '2026-11-22T09:59:00Z', host: 'web-1', exchange: exchange('/a', 201) }]);
    expect((await w.get('/v1/exchanges', { headers: ['if-none-match', String(etag)] })).status).toBe(200);
    await w.state.delete('sample/shop/eeeeeeeeeeeeeeee');
  });
});

test('/v1/fleet/agents: the account of the range, null where a host said nothing', async () => {
  const account = new HostsWindow();
  const a = account.host('web-1');
  a.request = { started: 100, emitted: 90, filtered: new Map([['path', 6]]), lost: new Map([['ring_full', 3]]), inFlight: 1 };
  a.response = { started: 90, emitted: 90, filtered: new Map(), lost: new Map(), inFlight: 0 };
  a.exchanges = 90;
  a.batches = 4;
  a.lostBatches.set('sequence_gap', 2);
  a.clampedTimes = 1;
  a.lateExchanges = 5;
  await w.commit(at(0), [{ subject: 'h:', window: account }]);
  await w.close(at(0), 'h:', account);
  for (const host of ['web-1', 'web-9'])
    await w.state.set(
      `agent/${host}`,
      JSON.stringify({
        host,
        incarnation: 'i1',
        version: '0.1.0',
        started_at: '2026-11-22T08:00:00Z',
        seen_at: '2026-11-22T09:59:50Z',
        hooks: 'sock',
        scope: [],
        policy: 'default@1',
        source: 'live',
        losses: {},
        filtered: {},
        exchanges: 0,
        coverage: 1,
        lag_ms: 1,
        kernel: '6.12',
      }),
    );
  const { json } = await w.get(`/v1/fleet/agents?${RANGE}`);
  expectSchema('AgentList', json);
  expect(json.data.map((r: { account: unknown }) => r.account)).toEqual([
    {
      request: { started: 100, emitted: 90, filtered: { path: 6 }, lost: { ring_full: 3 }, in_flight: 1 },
      response: { started: 90, emitted: 90, filtered: {}, lost: {}, in_flight: 0 },
      exchanges: 90,
      batches: 4,
      lost_batches: { sequence_gap: 2 },
      clamped_times: 1,
      late_exchanges: 5,
      sampling: [],
    },
    null,
  ]);
});

describe('a narrowed token', () => {
  test('sees its services alone in every view', async () => {
    const token = await w.token({ services: ['mail'] });
    expect((await rowsOf(`/v1/services?${RANGE}&view=series&step=10m`, token)).map((r: { service: string }) => r.service)).toEqual(['mail']);
    expect((await rowsOf(`/v1/request-patterns?${RANGE}&view=latency&group_by=route`, token)).map((r: { route: string }) => r.route)).toEqual(['/send']);
    expect((await rowsOf(`/v1/failures?${RANGE}&group_by=service`, token)).map((r: { service: string }) => r.service)).toEqual(['mail']);
    expect((await rowsOf(`/v1/latency?${RANGE}&view=heatmap&step=10m`, token))[0].exchanges).toBe(400);
    expect(await rowsOf(`/v1/headers?${RANGE}&group_by=name,direction,service`, token)).toEqual([]);
    expect(await rowsOf(`/v1/headers?${RANGE}&name=authorization&view=series&step=10m`, token)).toEqual([]);
  });
});

describe('the ETag follows what is compared with', () => {
  // its own hours, so that nothing else of this file comes in between
  const range = 'start=2026-11-22T05:00:00Z&end=2026-11-22T05:10:00Z';
  test.each([
    ['/v1/services', [-15_000, -DAY_S - 14_400]],
    ['/v1/request-patterns', [-15_000, -DAY_S - 14_400]],
    ['/v1/failures', [-15_000]],
    ['/v1/headers', [-15_000]],
  ])('%s', async (path, seconds) => {
    let { etag } = (await w.get(`${path}?${range}`)).headers;
    for (const s of seconds) {
      expect((await w.get(`${path}?${range}`, { headers: ['if-none-match', String(etag)] })).status).toBe(304);
      await closed(s, `etag${path.replaceAll('/', '-')}`, [{ route: '/a', status: 200, n: 1 }]);
      const reply = await w.get(`${path}?${range}`, { headers: ['if-none-match', String(etag)] });
      expect(reply.status, `${path} ${s}`).toBe(200);
      etag = reply.headers['etag'];
    }
  });
});
