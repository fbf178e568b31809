import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { INSIGHT_KEYS, insightId, type GatewayStatus, type Insight, type SentRecord } from '@headwater/insight-rules';
import { findingOf, insightOf, Listener, RequestBus } from '../testing/insights.ts';
import { expectSchema } from '../testing/schemas.ts';
import { service } from '../testing/windows.ts';
import { World } from '../testing/world.ts';

const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
const idOf = (n: number): string => n.toString(16).padStart(32, '0');
const ALL = 'insights:read insights:submit fleet:read';

let w: World;
let bus: RequestBus;
let logged = '';
const log = pino({ level: 'info' }, new Writable({ write: (chunk, _, done) => ((logged += String(chunk)), done()) }));
let token: string;
beforeAll(async () => {
  w = await World.start({
    settings: { submitLimit: { requests: 1_000, windowS: 60 }, streams: { perClient: 2, inAll: 3, pollMs: 20, heartbeatMs: 100, sessionMs: 100 } },
    requests: (dir) => (bus = new RequestBus(dir)).requests,
    log,
  });
  token = await w.token({ scope: ALL });
});
afterAll(async () => {
  await bus.close();
  await w.stop();
});
const put = (i: Insight): Promise<void> => w.state.set(INSIGHT_KEYS.insight(i.id), JSON.stringify(i));
const get = (path: string, more: { token?: string; headers?: string[]; method?: string } = {}): ReturnType<World['get']> => w.get(path, { token, ...more });
const clear = async (): Promise<void> => {
  for (const { key } of await w.state.list(INSIGHT_KEYS.insights)) await w.state.delete(key);
};
const ids = (json: { data: { id: string }[] }): number[] => json.data.map((i) => Number.parseInt(i.id, 16));
const evidence = (more: object): Insight['findings'][number]['evidence'] => [{ id: 'x_1', kind: 'service', label: 'x', figures: {}, ...more }];

describe('/v1/insights', () => {
  beforeAll(async () => {
    const all = [
      insightOf(1, NOW - MINUTE, { alerts: [idOf(77)], findings: [findingOf('f1')] }),
      insightOf(2, NOW - HOUR, { trigger: 'digest', subject: {}, findings: [findingOf('m1', { source: 'model', severity: 'page', evidence: evidence({ service: 'mail' }) })] }),
      insightOf(3, NOW - 2 * HOUR, { subject: { host: 'web-1' }, findings: [findingOf('f1', { severity: 'info', evidence: evidence({ kind: 'host', host: 'web-1' }) })] }),
      insightOf(4, NOW - 3 * HOUR, { subject: { service: 'mail' }, state: 'running', trigger: 'request', requested_by: 'me' }),
      insightOf(5, NOW - 9 * DAY, { alerts: [idOf(78)] }),
      insightOf(6, NOW - 4 * HOUR, { state: 'failed', failure: 'the store was away' }),
    ];
    for (const i of all) await put(i);
    await w.state.set(INSIGHT_KEYS.insight('x'), '{"schema":2}');
    await w.state.set(INSIGHT_KEYS.insight('y'), '{"schema":1,"findings":[{}]}');
  });
  afterAll(clear);

  test('the newest first, of the last seven days, each with its links', async () => {
    const { json } = await get('/v1/insights');
    expectSchema('InsightList', json);
    expect(ids(json)).toEqual([1, 2, 3, 4, 6]);
    expect(json.range).toEqual({ start: iso(NOW - 7 * DAY), end: iso(NOW) });
    expect(json.data[0].links).toEqual({ self: `/v1/insights/${idOf(1)}`, events: `/v1/insights/${idOf(1)}/events`, sent: null });
    expect(json.data[0].findings[0].evidence[0].href).toBe('/services/shop?from=2026-11-22T09:44:00Z&to=2026-11-22T09:59:00Z');
  });
  test.each([
    ['service=mail', [2, 4]],
    ['service=shop', [1, 6]],
    ['host=web-1', [3]],
    ['trigger=digest,request', [2, 4]],
    ['state=running,failed', [4, 6]],
    ['severity=page', [2]],
    ['severity=ticket', [1, 2]],
    ['severity=info', [1, 2, 3]],
    ['source=model', [2]],
    ['source=rules&severity=ticket', [1]],
    [`alert=${idOf(77)}`, [1]],
    [`alert=${idOf(78)}`, [5]],
    [`alert=${idOf(78)}&start=now-1d`, []],
    ['start=now-10d', [1, 2, 3, 4, 6, 5]],
    // one that ends as the range begins is not of it
    [`start=${iso(NOW - HOUR)}`, [1]],
    [`start=${iso(NOW - HOUR - 1000)}`, [1, 2]],
    [`start=${iso(NOW - HOUR - MINUTE)}&end=${iso(NOW - 30 * MINUTE)}`, [2]],
    [`start=${iso(NOW - 2 * HOUR)}&end=${iso(NOW - HOUR - 15 * MINUTE)}`, []],
    ['sort=newest&limit=1000', [1, 2, 3, 4, 6]],
  ])('%s', async (query, expected) => expect(ids((await get(`/v1/insights?${query}`)).json)).toEqual(expected));
  test.each(['severity=loud', 'trigger=alert,x', 'state=open', 'alert=1', 'sort=oldest', 'source=ai', 'limit=0', 'start=x', 'service=', 'id=1'])('%s is refused', async (query) => {
    const { status, json } = await get(`/v1/insights?${query}`);
    expect([status, json.type, json.errors[0].parameter]).toEqual([400, 'urn:headwater:problem:invalid-parameter', query.split('=')[0]]);
  });
  test('pages go on where the one before ended', async () => {
    const first = await get('/v1/insights?limit=3');
    const second = await get(`/v1/insights?limit=3&cursor=${first.json.next_cursor}`);
    expect([ids(first.json), ids(second.json), second.json.next_cursor]).toEqual([[1, 2, 3], [4, 6], undefined]);
    expect((await get(`/v1/insights?state=done&cursor=${first.json.next_cursor}`)).status).toBe(400);
  });
  test('what a token may see', async () => {
    const as = async (claims: Record<string, unknown>, query = ''): Promise<{ id: string; findings: object[] }[]> =>
      (await get(`/v1/insights${query}`, { token: await w.token(claims) })).json.data;
    const seen = async (claims: Record<string, unknown>, query = ''): Promise<number[]> => ids({ data: await as(claims, query) });
    expect(await seen({ scope: 'insights:read' })).toEqual([1, 2, 4, 6]);
    expect(await seen({ scope: ALL, services: ['mail'] })).toEqual([4]);
    expect(await seen({ scope: ALL, services: [] })).toEqual([]);
    expect((await get('/v1/insights', { token: await w.token({ scope: 'metrics:read' }) })).status).toBe(403);
    // What rests on another service or on a host is not told, nor found by asking for it.
    await put(
      insightOf(7, NOW - 30 * MINUTE, {
        findings: [findingOf('f1'), findingOf('f2', { evidence: evidence({ service: 'mail' }) }), findingOf('f3', { evidence: evidence({ host: 'web-1' }) })],
      }),
    );
    expect((await as({ scope: ALL }))[1]!.findings).toHaveLength(3);
    expect((await as({ scope: 'insights:read' }))[1]!.findings).toHaveLength(2);
    expect((await as({ scope: ALL, services: ['shop'] }))[1]!.findings).toHaveLength(1);
    expect(await seen({ scope: ALL, services: ['shop'] }, '?service=mail')).toEqual([]);
    expect(await seen({ scope: 'insights:read' }, '?host=web-1')).toEqual([]);
    await w.state.delete(INSIGHT_KEYS.insight(idOf(7)));
  });
  test('one by its id: 404 when unknown or of another service, 403 on a host or the fleet', async () => {
    const { status, json, headers } = await get(`/v1/insights/${idOf(1)}`);
    expectSchema('Insight', json);
    expect(status).toBe(200);
    expect((await get(`/v1/insights/${idOf(1)}`, { headers: ['if-none-match', String(headers['etag'])] })).status).toBe(304);
    const narrowed = await w.token({ scope: ALL, services: ['mail'] });
    const tried: [string, string, number][] = [
      [token, idOf(99), 404],
      [token, 'x', 404],
      [token, '..%2f..%2fsession', 404],
      [narrowed, idOf(4), 200],
      [narrowed, idOf(1), 404],
      [narrowed, idOf(2), 403],
      [narrowed, idOf(3), 403],
      [await w.token({ scope: 'insights:read' }), idOf(3), 403],
      [await w.token({ scope: 'insights:read' }), idOf(2), 200],
    ];
    for (const [as, id, expected] of tried)
      for (const path of [`/v1/insights/${id}`, ...(expected === 200 ? [] : [`/v1/insights/${id}/sent`, `/v1/insights/${id}/events`])]) {
        const reply = await get(path, { token: as });
        expect([path, reply.status]).toEqual([path, expected]);
        if (expected !== 200) expectSchema('Problem', reply.json);
      }
  });
  test('304 until something changes', async () => {
    const { etag } = (await get('/v1/insights')).headers;
    const again = async (): Promise<number> => (await get('/v1/insights', { headers: ['if-none-match', String(etag)] })).status;
    expect(await again()).toBe(304);
    await put(insightOf(4, NOW - 3 * HOUR, { subject: { service: 'mail' }, trigger: 'request', requested_by: 'me', revision: 2 }));
    expect(await again()).toBe(200);
  });
  test('the store away is 503', async () => {
    const { StateStoreError } = await import('@headwater/state-store');
    w.storeError = new StateStoreError('unreachable', { detail: 'x' });
    for (const path of ['/v1/insights', `/v1/insights/${idOf(1)}`, `/v1/insights/${idOf(1)}/events`, '/v1/insight-gateway']) {
      const { status, headers, json } = await get(path);
      expect([path, status, headers['retry-after'], json.type]).toEqual([path, 503, '2', 'urn:headwater:problem:store-unavailable']);
    }
    w.storeError = null;
  });
});

describe('/v1/insights/{id}/sent', () => {
  const HASH = 'ab'.repeat(32);
  const SENT: SentRecord = {
    schema: 1,
    input_sha256: HASH,
    insight: idOf(20),
    sent_at: iso(NOW),
    gateway: 'portkey',
    host: '127.0.0.1:1',
    model: 'm',
    input: '{"schema":1,"secret-words":"of the input"}',
    requests: [{ at: iso(NOW), body: '{"messages":[]}', status: 200, answer: '<script>alert(1)</script>', error: null }],
    aliases: { svc_1: { kind: 'service', label: 'shop', service: 'shop' }, host_1: { kind: 'host', label: 'web-1', host: 'web-1' } },
  };
  const model = { state: 'done', reason: null, detail: null, gateway: 'portkey', model: 'm', input_sha256: HASH, sent_at: iso(NOW), attempts: 1 } as const;
  beforeAll(async () => {
    await put(insightOf(20, NOW, { model }));
    await put(insightOf(21, NOW));
    await put(
      insightOf(22, NOW, {
        model: { ...model, state: 'failed', reason: 'budget_tokens', detail: 'The budget of the day is spent.', sent_at: null, input_sha256: 'cd'.repeat(32) },
      }),
    );
    await put(insightOf(23, NOW, { model: { state: 'pending', detail: null } }));
    await w.state.set(INSIGHT_KEYS.sent(HASH), JSON.stringify(SENT));
  });
  afterAll(clear);

  test('what went out, as text, and who read it is logged without it', async () => {
    logged = '';
    const { json, headers, text } = await get(`/v1/insights/${idOf(20)}/sent`, { headers: ['x-request-id', 'audit-1'] });
    expectSchema('InsightSent', json);
    expect(json).toEqual(SENT);
    expect([headers['content-type'], headers['x-content-type-options'], headers['cache-control']]).toEqual(['application/json; charset=utf-8', 'nosniff', 'no-store']);
    expect(text).toContain('secret-words');
    const line = logged.split('\n').find((l) => l.includes('audit-1')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ insight: idOf(20), input_sha256: HASH, client: 'tester', subject: 'tester', request_id: 'audit-1' });
    expect(logged).not.toContain('secret-words');
    expect((await get(`/v1/insights/${idOf(20)}`)).json.links.sent).toBe(`/v1/insights/${idOf(20)}/sent`);
  });
  test('whole or not at all: services that may be named in it are the token’s, hosts are only aliases', async () => {
    const reader = await w.token({ scope: 'insights:read', services: ['shop'] });
    const { json } = await get(`/v1/insights/${idOf(20)}/sent`, { token: reader });
    expect(json).toEqual({ ...SENT, aliases: { svc_1: SENT.aliases['svc_1'] } });
    await w.state.set(INSIGHT_KEYS.sent(HASH), JSON.stringify({ ...SENT, aliases: { ...SENT.aliases, svc_2: { kind: 'service', label: 'mail', service: 'mail' } } }));
    logged = '';
    expect((await get(`/v1/insights/${idOf(20)}/sent`, { token: reader })).status).toBe(403);
    expect(logged).toBe('');
    expect((await get(`/v1/insights/${idOf(20)}/sent`)).status).toBe(200);
  });
  test.each([
    [21, /nothing was sent for this insight: No AI gateway is configured/],
    [22, /nothing was sent for this insight: The budget of the day is spent/],
    [23, /the model is being asked, or will be/],
  ])('%i: 404 with the reason', async (n, why) => {
    const { status, json } = await get(`/v1/insights/${idOf(n)}/sent`);
    expect([status, json.type]).toEqual([404, 'urn:headwater:problem:not-found']);
    expect(json.detail).toMatch(why);
  });
  test('404 when it has expired', async () => {
    await w.state.delete(INSIGHT_KEYS.sent(HASH));
    const { status, json } = await get(`/v1/insights/${idOf(20)}/sent`);
    expect([status, json.detail]).toEqual([404, 'what was sent for this insight is no longer kept (keep_ms of apps/insights)']);
  });
});

describe('POST /v1/insights', () => {
  const ask = (body: unknown, more: { token?: string; headers?: string[] } = {}): ReturnType<World['send']> => w.send('POST', '/v1/insights', body, { token, ...more });
  const arrived = async (n: number): Promise<Record<string, unknown>[]> => {
    for (let i = 0; i < 400 && bus.records.length < n; i += 1) await sleep(10);
    return bus.records.map((r) => JSON.parse(Buffer.from(r.value).toString()) as Record<string, unknown>);
  };
  const changed = async (id: string, more: object): Promise<void> => {
    const entry = await w.state.get(INSIGHT_KEYS.insight(id));
    const insight = JSON.parse(entry!.value) as Insight;
    await put({ ...insight, ...more, revision: insight.revision + 1 });
  };

  beforeAll(async () => {
    const window = service([{ route: '/pay', status: 200, n: 5, ttfbMs: 5, seenAt: NOW - 5 * HOUR }]);
    await w.commit(NOW - 25 * HOUR, [{ subject: 's:old', window }]);
    for (const name of ['shop', 'mail']) await w.commit(NOW - 5 * HOUR, [{ subject: `s:${name}`, window }]);
    await w.close(NOW - 5 * HOUR, 's:shop', window);
    await w.state.set('agent/web-1', '{}');
  });
  beforeEach(async () => {
    await clear();
    bus.records.length = 0;
    w.now = NOW;
  });

  test('a bus that does not take it: nothing is left behind, 503 with Retry-After', async () => {
    const reply = await ask({ service: 'shop' });
    expectSchema('Problem', reply.json);
    expect([reply.status, reply.json.type, reply.headers['retry-after']]).toEqual([503, 'urn:headwater:problem:bus-unavailable', '5']);
    expect(reply.json.detail).toContain('topic_missing');
    expect(await w.state.list(INSIGHT_KEYS.insights)).toEqual([]);
    // One that failed before is as it was.
    const window = { start: iso(NOW - 16 * MINUTE), end: iso(NOW - MINUTE) };
    const id = insightId('request', { service: 'mail' }, window);
    const failed = { ...insightOf(0, NOW, { subject: { service: 'mail' }, trigger: 'request', state: 'failed', failure: 'f', window }), id };
    await put(failed);
    expect((await ask({ service: 'mail' })).status).toBe(503);
    expect(JSON.parse((await w.state.get(INSIGHT_KEYS.insight(id)))!.value)).toEqual({ ...failed, revision: 3 });
    await bus.open();
  });
  test('queued, handed on, and to be followed; asked again it is the same', async () => {
    logged = '';
    const reply = await ask({ service: 'shop' });
    expectSchema('Insight', reply.json);
    const window = { start: '2026-11-22T09:44:00Z', end: '2026-11-22T09:59:00Z' };
    const id = insightId('request', { service: 'shop' }, window);
    expect([reply.status, reply.headers['location'], reply.headers['retry-after'], reply.headers['cache-control']]).toEqual([202, `/v1/insights/${id}`, '2', 'no-store']);
    expect(reply.json).toMatchObject({
      id,
      trigger: 'request',
      subject: { service: 'shop' },
      state: 'queued',
      window,
      revision: 1,
      requested_by: 'tester',
      created_at: iso(NOW),
      findings: [],
    });
    const { links, ...stored } = reply.json;
    expect([JSON.parse((await w.state.get(INSIGHT_KEYS.insight(id)))!.value), links.sent]).toEqual([stored, null]);
    expect(await arrived(1)).toEqual([{ schema: 1, id, subject: { service: 'shop' }, window, requested_at: iso(NOW), requested_by: 'tester' }]);
    expect(bus.records[0]).toMatchObject({ key: id, headers: { 'content-type': 'application/json' } });
    expect(logged).toMatch(/insight asked for/);

    w.now += 10_000;
    const again = await ask({ service: 'shop' });
    expect([again.status, again.json]).toEqual([202, reply.json]);
    await changed(id, { state: 'running' });
    expect((await ask({ service: 'shop' })).json).toMatchObject({ id, state: 'running', revision: 2 });
    await changed(id, { state: 'done', findings: [findingOf('f1')] });
    // the model is still asked
    expect((await ask({ service: 'shop' })).status).toBe(202);
    await changed(id, { model: { ...stored.model, state: 'off' } });
    const done = await ask({ service: 'shop' });
    expectSchema('Insight', done.json);
    expect([done.status, done.headers['retry-after'], done.json.findings.length, done.headers['location']]).toEqual([200, undefined, 1, `/v1/insights/${id}`]);
    const blind = await ask({ service: 'shop' }, { token: await w.token({ scope: 'insights:submit' }) });
    expect([blind.status, blind.json.findings]).toEqual([200, []]);
    await sleep(100);
    expect(bus.records).toHaveLength(1);
  });
  test('one that failed is made again; one that nobody took up is handed on again after a minute', async () => {
    const { json } = await ask({ service: 'shop', end: iso(NOW - MINUTE) });
    await changed(json.id, { state: 'failed', failure: 'the store was away' });
    const again = await ask({ service: 'shop', end: iso(NOW - MINUTE) });
    expect([again.status, again.json]).toEqual([202, { ...json, revision: 3 }]);
    expect(await arrived(2)).toHaveLength(2);
    w.now += 61_000;
    expect((await ask({ service: 'shop', end: iso(NOW - MINUTE) })).json).toEqual(again.json);
    expect((await arrived(3)).map((r) => r['id'])).toEqual([json.id, json.id, json.id]);
  });
  test.each([
    [{}, '09:44:00', '09:59:00'],
    [{ service: 'mail', start: 'now-30m' }, '09:30:00', '09:59:00'],
    [{ service: 'shop', start: '2026-11-22T09:10:59.9Z', end: '2026-11-22T09:20:00.1Z' }, '09:10:00', '09:21:00'],
    [{ start: '2026-11-22T10:10:30+01:00', end: '2026-11-22T10:11:00+01:00' }, '09:10:00', '09:11:00'],
    [{ host: 'web-1', end: 'now' }, '09:44:00', '09:59:00'],
    [{ host: 'web-1', end: '2026-11-23T09:00:00Z' }, '09:44:00', '09:59:00'],
  ])('%j is about %s to %s', async (body, start, end) => {
    const { status, json } = await ask(body);
    expect([status, json.window]).toEqual([202, { start: `2026-11-22T${start}Z`, end: `2026-11-22T${end}Z` }]);
  });
  test('at any moment of a minute', async () => {
    w.now = NOW + 13_417;
    const reply = await ask({ service: 'mail' });
    expect([reply.status, reply.json.window.end, reply.json.created_at]).toEqual([202, iso(NOW - MINUTE), '2026-11-22T10:00:13.417Z']);
  });
  test('24 hours are the most, and go', async () => expect((await ask({ service: 'shop', start: iso(NOW - MINUTE - DAY) })).status).toBe(202));
  test.each([
    [[], '#'],
    [null, '#'],
    [{ team: 'a' }, '#/team'],
    [{ service: '' }, '#/service'],
    [{ service: 7 }, '#/service'],
    [{ service: 'x'.repeat(255) }, '#/service'],
    [{ service: 'shop', host: 'web-1' }, '#/host'],
    [{ start: 'yesterday' }, '#/start'],
    [{ end: 'x' }, '#/end'],
    [{ start: 'now-1h', end: 'now-2h' }, '#/start'],
    [{ start: 'now' }, '#/start'],
    [{ start: iso(NOW - 2 * MINUTE - DAY) }, '#/start'],
    [{ start: 'now-8d', end: 'now-7d' }, '#/end'],
    [{ start: iso(NOW - 7 * DAY - MINUTE), end: iso(NOW - 7 * DAY + HOUR) }, '#/start'],
    [{ start: '99999999999999' }, '#/start'],
  ])('%j is refused by field', async (body, pointer) => {
    const reply = await ask(body);
    expectSchema('Problem', reply.json);
    expect([reply.status, reply.json.type]).toEqual([400, 'urn:headwater:problem:invalid-body']);
    expect(reply.json.errors.map((e: { pointer: string }) => e.pointer)).toContain(pointer);
  });
  test('bodies of other kinds, and parameters', async () => {
    expect((await ask('a=b', { headers: ['content-type', 'application/x-www-form-urlencoded'] })).status).toBe(415);
    expect((await ask('{')).status).toBe(400);
    expect((await w.send('POST', '/v1/insights?service=shop', {}, { token })).status).toBe(400);
    expect((await w.send('PUT', '/v1/insights', {}, { token })).headers['allow']).toBe('GET, HEAD, POST');
  });
  test('what was never seen is said; what was seen within a day before, or after, is not unknown', async () => {
    for (const [body, pointer] of [
      [{ service: 'shpo' }, '#/service'],
      [{ service: 'old' }, '#/service'],
      [{ host: 'web-9' }, '#/host'],
    ] as const) {
      const { status, json } = await ask(body);
      expectSchema('Problem', json);
      expect([status, json.type, json.errors[0].pointer]).toEqual([422, 'urn:headwater:problem:unknown-subject', pointer]);
    }
    expect(await w.state.list(INSIGHT_KEYS.insights)).toEqual([]);
    expect(bus.records).toEqual([]);
    for (const body of [
      { service: 'shop', end: iso(NOW - 6 * HOUR) },
      { service: 'old', end: iso(NOW - 2 * HOUR) },
    ])
      expect((await ask(body)).status).toBe(202);
  });
  test('who may ask about what', async () => {
    const as = async (claims: Record<string, unknown>, body: object): Promise<number> => (await ask(body, { token: await w.token(claims) })).status;
    expect(await as({ scope: 'insights:read' }, { service: 'shop' })).toBe(403);
    expect(await as({ scope: 'insights:submit' }, { service: 'shop' })).toBe(202);
    expect(await as({ scope: 'insights:submit' }, {})).toBe(202);
    expect(await as({ scope: 'insights:submit' }, { host: 'web-1' })).toBe(403);
    const narrowed = { scope: ALL, services: ['mail'] };
    expect(await as(narrowed, { service: 'mail' })).toBe(202);
    expect(await as(narrowed, { service: 'shop' })).toBe(403);
    expect(await as(narrowed, { service: 'shpo' })).toBe(403);
    expect(await as(narrowed, { host: 'web-1' })).toBe(403);
    expect(await as(narrowed, {})).toBe(403);
  });
  test('under an Idempotency-Key it is the window that was asked for first', async () => {
    const headers = ['idempotency-key', 'k-1'];
    const first = await ask({ service: 'shop' }, { headers });
    w.now += 5 * MINUTE;
    const again = await ask({ service: 'shop' }, { headers });
    expect([again.status, again.json.id, (await ask({ service: 'shop' })).json.id === first.json.id]).toEqual([202, first.json.id, false]);
    const other = await ask({ service: 'mail' }, { headers });
    expect([other.status, other.json.type]).toEqual([422, 'urn:headwater:problem:idempotency-mismatch']);
    const another = await w.token({ scope: ALL, sub: 'another' });
    expect((await ask({ service: 'shop' }, { headers, token: another })).json.id).not.toBe(first.json.id);
    expect((await ask({ service: 'shop' }, { headers: ['idempotency-key', 'ä'] })).status).toBe(400);
  });
  test('many at once are one', async () => {
    const replies = await Promise.all(Array.from({ length: 12 }, () => ask({ service: 'shop' })));
    expect(new Set(replies.map((r) => `${r.status} ${r.json.id} ${r.json.revision}`)).size).toBe(1);
    await arrived(1);
    await sleep(100);
    expect(bus.records).toHaveLength(1);
  });
});

test('without a bus it is said which setting is missing; with one, ten a minute and client', async () => {
  const bare = await World.start();
  const own = await bare.token({ scope: ALL });
  const reply = await bare.send('POST', '/v1/insights', {}, { token: own });
  expectSchema('Problem', reply.json);
  expect([reply.status, reply.json.type]).toEqual([501, 'urn:headwater:problem:insights-not-accepted']);
  expect(reply.json.detail).toContain('set bus (bus.kind');
  expect((await bare.get('/v1/insight-gateway', { token: own })).json.accepts_requests).toBe(false);
  await bare.stop();

  const limited = await World.start({ requests: (dir) => new RequestBus(dir).requests });
  const mine = await limited.token({ scope: ALL });
  const post = async (as = mine): ReturnType<World['send']> => limited.send('POST', '/v1/insights', { service: 'nothing' }, { token: as });
  const first = await post();
  expect(first.status).toBe(422);
  expect(String(first.headers['ratelimit-policy']).split(', ')).toEqual(['"default";q=100000;w=60', '"insights";q=10;w=60']);
  expect(String(first.headers['ratelimit'])).toMatch(/"default";r=99999;t=60, "insights";r=9;t=60/);
  for (let i = 1; i < 10; i += 1) expect((await post()).status).toBe(422);
  const over = await post();
  expect([over.status, over.json.type]).toEqual([429, 'urn:headwater:problem:rate-limited']);
  expect(Number(over.headers['retry-after'])).toBeGreaterThan(0);
  expect((await post(await limited.token({ scope: ALL, client_id: 'another' }))).status).toBe(422);
  await limited.stop();
});

describe('/v1/insights/{id}/events', () => {
  const listen = (n: number, headers: string[] = [], as = token): Promise<Listener> =>
    Listener.open(`${w.base}/v1/insights/${idOf(n)}/events`, ['authorization', `Bearer ${as}`, ...headers]);
  const running = (n: number, revision: number, more: Partial<Insight> = {}): Insight => insightOf(n, NOW, { state: 'running', revision, ...more });
  afterAll(clear);

  test('one event now and one for every revision, a comment between, and the end', async () => {
    await put(running(30, 1));
    const stream = await listen(30);
    expect([stream.status, stream.headers['content-type'], stream.headers['cache-control']]).toEqual([200, 'text/event-stream; charset=utf-8', 'no-store']);
    await stream.until((s) => s.events.length === 1);
    expectSchema('Insight', stream.events[0]!.data);
    await stream.until((s) => s.text.includes('\n\n:\n\n'));
    await put(running(30, 2));
    await stream.until((s) => s.events.length === 2);
    await put(insightOf(30, NOW, { revision: 3, model: { state: 'pending' } }));
    await stream.until((s) => s.events.length === 3);
    expect(stream.ended).toBe(false);
    await put(insightOf(30, NOW, { revision: 4, findings: [findingOf('f1')] }));
    await stream.until((s) => s.ended);
    expect(stream.events.map((e) => [e.event, e.id, e.data['state']])).toEqual([
      ['insight', 1, 'running'],
      ['insight', 2, 'running'],
      ['insight', 3, 'done'],
      ['insight', 4, 'done'],
    ]);
    expect(stream.text.startsWith('retry: 2000\n\n')).toBe(true);
    expect(stream.events[3]!.data).toEqual((await get(`/v1/insights/${idOf(30)}`)).json);
  });
  test('who comes back goes on where it was, and is told when there is no more', async () => {
    await put(running(31, 5));
    const stream = await listen(31, ['last-event-id', '5']);
    await stream.until((s) => s.text.includes(':\n\n'));
    expect(stream.events).toEqual([]);
    await put(insightOf(31, NOW, { revision: 7 }));
    await stream.until((s) => s.ended);
    expect(stream.events.map((e) => e.id)).toEqual([7]);
    expect((await listen(31, ['last-event-id', '7'])).status).toBe(204);
    const late = await listen(31, ['last-event-id', '6']);
    await late.until((s) => s.ended);
    expect(late.events.map((e) => e.id)).toEqual([7]);
    const beyond = await listen(31, ['last-event-id', '99']);
    await beyond.until((s) => s.ended);
    expect(beyond.events.map((e) => e.id)).toEqual([7]);
    const head = await get(`/v1/insights/${idOf(31)}/events`, { method: 'HEAD' });
    expect([head.status, head.headers['content-type'], head.text]).toEqual([200, 'text/event-stream; charset=utf-8', '']);
  });
  test('so many a client, so many in all; one that left makes room', async () => {
    await put(running(32, 1));
    const open = [await listen(32), await listen(32)];
    const refused = await get(`/v1/insights/${idOf(32)}/events`);
    expect([refused.status, refused.json.type, refused.headers['retry-after']]).toEqual([429, 'urn:headwater:problem:rate-limited', '5']);
    const [b, c] = [await w.token({ scope: ALL, client_id: 'b' }), await w.token({ scope: ALL, client_id: 'c' })];
    open.push(await listen(32, [], b));
    expect((await get(`/v1/insights/${idOf(32)}/events`, { token: c })).status).toBe(429);
    expect((await get('/metrics', { token: await w.token() })).text).toMatch(/headwater_api_insight_streams 3/);
    open.shift()!.drop();
    let again = await listen(32, [], c);
    for (let i = 0; i < 100 && again.status === 429; i += 1) again = (await sleep(20), await listen(32, [], c));
    expect(again.status).toBe(200);
    await put(insightOf(32, NOW, { revision: 2 }));
    for (const stream of [...open, again]) await stream.until((s) => s.ended && s.events.at(-1)!.id === 2);
  });
  test('ends with the token', async () => {
    await put(running(33, 1));
    const stream = await listen(33);
    await stream.until((s) => s.events.length === 1);
    w.now += 606_000; // five seconds are for clocks that differ
    await stream.until((s) => s.ended);
    expect((await listen(33)).status).toBe(401);
    w.now = NOW;
  });
  test('outlives the store being away', async () => {
    await put(running(34, 1));
    const stream = await listen(34);
    await stream.until((s) => s.events.length === 1);
    w.storeError = new Error('away');
    await sleep(100);
    w.storeError = null;
    await put(insightOf(34, NOW, { state: 'failed', failure: 'x', revision: 2 }));
    await stream.until((s) => s.ended);
    expect(stream.events.map((e) => e.id)).toEqual([1, 2]);
  });
  test('ends when the API does', async () => {
    const own = await World.start({ settings: { streams: { perClient: 2, inAll: 3, pollMs: 1_000, heartbeatMs: 15_000, sessionMs: 3_000 } } });
    await own.state.set(INSIGHT_KEYS.insight(idOf(35)), JSON.stringify(running(35, 1)));
    const stream = await Listener.open(`${own.base}/v1/insights/${idOf(35)}/events`, ['authorization', `Bearer ${await own.token({ scope: ALL })}`]);
    await stream.until((s) => s.events.length === 1);
    await own.app.close();
    await stream.until((s) => s.ended, 500);
    await own.stop();
  });
});

describe('/v1/insight-gateway', () => {
  const status = (instance: string, more: Partial<GatewayStatus> = {}): GatewayStatus => ({
    schema: 1,
    instance,
    at: iso(NOW),
    gateway: { name: 'portkey', kind: 'openai-compatible', host: '127.0.0.1:8787', model: 'm' },
    breaker: { state: 'closed', until: null },
    queued: 1,
    budget: { day: '2026-11-22', tokens: { used: 10, limit: 30 }, usd: null },
    last_success_at: null,
    last_failure: null,
    ...more,
  });
  const say = (s: GatewayStatus): Promise<void> => w.state.set(INSIGHT_KEYS.status(s.instance), JSON.stringify(s));

  test('nobody reports, then one without a gateway: how to get what is missing', async () => {
    const none = await get('/v1/insight-gateway');
    expectSchema('InsightGateway', none.json);
    expect(none.json).toMatchObject({ configured: false, gateway: null, budget: null, queued: 0, processes: [], accepts_requests: true });
    expect(none.json.how).toMatch(/start headwater-insights .*set gateway\.url and gateway\.model .*npm start takes --gateway-url/);
    await say(status('a', { gateway: null, breaker: null }));
    const off = await get('/v1/insight-gateway');
    expectSchema('InsightGateway', off.json);
    expect(off.json.configured).toBe(false);
    expect(off.json.how).toMatch(/set gateway\.url and gateway\.model of apps\/insights/);
    expect((await get('/v1/insight-gateway', { headers: ['if-none-match', String(off.headers['etag'])] })).status).toBe(304);
  });
  test('all processes as one: the worst breaker, the latest words, one queue and one budget', async () => {
    await say(status('b', { last_success_at: iso(NOW - HOUR), queued: 4, budget: { day: '2026-11-22', tokens: { used: 40, limit: 30 }, usd: { used: 0.5, limit: 2 } } }));
    await say(
      status('c', {
        at: iso(NOW - 1000),
        breaker: { state: 'open', until: iso(NOW + MINUTE) },
        last_success_at: iso(NOW - MINUTE),
        last_failure: { at: iso(NOW), reason: 'timeout', detail: 'No answer in 60 s.' },
      }),
    );
    await w.state.set(INSIGHT_KEYS.status('d'), '{"schema":2}');
    const { json } = await get('/v1/insight-gateway');
    expectSchema('InsightGateway', json);
    expect(json).toMatchObject({
      configured: true,
      how: null,
      gateway: { name: 'portkey', host: '127.0.0.1:8787' },
      breaker: { state: 'open', until: iso(NOW + MINUTE) },
      queued: 4,
      budget: { tokens: { used: 40, limit: 30, left: 0 }, usd: { used: 0.5, limit: 2, left: 1.5 } },
      last_success_at: iso(NOW - MINUTE),
      last_failure: { reason: 'timeout' },
    });
    expect(json.processes.map((p: { instance: string }) => p.instance)).toEqual(['a', 'b', 'c']);
  });
  test('hosts are named to those who may see the fleet only', async () => {
    for (const claims of [{ scope: 'insights:read' }, { scope: ALL, services: ['shop'] }]) {
      const { json, text } = await get('/v1/insight-gateway', { token: await w.token(claims) });
      expectSchema('InsightGateway', json);
      expect(text).not.toMatch(/8787|"instance"/);
      expect(json.gateway.model).toBe('m');
    }
  });
});
