import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentStatus } from '@headwater/header-event';
import type { ServiceWindow } from '@headwater/sketch';
import { StoreError } from '@headwater/summary-store';
import { document, expectSchema } from '../testing/schemas.ts';
import { hosts, service } from '../testing/windows.ts';
import { World } from '../testing/world.ts';

let w: World;
const T = Date.UTC(2026, 10, 22, 9, 0, 0);
const at = (s: number): number => T + s * 1_000;
const RANGE = 'start=2026-11-22T09:00:00Z&end=2026-11-22T09:10:00Z';

function shopHeaders(s: ServiceWindow): void {
  const h = s.header('server', 'request', 'user-agent');
  h.exchanges = 80;
  h.occurrences = 80;
  h.bytes = 1_600;
  h.top.add('curl/8', 60);
  h.top.add('ab/2', 20);
  h.distinct.add('curl/8');
  h.distinct.add('ab/2');
  const c = s.header('server', 'response', 'content-type');
  c.exchanges = 100;
  c.bytes = 3_000;
}

beforeAll(async () => {
  w = await World.start();
  // before the range, for the trend: 50 at -5 min
  const before = service([{ route: '/orders/{int}', status: 200, n: 50, seenAt: at(-300) }]);
  await w.commit(at(-300), [{ subject: 's:shop', window: before }]);
  await w.close(at(-300), 's:shop', before);
  // closed window at 0 s
  const first = service(
    [
      { route: '/orders/{int}', status: 200, n: 90, ttfbMs: 10, seenAt: at(1) },
      { route: '/orders/{int}', status: 404, n: 6, ttfbMs: 2, seenAt: at(2) },
      { route: '/pay', method: 'POST', status: 500, n: 3, ttfbMs: 40, seenAt: at(3) },
      { route: '/pay', method: 'POST', status: 0, n: 1, error: 'connection_reset', seenAt: at(4) },
      { role: 'client', route: '/bank', status: 200, n: 7, seenAt: at(5) },
    ],
    shopHeaders,
  );
  const account = hosts([{ host: 'web-1', skew: 4 }, { host: 'web-2' }]);
  await w.commit(at(0), [
    { subject: 's:shop', window: first },
    { subject: 'h:', window: account },
  ]);
  await w.close(at(0), 's:shop', first);
  await w.close(at(0), 'h:', account);
  // a second service in the same window, and late data for the first one after its close
  const mail = service([{ route: '/send', status: 202, n: 20, ttfbMs: 5, seenAt: at(6) }]);
  await w.commit(at(0), [{ subject: 's:mail', window: mail }]);
  await w.close(at(0), 's:mail', mail);
  const lateWindow = service([{ route: '/orders/{int}', status: 200, n: 10, ttfbMs: 10, seenAt: at(7) }]);
  await w.commit(at(60), [{ subject: 's:shop', window: lateWindow }]);
  await w.close(at(60), 's:shop', lateWindow);
});
afterAll(() => w.stop());

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string; anyOf?: { $ref: string }[] }; example: unknown }> }>;
}

describe('the documented example of every answer', () => {
  const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  );
  test.each(operations)('%s', (_, { responses }) => {
    const content = responses['200']?.content?.['application/json'];
    const ref = content?.schema.$ref ?? content?.schema.anyOf?.[0]?.$ref;
    if (content !== undefined && ref !== undefined) expectSchema(ref.split('/').at(-1) as string, content.example);
  });
});

describe('/v1/services', () => {
  test('exact counts by service, largest first; ttfb within 1 %', async () => {
    const { status, json, text } = await w.get(`/v1/services?${RANGE}`);
    expect(status, text).toBe(200);
    expectSchema('ServiceList', json);
    expect(json.range).toEqual({ start: '2026-11-22T09:00:00Z', end: '2026-11-22T09:10:00Z', step: 10 });
    expect(json.data).toMatchObject([
      { service: 'shop', role: 'server', exchanges: 110, client_errors: 6, server_errors: 3 },
      { service: 'mail', role: 'server', exchanges: 20, client_errors: 0, server_errors: 0 },
    ]);
    expect(json.data[0].ttfb_ms.p50).toBeGreaterThan(9.9);
    expect(json.data[0].ttfb_ms.p50).toBeLessThan(10.1);
    expect(json.quality).toEqual({ complete: true, lost: 0, lost_by: {}, lost_batches: 0, lost_exchanges: 0, sampling: null, hosts: 2, coverage: 1 });
  });
  test('the client role is apart', async () => {
    const { json } = await w.get(`/v1/services?${RANGE}&role=client`);
    expect(json.data).toEqual([
      {
        service: 'shop',
        role: 'client',
        exchanges: 7,
        rate_per_s: 0.011667,
        client_errors: 0,
        server_errors: 0,
        transport_errors: 0,
        error_ratio: 0,
        burn_rate: null,
        trend: null,
        trend_day: null,
        ttfb_ms: { p50: null, p95: null, p99: null },
      },
    ]);
  });
});

describe('/v1/request-patterns', () => {
  test('by service, method, route and status, with rate and trend', async () => {
    const { json } = await w.get(`/v1/request-patterns?${RANGE}`);
    expectSchema('RequestPatternList', json);
    expect(json.data).toEqual([
      { service: 'shop', method: 'GET', route: '/orders/{int}', status: 200, exchanges: 100, rate_per_s: 0.166667, trend: 1, trend_day: null },
      { service: 'mail', method: 'GET', route: '/send', status: 202, exchanges: 20, rate_per_s: 0.033333, trend: null, trend_day: null },
      { service: 'shop', method: 'GET', route: '/orders/{int}', status: 404, exchanges: 6, rate_per_s: 0.01, trend: null, trend_day: null },
      { service: 'shop', method: 'POST', route: '/pay', status: 500, exchanges: 3, rate_per_s: 0.005, trend: null, trend_day: null },
      { service: 'shop', method: 'POST', route: '/pay', status: 0, exchanges: 1, rate_per_s: 0.001667, trend: null, trend_day: null },
    ]);
  });
  test.each([
    ['group_by=service', ['shop 110', 'mail 20']],
    ['group_by=route,role', ['/orders/{int} server 106', '/send server 20', '/pay server 4']],
    ['status=4xx&group_by=status', ['404 6']],
    ['status=404,5xx&group_by=status', ['404 6', '500 3']],
    ['status=0&group_by=status', ['0 1']],
    ['method=POST&group_by=method', ['POST 4']],
    ['route=%2Fsend&group_by=route', ['/send 20']],
    ['service=mail&group_by=service', ['mail 20']],
    ['service=nobody', []],
    ['role=client&group_by=route', ['/bank 7']],
  ])('%s', async (query, expected) => {
    const { json } = await w.get(`/v1/request-patterns?${RANGE}&${query}`);
    expect(
      json.data.map((r: Record<string, unknown>) => [...['service', 'route', 'role', 'method', 'status'].filter((k) => k in r).map((k) => r[k]), r['exchanges']].join(' ')),
    ).toEqual(expected);
  });
  test('pages: every row once, in the order of one page, the range pinned', async () => {
    const whole = await w.get(`/v1/request-patterns?${RANGE}`);
    const rows: unknown[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const { json, status, text } = await w.get(`/v1/request-patterns?${RANGE}&limit=2${cursor}`);
      expect(status, text).toBe(200);
      expect(json.data.length).toBeLessThanOrEqual(2);
      rows.push(...json.data);
      if (json.next_cursor === undefined) break;
      cursor = `&cursor=${json.next_cursor}`;
    }
    expect(rows).toEqual(whole.json.data);
  });
  test('a cursor keeps the range that "now" had', async () => {
    const first = await w.get('/v1/request-patterns?start=now-70m&end=now&limit=1');
    const { now } = w;
    w.now += 60_000;
    const second = await w.get(`/v1/request-patterns?start=now-70m&end=now&limit=1&cursor=${first.json.next_cursor}`, { token: await w.token() });
    w.now = now;
    expect(second.json.range).toEqual(first.json.range);
  });
  test('a cursor of another query, or a made-up one, is refused', async () => {
    const { json } = await w.get(`/v1/request-patterns?${RANGE}&limit=1`);
    for (const path of [
      `/v1/request-patterns?${RANGE}&limit=1&status=4xx&cursor=${json.next_cursor}`,
      `/v1/failures?${RANGE}&cursor=${json.next_cursor}`,
      `/v1/services?cursor=e30`,
      '/v1/services?cursor=%FF',
    ]) {
      const reply = await w.get(path);
      expect(reply.status, path).toBe(400);
      expect(reply.json.errors[0].parameter).toBe('cursor');
    }
  });
});

describe('/v1/failures', () => {
  test('three kinds of error, their ratio, the first of them', async () => {
    const { json } = await w.get(`/v1/failures?${RANGE}&group_by=service,route`);
    expectSchema('FailureList', json);
    expect(json.data).toEqual([
      {
        service: 'shop',
        route: '/orders/{int}',
        exchanges: 106,
        client_errors: 6,
        server_errors: 0,
        transport_errors: 0,
        error_ratio: 0.056604,
        baseline_ratio: 0,
        excess: 6,
        error_types: {},
        broken_before_response: 0,
        broken_within_response: 0,
        first_seen: '2026-11-22T09:00:02Z',
      },
      {
        service: 'shop',
        route: '/pay',
        exchanges: 4,
        client_errors: 0,
        server_errors: 3,
        transport_errors: 1,
        error_ratio: 1,
        baseline_ratio: null,
        excess: 4,
        error_types: { connection_reset: 1 },
        broken_before_response: 1,
        broken_within_response: 0,
        first_seen: '2026-11-22T09:00:03Z',
      },
    ]);
  });
  test('by status, only what failed', async () => {
    const { json } = await w.get(`/v1/failures?${RANGE}&group_by=status`);
    expect(json.data.map((r: { status: number; client_errors: number }) => r.status)).toEqual([404, 500, 0]);
  });
});

describe('/v1/latency', () => {
  test('one point a step, also where nothing happened', async () => {
    const { json } = await w.get(`/v1/latency?${RANGE}&step=1m&service=shop`);
    expectSchema('LatencyPointList', json);
    expect(json.range.step).toBe(60);
    expect(json.data).toHaveLength(10);
    expect(json.data.map((p: { exchanges: number }) => p.exchanges)).toEqual([100, 10, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(json.data[0].t).toBe('2026-11-22T09:00:00Z');
    expect(json.data[1].ttfb_ms.p999).toBeCloseTo(10, 0);
    expect(json.data[1].total_ms.p50).toBeCloseTo(20, 0);
    expect(json.data[2].ttfb_ms).toEqual({ p50: null, p90: null, p95: null, p99: null, p999: null });
    expect(json.data.every((p: { complete: boolean }) => p.complete)).toBe(true);
  });
  test('filters', async () => {
    const { json } = await w.get(`/v1/latency?${RANGE}&step=10m&status=5xx`);
    expect(json.data).toHaveLength(1);
    expect(json.data[0].exchanges).toBe(3);
    expect(json.data[0].ttfb_ms.p50).toBeCloseTo(40, 0);
  });
});

describe('/v1/headers', () => {
  test('presence over all exchanges of the role, distinct, bytes, top', async () => {
    const { json } = await w.get(`/v1/headers?${RANGE}&service=shop`);
    expectSchema('HeaderList', json);
    expect(json.data).toEqual([
      { name: 'content-type', direction: 'response', exchanges: 100, presence: 0.909091, presence_before: 0, sensitive: false, distinct: 0, bytes: 3_000, top: [], sampled: false },
      {
        name: 'user-agent',
        direction: 'request',
        exchanges: 80,
        presence: 0.727273,
        presence_before: 0,
        sensitive: false,
        distinct: 2,
        bytes: 1_600,
        top: [
          { value: 'curl/8', exchanges: 60, error: 0 },
          { value: 'ab/2', exchanges: 20, error: 0 },
        ],
        sampled: false,
      },
    ]);
  });
  test('by name and direction', async () => {
    expect((await w.get(`/v1/headers?${RANGE}&name=User-Agent`)).json.data).toHaveLength(1);
    expect((await w.get(`/v1/headers?${RANGE}&direction=response`)).json.data.map((h: { name: string }) => h.name)).toEqual(['content-type']);
  });
});

describe('/v1/fleet/agents', () => {
  const status = (host: string, more: object = {}): string =>
    JSON.stringify({
      host,
      incarnation: 'i1',
      version: '0.1.0',
      started_at: '2026-11-22T08:00:00Z',
      seen_at: '2026-11-22T09:59:50Z',
      hooks: 'sock',
      scope: ['port=80'],
      policy: 'default@1',
      source: 'live',
      losses: { ring_full: 2 },
      filtered: {},
      exchanges: 12,
      coverage: 1,
      lag_ms: 150,
      kernel: '6.12',
      ...more,
    });
  test('status and account together, by host', async () => {
    await w.state.set('agent/web-2', status('web-2', { seen_at: '2026-11-22T09:00:00Z' }));
    await w.state.set('agent/web-1', status('web-1', { conflicts: ['i0'], heard: { i0: 1 } }));
    await w.state.set('agent/broken', 'not json');
    const { json } = await w.get(`/v1/fleet/agents?${RANGE}`);
    expectSchema('AgentList', json);
    expect(json.data).toMatchObject([
      { host: 'web-1', losses: { ring_full: 2 }, skew_ms: 4, alive: true, conflicts: ['i0'] },
      { host: 'web-2', skew_ms: null, alive: false, conflicts: [] },
    ]);
    // An agent of a version before says none of these.
    expect(json.data[0]).toMatchObject({ hooks_why: null, policy_state: null, sampling: null, cpu_percent: null, cpu_ceiling_percent: null, spool: null, unread_by: null });
    expect((await w.get(`/v1/fleet/agents?${RANGE}&host=web-2`)).json.data).toHaveLength(1);
    const etag = (await w.get(`/v1/fleet/agents?${RANGE}`)).headers['etag'];
    await w.state.set('agent/web-1', status('web-1', { exchanges: 13 }));
    expect((await w.get(`/v1/fleet/agents?${RANGE}`)).headers['etag']).not.toBe(etag);
  });
  test('what a new agent says of itself is passed on', async () => {
    const said: Partial<AgentStatus> = {
      hooks_why: 'auto: the kernel has no tracepoints of sockets',
      policy_state: {
        host: 'shop@3',
        source: 'file',
        loaded_at: '2026-11-22T08:00:00Z',
        narrowing: { policy: 'fleet@7', key: 'k1', accepted_at: '2026-11-22T08:00:02Z' },
        refused: { policy: 'fleet@8', source: 'topic', reason: 'it would widen what is captured', at: '2026-11-22T09:00:02Z' },
      },
      sampling: { reason: 'governor', one_in: 8, since: '2026-11-22T09:58:00Z' },
      cpu_percent: 4.9,
      cpu_ceiling_percent: 5,
      spool: { bytes: 1_048_576, batches: 12, oldest_at: '2026-11-22T09:50:00Z' },
      unread_by: [
        { executable: 'curl', reason: 'tls', messages: 3 },
        { executable: 'redis', reason: 'io_uring', messages: 30 },
      ],
    };
    await w.state.set('agent/web-3', status('web-3', said));
    const { json } = await w.get(`/v1/fleet/agents?${RANGE}&host=web-3`);
    expectSchema('AgentList', json);
    expect(json.data).toMatchObject([{ ...said, unread_by: said.unread_by!.toReversed() }]);
    await w.state.delete('agent/web-3');
  });
  test('a page ends and the next begins after it', async () => {
    const { json } = await w.get(`/v1/fleet/agents?${RANGE}&limit=1`);
    expect((await w.get(`/v1/fleet/agents?${RANGE}&limit=1&cursor=${json.next_cursor}`)).json.data.map((a: { host: string }) => a.host)).toEqual(['web-2']);
  });
});

describe('a services claim', () => {
  test('narrows every listing; asking for another service shows nothing', async () => {
    const token = await w.token({ services: ['mail'] });
    expect((await w.get(`/v1/services?${RANGE}`, { token })).json.data.map((r: { service: string }) => r.service)).toEqual(['mail']);
    expect((await w.get(`/v1/request-patterns?${RANGE}&group_by=route`, { token })).json.data.map((r: { route: string }) => r.route)).toEqual(['/send']);
    expect((await w.get(`/v1/failures?${RANGE}`, { token })).json.data).toEqual([]);
    expect((await w.get(`/v1/headers?${RANGE}`, { token })).json.data).toEqual([]);
    expect((await w.get(`/v1/latency?${RANGE}&step=10m`, { token })).json.data[0].exchanges).toBe(20);
    expect((await w.get(`/v1/services?${RANGE}&service=shop`, { token })).json.data).toEqual([]);
    expect((await w.get(`/v1/services?${RANGE}`, { token: await w.token({ services: [] }) })).json.data).toEqual([]);
  });
  test('does not reach agents, which belong to all services', async () => {
    const reply = await w.get(`/v1/fleet/agents?${RANGE}`, { token: await w.token({ services: ['mail'] }) });
    expect(reply.status).toBe(403);
    expect(reply.json.type).toBe('urn:headwater:problem:forbidden');
  });
  test('gives another ETag', async () => {
    const all = await w.get(`/v1/services?${RANGE}`);
    const some = await w.get(`/v1/services?${RANGE}`, { token: await w.token({ services: ['shop', 'mail'] }) });
    expect(some.headers['etag']).not.toBe(all.headers['etag']);
  });
});

describe('ETag and quality follow the windows', () => {
  const range = 'start=2026-11-22T09:20:00Z&end=2026-11-22T09:21:00Z';
  const rows = (n: number): ServiceWindow => service([{ route: '/x', status: 200, n, seenAt: at(1_201) }]);

  test('304 while nothing changes; open, closed and late data each change it', async () => {
    const get = (etag?: unknown) => w.get(`/v1/services?${range}`, { headers: etag === undefined ? [] : ['if-none-match', String(etag)] });
    const empty = await get();
    expect(empty.json.data).toEqual([]);
    expect((await get(empty.headers['etag'])).status).toBe(304);
    await w.commit(at(1_200), [{ subject: 's:tag', window: rows(3) }]);
    const open = await get(empty.headers['etag']);
    expect(open.status).toBe(200);
    expect(open.json).toMatchObject({ data: [{ exchanges: 3 }], quality: { complete: false } });
    await w.commit(at(1_200), [{ subject: 's:tag', window: rows(5) }], false);
    const more = await get(open.headers['etag']);
    expect(more.json.data[0].exchanges).toBe(5);
    await w.close(at(1_200), 's:tag', rows(5));
    const closed = await get(more.headers['etag']);
    expect(closed.json).toMatchObject({ data: [{ exchanges: 5 }], quality: { complete: true } });
    const unchanged = await get(closed.headers['etag']);
    expect([unchanged.status, unchanged.text]).toEqual([304, '']);
    expect((await get('"other"')).status).toBe(200);
    expect((await get(`"other", ${String(closed.headers['etag'])}`)).status).toBe(304);
    // late data: a supplementary partial beside the closed segment, then a second close that takes it in
    await w.commit(at(1_200), [{ subject: 's:tag', window: rows(2) }]);
    const late = await get(closed.headers['etag']);
    expect(late.json).toMatchObject({ data: [{ exchanges: 7 }], quality: { complete: false } });
    await w.close(at(1_200), 's:tag', rows(7));
    expect((await get(late.headers['etag'])).json).toMatchObject({ data: [{ exchanges: 7 }], quality: { complete: true } });
  });

  test('a point is marked open in a series; the others are not', async () => {
    await w.commit(at(1_210), [{ subject: 's:tag', window: rows(1) }]);
    const { json } = await w.get(`/v1/latency?${range}`);
    expect(json.data.map((p: { complete: boolean }) => p.complete)).toEqual([true, false, true, true, true, true]);
    await w.close(at(1_210), 's:tag', rows(1), [3]);
    const without = await w.get(`/v1/latency?${range}`);
    expect(without.json.data[1].complete).toBe(false);
    // The partition comes back and goes on past the window: what it had of it was closed again, so nothing is missing.
    await w.speak(3, at(1_210) + 39_999);
    expect((await w.get(`/v1/latency?${range}`)).json.data[1].complete).toBe(false);
    await w.speak(3, at(1_210) + 40_000);
    const whole = await w.get(`/v1/latency?${range}`, { headers: ['if-none-match', String(without.headers['etag'])] });
    expect(whole.json.data[1].complete).toBe(true);
  });

  test('the current window is open although nothing is in it yet', async () => {
    const { json } = await w.get('/v1/latency?start=now-2m&end=now');
    expect(json.data.map((p: { complete: boolean }) => p.complete)).toEqual([...Array.from({ length: 9 }, () => true), false, false, false]);
  });

  test('losses of all hosts, by reason, and coverage', async () => {
    const account = hosts([
      { host: 'a', lost: { ring_full: 3, gap: 1 }, read: 90, known: 100 },
      { host: 'b', lost: { ring_full: 2 }, read: 30, known: 60 },
    ]);
    await w.commit(at(1_800), [{ subject: 'h:', window: account }]);
    await w.close(at(1_800), 'h:', account);
    const { json } = await w.get('/v1/failures?start=2026-11-22T09:30:00Z&end=2026-11-22T09:31:00Z');
    expect(json.quality).toEqual({ complete: false, lost: 6, lost_by: { gap: 1, ring_full: 5 }, lost_batches: 0, lost_exchanges: 0, sampling: null, hosts: 2, coverage: 0.75 });
  });

  test('batches that came after all are no loss; those that did not are', async () => {
    const range = 'start=2026-11-22T09:32:00Z&end=2026-11-22T09:33:00Z';
    const account = (filled: number) =>
      hosts([
        { host: 'a', lostBatches: { sequence_gap: 3, sequence_gap_filled: filled }, lostExchanges: { sequence_gap: 900, sequence_gap_filled: 300 * filled } },
        { host: '{unknown}', lostBatches: { retention: 7, retention_attributed: 7 } },
      ]);
    await w.commit(at(1_920), [{ subject: 'h:', window: account(2) }]);
    await w.close(at(1_920), 'h:', account(2));
    expect((await w.get(`/v1/services?${range}`)).json.quality).toMatchObject({ complete: false, lost: 0, lost_batches: 1, lost_exchanges: 300 });
    await w.commit(at(1_920), [{ subject: 'h:', window: account(3) }]);
    await w.close(at(1_920), 'h:', account(3));
    expect((await w.get(`/v1/services?${range}`)).json.quality).toMatchObject({ complete: true, lost: 0, lost_batches: 0, lost_exchanges: 0 });
    const unknown = hosts([{ host: '{unknown}', lostBatches: { retention: 7 } }]);
    await w.commit(at(1_930), [{ subject: 'h:', window: unknown }]);
    await w.close(at(1_930), 'h:', unknown);
    expect((await w.get(`/v1/services?${range}`)).json.quality).toMatchObject({ complete: false, lost_batches: 7 });
  });

  test('declared sampling: of all hosts, the strongest rate, exact counts; through a close and a roll-up; header rows are bounds', async () => {
    // The windows of a service need not know: all that was in one may have been left out.
    const rowsOf = service([{ route: '/s', status: 200, n: 640, ttfbMs: 5, seenAt: at(2_100) }], shopHeaders);
    const first = hosts([
      { host: 'a', sampling: { policy: { oneIn: 10, exchanges: 1_000, kept: 104 }, governor: { oneIn: 4, exchanges: 90, kept: 25 } } },
      { host: 'b', sampling: { policy: { oneIn: 20, exchanges: 500, kept: 30 } } },
      { host: 'c' },
    ]);
    const range = 'start=2026-11-22T09:35:00Z&end=2026-11-22T09:36:00Z';
    const sampling = { one_in: 20, exchanges: 1_590, kept: 159, reasons: ['governor', 'policy'] };
    await w.commit(at(2_100), [
      { subject: 'h:', window: first },
      { subject: 's:sampled', window: rowsOf },
    ]);
    for (const path of ['services', 'request-patterns', 'failures', 'latency', 'headers', 'exchanges', 'fleet/agents']) {
      const { json } = await w.get(`/v1/${path}?${range}`);
      expect([path, json.quality.sampling]).toEqual([path, sampling]);
    }
    const { json } = await w.get(`/v1/headers?${range}`);
    expectSchema('HeaderList', json);
    expect(json.data.map((h: { name: string; sampled: boolean }) => [h.name, h.sampled])).toEqual([
      ['content-type', true],
      ['user-agent', true],
    ]);
    await w.close(at(2_100), 'h:', first);
    await w.close(at(2_100), 's:sampled', rowsOf);
    expect((await w.get(`/v1/services?${range}`)).json.quality).toMatchObject({ complete: true, sampling });
    await w.rollUp('1m', at(2_100), 'h:');
    await w.rollUp('1m', at(2_100), 's:sampled');
    expect((await w.get(`/v1/services?${range}`)).json.quality).toMatchObject({ complete: true, sampling });
    // Another range, in which nothing was sampled, is not touched by it.
    expect((await w.get(`/v1/headers?${RANGE}`)).json.data.every((h: { sampled: boolean }) => !h.sampled)).toBe(true);
  });

  test('long exchanges: began here, ended there; a failure at the end is one of an exchange that began before', async () => {
    const began = service([{ route: '/events', status: 200, n: 3, ttfbMs: 1, seenAt: at(2_400) }]);
    began.pattern('server', 'GET', '/events', 200).begun = 2;
    const ended = service([{ route: '/events', status: 200, n: 1, ttfbMs: 1, seenAt: at(2_460), error: 'connection_closed' }]);
    const p = ended.pattern('server', 'GET', '/events', 200);
    p.ended = 2;
    p.addError('connection_reset', 1);
    await w.commit(at(2_400), [{ subject: 's:long', window: began }]);
    await w.commit(at(2_460), [{ subject: 's:long', window: ended }]);
    const ask = async (path: string, from: string, to: string) => (await w.get(`/v1/${path}service=long&start=2026-11-22T09:${from}:00Z&end=2026-11-22T09:${to}:00Z`)).json;
    const both = await ask('request-patterns?view=latency&', '40', '42');
    expectSchema('RequestPatternList', both);
    expect(both.data).toMatchObject([{ exchanges: 4, begun: 2, ended: 2 }]);
    expect((await ask('request-patterns?view=latency&', '40', '41')).data).toMatchObject([{ exchanges: 3, begun: 2, ended: 0 }]);
    expect((await ask('request-patterns?', '40', '41')).data[0]).not.toHaveProperty('begun');
    // 2 failures of which one began in the range before, in 1 exchange: a share of all, never more.
    const failures = await ask('failures?', '41', '42');
    expectSchema('FailureList', failures);
    expect(failures.data).toMatchObject([{ exchanges: 1, transport_errors: 2, error_ratio: 1, baseline_ratio: 0 }]);
    const services = await ask('services?', '41', '42');
    expectSchema('ServiceList', services);
    expect(services.data).toMatchObject([{ exchanges: 1, error_ratio: 1, burn_rate: 1_000 }]);
  });
});

describe('400 names the parameter', () => {
  test.each([
    ['/v1/services?start=yesterday', 'start'],
    ['/v1/services?start=2026-13-01T00:00:00Z', 'start'],
    ['/v1/services?end=now%2B1w', 'end'],
    ['/v1/services?start=now&end=now-1h', 'start'],
    ['/v1/services?start=now-91d', 'start'],
    ['/v1/latency?start=now-25h&end=now-24h&step=10s', 'step'],
    ['/v1/latency?start=now-8d&end=now-7d&step=5m', 'step'],
    ['/v1/services?slo=100', 'slo'],
    ['/v1/services?slo=0', 'slo'],
    ['/v1/services?slo=99%25', 'slo'],
    ['/v1/services?sort=name', 'sort'],
    ['/v1/services?view=table', 'view'],
    ['/v1/request-patterns?view=series', 'view'],
    ['/v1/request-patterns?sort=failures', 'sort'],
    ['/v1/request-patterns?error_type=no_response', 'error_type'],
    ['/v1/request-patterns?group_by=error_type', 'group_by'],
    ['/v1/failures?error_type=a,,b', 'error_type'],
    ['/v1/clients?role=server', 'role'],
    ['/v1/alerts?severity=loud', 'severity'],
    ['/v1/alerts?id=7', 'id'],
    ['/v1/alerts?start=now-91d', 'start'],
    ['/v1/alert-rules?view=all', 'view'],
    ['/v1/mutes?state=active', 'state'],
    ['/v1/failures?sort=ttfb_p99', 'sort'],
    ['/v1/latency?view=map', 'view'],
    ['/v1/latency?view=heatmap&metric=ttlb', 'metric'],
    ['/v1/latency?metric=total', 'metric'],
    ['/v1/headers?group_by=name', 'group_by'],
    ['/v1/headers?view=series', 'name'],
    ['/v1/exchanges?status=4x', 'status'],
    ['/v1/exchanges?step=10s', 'step'],
    ['/v1/exchanges?host=', 'host'],
    ['/v1/latency?step=7s', 'step'],
    ['/v1/latency?step=0', 'step'],
    ['/v1/latency?step=1.5m', 'step'],
    ['/v1/latency?start=now-3d&step=10s', 'step'],
    ['/v1/services?role=both', 'role'],
    ['/v1/request-patterns?group_by=colour', 'group_by'],
    ['/v1/request-patterns?group_by=route,route', 'group_by'],
    ['/v1/failures?status=4x', 'status'],
    ['/v1/failures?status=99', 'status'],
    ['/v1/failures?limit=0', 'limit'],
    ['/v1/failures?limit=1001', 'limit'],
    ['/v1/failures?limit=ten', 'limit'],
    ['/v1/headers?route=%2Fx', 'route'],
    ['/v1/headers?direction=up', 'direction'],
    ['/v1/services?service=', 'service'],
    ['/v1/services?service=a&service=b', 'service'],
    ['/v1/services?servcie=a', 'servcie'],
    ['/v1/latency?limit=5', 'limit'],
    ['/v1/latency?__proto__=1', '__proto__'],
    ['/v1/services?constructor=1', 'constructor'],
    ['/healthz?x=1', 'x'],
  ])('%s', async (path, parameter) => {
    const reply = await w.get(path);
    expect(reply.status, reply.text).toBe(400);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expectSchema('Problem', reply.json);
    expect(reply.json).toMatchObject({ type: 'urn:headwater:problem:invalid-parameter', instance: path.split('?')[0], errors: [{ parameter }] });
    expect(reply.json.request_id).toBe(reply.headers['x-request-id']);
  });
  test('several at once', async () => {
    const { json } = await w.get('/v1/failures?status=x&limit=x&wat=1');
    expect(json.errors.map((e: { parameter: string }) => e.parameter)).toEqual(['status', 'limit', 'wat']);
  });
});

describe('the store is away', () => {
  test('503 with Retry-After; readyz says which; it recovers by itself', async () => {
    w.storeError = new StoreError('unreachable', { detail: 'redis://secret-host:6379' });
    const reply = await w.get('/v1/services');
    expect(reply.status).toBe(503);
    expect(reply.headers['retry-after']).toBe('2');
    expect(reply.json.type).toBe('urn:headwater:problem:store-unavailable');
    expect(reply.text).not.toContain('secret-host');
    const ready = await w.get('/readyz');
    expect(ready.status).toBe(503);
    expect(ready.json.checks).toEqual({ summary_store: 'unreachable', state_store: 'unreachable' });
    expect(ready.text).not.toContain('secret-host');
    expect((await w.get('/healthz')).status).toBe(200);
    w.storeError = null;
    expect((await w.get('/v1/services')).status).toBe(200);
    expect((await w.get('/readyz')).json).toEqual({ status: 'ready', checks: { summary_store: 'ok', state_store: 'ok' } });
  });
});
