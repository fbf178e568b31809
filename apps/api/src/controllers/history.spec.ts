/** What is compared with the day before: usual rates and shares, what is new, what vanished; and failures by why they broke, by client. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectSchema } from '../testing/schemas.ts';
import { hosts, service, type Exchanges } from '../testing/windows.ts';
import { World } from '../testing/world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);
const T = NOW - HOUR;
const RANGE = 'start=2026-11-22T09:00:00Z&end=2026-11-22T10:00:00Z';

let w: World;
const account = hosts([{ host: 'web-1' }]);

/** The hosts were watched then. */
async function watch(start: number): Promise<void> {
  await w.commit(start, [{ subject: 'h:', window: account }]);
  await w.close(start, 'h:', account);
}

async function put(start: number, of: string, rows: Omit<Exchanges, 'seenAt'>[], clients: [name: string, status: number, n: number, broken?: number][] = []): Promise<void> {
  const window = service(
    rows.map((r) => ({ ...r, seenAt: start + 2_000 })),
    (s) => {
      for (const [name, status, n, broken = 0] of clients) {
        s.client(name).add(status, n);
        s.client(name).errors += broken;
      }
    },
  );
  await w.commit(start, [{ subject: `s:${of}`, window }]);
  await w.close(start, `s:${of}`, window);
}

beforeAll(async () => {
  w = await World.start();
  for (let i = 1; i <= 24; i += 1) {
    const start = T - i * HOUR;
    await watch(start);
    await put(start, 'shop', [
      { route: '/a', status: 200, n: 3_600 + (i % 3) * 30 },
      // The hour before the range was a bad one.
      { route: '/a', status: 500, n: i === 1 ? 1_800 : 36 + (i % 4) },
      { route: '/b', status: 200, n: 360 },
      { route: '/gone', status: 200, n: 720 },
      ...(i % 5 === 0 ? [{ route: '/rare', status: 200, n: 500 }] : []),
      { route: '/few', status: 200, n: 5 },
    ]);
  }
  await put(T + 10_000, 'shop', [
    { route: '/a', status: 200, n: 3_600 },
    { route: '/a', status: 500, n: 360 },
    { route: '/b', status: 200, n: 3_600 },
    { route: '/pay', status: 503, n: 20 },
    { method: '{other}', route: '{other}', status: 200, n: 9 },
  ]);
  await put(
    T + 20_000,
    'till',
    [
      { route: '/x', status: 0, n: 5, error: 'connection_reset' },
      { route: '/x', status: 200, n: 2, error: 'connection_closed' },
      { route: '/x', status: 502, n: 3, error: 'connection_reset' },
      { route: '/x', status: 200, n: 90 },
      { route: '/y', status: 0, n: 4, error: 'no_response' },
    ],
    [
      ['checkout', 200, 60],
      ['checkout', 404, 4],
      ['10.0.0.0', 503, 10],
      ['10.0.0.0', 0, 5, 5],
      ['10.0.0.0', 200, 5, 2],
      ['{other}', 200, 16],
    ],
  );
  await put(T + 30_000, 'mail', [{ route: '/send', status: 202, n: 10 }], [['checkout', 202, 10]]);
});
afterAll(() => w.stop());

type Row = Record<string, any>; // oxlint-disable-line -- a test looks into whatever came
const rowsOf = async (path: string): Promise<Row[]> => (await w.get(path)).json.data as Row[];

describe('what was usual', () => {
  test('of request patterns: from the hours before, and only where it is asked for', async () => {
    const { json } = await w.get(`/v1/request-patterns?${RANGE}&service=shop&group_by=route&view=baseline`);
    expectSchema('RequestPatternList', json);
    const by = new Map<string, Row>(json.data.map((r: Row) => [r['route'], r]));
    expect(by.get('/b')).toMatchObject({ expected: { median_per_s: 0.1, basis: 'last_24_hours', hours: 24 } });
    expect(by.get('/b')!['deviation']).toBeGreaterThan(20);
    expect(Math.abs(by.get('/a')!['deviation'])).toBeLessThan(3);
    expect(by.get('/a')!['expected'].low_per_s).toBeLessThan(1);
    expect(by.get('/a')!['expected'].high_per_s).toBeGreaterThan(1);
    expect((await rowsOf(`/v1/request-patterns?${RANGE}`))[0]).not.toHaveProperty('expected');
    const sorted = await rowsOf(`/v1/request-patterns?${RANGE}&service=shop&group_by=route&sort=deviation`);
    expect(sorted.slice(0, 2).map((r) => r['route'])).toEqual(['/b', '/pay']);
  });
  test('of services; null where too little is known', async () => {
    const { json } = await w.get(`/v1/services?${RANGE}&sort=deviation`);
    expectSchema('ServiceList', json);
    const [shop, ...others] = json.data as Row[];
    expect([shop!['service'], shop!['expected'].hours]).toEqual(['shop', 24]);
    expect(others.map((r) => [r['service'], r['expected'], r['deviation']])).toEqual([
      ['mail', null, null],
      ['till', null, null],
    ]);
  });
  test('of failures: a bad hour just before does not hide those of now', async () => {
    const { json } = await w.get(`/v1/failures?${RANGE}&service=shop&group_by=route&view=baseline`);
    expectSchema('FailureList', json);
    const [a, pay] = json.data as [Row, Row];
    expect(a).toMatchObject({ route: '/a', excess: 0, new: false, expected: { basis: 'last_24_hours' } });
    expect(a['expected'].median_ratio).toBeCloseTo(0.0102, 3);
    expect(a['deviation']).toBeGreaterThan(20);
    expect(pay).toMatchObject({ route: '/pay', new: true, expected: null });
  });
  test('the same hours of the days before explain what the day before does not', async () => {
    // A batch job: at nine each day, and next to nothing at other hours.
    for (let day = 2; day <= 7; day += 1) {
      await watch(T - day * DAY);
      await put(T - day * DAY, 'batch', [{ route: '/run', status: 200, n: 4_000 }]);
    }
    for (let h = 0; h <= 24; h += 1) await put(T - h * HOUR + (h === 0 ? 5 * 60_000 : 0), 'batch', [{ route: '/run', status: 200, n: h % 24 === 0 ? 4_000 : 40 }]);
    const [row] = await rowsOf(`/v1/request-patterns?${RANGE}&service=batch&view=baseline`);
    expect(row).toMatchObject({ exchanges: 4_000, expected: { basis: 'same_hours_of_7_days', hours: 7 } });
    expect(Math.abs(row!['deviation'])).toBeLessThan(1);
  });
  test('where no hours are held the minutes before do', async () => {
    for (let m = 1; m <= 40; m += 1) {
      await watch(T + 30 * 60_000 - m * 60_000);
      await put(T + 30 * 60_000 - m * 60_000, 'young', [{ route: '/v', status: 200, n: 60 }]);
    }
    await put(T + 31 * 60_000, 'young', [{ route: '/v', status: 200, n: 900 }]);
    const [row] = await rowsOf('/v1/request-patterns?start=2026-11-22T09:30:00Z&end=2026-11-22T09:35:00Z&service=young&view=baseline');
    expect(row).toMatchObject({ exchanges: 900, expected: { median_per_s: 1, basis: 'last_60_minutes', hours: 0.65 } });
    expect(row!['deviation']).toBeGreaterThan(10);
  });
});

describe('view=changes', () => {
  test('new and vanished routes; not what is rare, not what is in {other}', async () => {
    const { json } = await w.get(`/v1/request-patterns?${RANGE}&service=shop&view=changes`);
    expectSchema('RequestPatternList', json);
    expect(json.data).toMatchObject([
      { route: '/gone', change: 'vanished', certain: false, exchanges: 0, expected_exchanges: 720, first_seen: null, last_seen: '2026-11-22T08:00:02Z' },
      { route: '/pay', change: 'new', certain: true, exchanges: 20, expected_exchanges: null, first_seen: '2026-11-22T09:00:12Z', last_seen: null },
    ]);
  });
  test('nothing is new where little was watched before', async () => {
    expect(await rowsOf('/v1/request-patterns?start=2026-11-21T09:30:00Z&end=2026-11-21T10:30:00Z&service=shop&view=changes')).toEqual([]);
  });
});

describe('failures by why there is no whole response', () => {
  test('grouped: one base, whatever the status', async () => {
    const { json } = await w.get(`/v1/failures?${RANGE}&service=till&group_by=route,error_type,status`);
    expectSchema('FailureList', json);
    expect(json.data.map((r: Row) => [r['route'], r['error_type'], r['status'], r['exchanges'], r['server_errors'], r['transport_errors'], r['error_ratio']])).toEqual([
      ['/x', 'connection_reset', 0, 100, 0, 5, 0.05],
      ['/y', 'no_response', 0, 4, 0, 4, 1],
      ['/x', 'connection_reset', 502, 100, 3, 0, 0.03],
      ['/x', 'connection_closed', 200, 100, 0, 2, 0.02],
    ]);
  });
  test('chosen: before a response, within one', async () => {
    const [x, ...none] = await rowsOf(`/v1/failures?${RANGE}&service=till&group_by=route&error_type=connection_reset`);
    expect(x).toMatchObject({
      route: '/x',
      exchanges: 100,
      server_errors: 3,
      transport_errors: 5,
      error_types: { connection_reset: 8 },
      broken_before_response: 5,
      broken_within_response: 3,
    });
    expect(none).toEqual([]);
    const before = await rowsOf(`/v1/failures?${RANGE}&service=till&group_by=service&error_type=connection_reset,no_response&status=0`);
    expect(before).toMatchObject([{ exchanges: 104, transport_errors: 9, broken_within_response: 0 }]);
    const all = await rowsOf(`/v1/failures?${RANGE}&service=till&group_by=route`);
    expect(all).toMatchObject([
      { route: '/x', broken_before_response: 5, broken_within_response: 5 },
      { route: '/y', broken_before_response: 4, broken_within_response: 0 },
    ]);
  });
});

describe('/v1/clients', () => {
  test('who was answered what', async () => {
    const { json } = await w.get(`/v1/clients?${RANGE}&service=till`);
    expectSchema('ClientList', json);
    expect(json.data).toEqual([
      row('checkout', { exchanges: 64, client_errors: 4, error_ratio: 0.0625, statuses: { 200: 60, 404: 4 }, share: 0.64 }),
      row('10.0.0.0', { exchanges: 20, server_errors: 10, transport_errors: 7, error_ratio: 0.85, statuses: { 0: 5, 200: 5, 503: 10 }, share: 0.2 }),
      row('{other}', { exchanges: 16, statuses: { 200: 16 }, share: 0.16, at_least: false }),
    ]);
  });
  test('by failures, of one client, of services that the token may see', async () => {
    expect((await rowsOf(`/v1/clients?${RANGE}&sort=failures`))[0]).toMatchObject({ client: '10.0.0.0' });
    expect((await rowsOf(`/v1/clients?${RANGE}&client=checkout`)).map((r) => [r['service'], r['share']])).toEqual([
      ['till', 0.64],
      ['mail', 1],
    ]);
    const narrowed = await w.get(`/v1/clients?${RANGE}`, { token: await w.token({ services: ['mail'] }) });
    expect(narrowed.json.data.map((r: Row) => r['service'])).toEqual(['mail']);
    const first = await w.get(`/v1/clients?${RANGE}&limit=2`);
    expect((await rowsOf(`/v1/clients?${RANGE}&limit=2&cursor=${first.json.next_cursor}`)).map((r) => r['client'])).toEqual(['{other}', 'checkout']);
  });
  function row(client: string, more: Row): Row {
    return { client, service: 'till', client_errors: 0, server_errors: 0, transport_errors: 0, error_ratio: 0, at_least: true, ...more };
  }
});
