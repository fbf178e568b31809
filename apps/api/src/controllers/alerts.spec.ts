import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ALERT_KEYS, BUILT_IN_RULES, factsOf, preview, type Alert, type Rule } from '@headwater/alert-rules';
import { expectSchema } from '../testing/schemas.ts';
import { service } from '../testing/windows.ts';
import { World } from '../testing/world.ts';

const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);
const MINUTE = 60_000;
const DAY = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
const idOf = (n: number): string => n.toString(16).padStart(32, '0');

let w: World;
beforeAll(async () => void (w = await World.start()));
afterAll(() => w.stop());

function alert(n: number, more: Partial<Alert> = {}): Alert {
  const opened = NOW - n * MINUTE;
  return {
    schema: 1,
    id: idOf(n),
    rule: 'error-burn-page',
    kind: 'error_burn',
    severity: 'page',
    subject: { service: 'shop' },
    state: 'open',
    title: 't',
    description: 'd',
    opened_at: iso(opened),
    opening_window: { start: iso(opened - MINUTE), end: iso(opened) },
    resolved_at: null,
    resolution: null,
    values: { error_ratio: 0.1 },
    last_values: { error_ratio: 0.2 },
    complete: true,
    muted_by: null,
    revision: 1,
    ...more,
  };
}
const resolved = (at: number): Partial<Alert> => ({ state: 'resolved', resolved_at: iso(at), resolution: 'recovered' });
const ids = (json: { data: { id: string }[] }): number[] => json.data.map((a) => Number.parseInt(a.id, 16));

describe('/v1/alerts', () => {
  beforeAll(async () => {
    const all = [
      alert(1, { severity: 'ticket', subject: { service: 'shop', method: 'POST', route: '/pay' }, rule: 'new-failing-route', kind: 'new_failing_route' }),
      alert(2),
      alert(3, { subject: { service: 'mail' } }),
      alert(4, { subject: { host: 'web-1' }, rule: 'agent-silent', kind: 'agent_silent', severity: 'ticket' }),
      alert(5, resolved(NOW - 4 * MINUTE)),
      alert(20_000, resolved(NOW - 8 * DAY)),
    ];
    for (const a of all) await w.state.set(ALERT_KEYS.alert(a.id), JSON.stringify(a));
    await w.state.set(ALERT_KEYS.alert('x'), '{"schema":2}');
  });

  test('open ones first, then by severity, then the newest; of the last seven days', async () => {
    const { json } = await w.get('/v1/alerts');
    expectSchema('AlertList', json);
    expect(ids(json)).toEqual([2, 3, 1, 4, 5]);
    expect(json.range).toEqual({ start: iso(NOW - 7 * DAY), end: iso(NOW) });
    expect(json.data[0].muted).toBe(false);
  });
  test.each([
    ['state=open', [2, 3, 1, 4]],
    ['state=resolved', [5]],
    ['severity=ticket,info', [1, 4]],
    ['rule=new-failing-route', [1]],
    ['service=mail', [3]],
    ['host=web-1', [4]],
    // one that ended as the range begins was not open in it
    [`start=${iso(NOW - 4 * MINUTE)}`, [2, 3, 1, 4]],
    [`start=${iso(NOW - 5 * MINUTE)}&end=${iso(NOW - 4 * MINUTE)}`, [5]],
    ['start=now-20d', [2, 3, 1, 4, 5, 20_000]],
    [`id=${idOf(20_000)}`, [20_000]],
    [`id=${idOf(20_000)}&start=now-1d`, []],
  ])('%s', async (query, expected) => expect(ids((await w.get(`/v1/alerts?${query}`)).json)).toEqual(expected));

  test('pages go on where the one before ended', async () => {
    const first = await w.get('/v1/alerts?limit=3');
    const second = await w.get(`/v1/alerts?limit=3&cursor=${first.json.next_cursor}`);
    expect([ids(first.json), ids(second.json), second.json.next_cursor]).toEqual([[2, 3, 1], [4, 5], undefined]);
    expect((await w.get(`/v1/alerts?state=open&cursor=${first.json.next_cursor}`)).status).toBe(400);
  });
  test('what a token may see', async () => {
    const seen = async (claims: object): Promise<number[]> => ids((await w.get('/v1/alerts', { token: await w.token(claims as Record<string, unknown>) })).json);
    expect(await seen({ scope: 'metrics:read' })).toEqual([2, 3, 1, 5]);
    expect(await seen({ scope: 'metrics:read fleet:read', services: ['mail'] })).toEqual([3]);
    expect(await seen({ scope: 'metrics:read', services: [] })).toEqual([]);
  });
  test('304 until something changes, a mute too', async () => {
    const { etag } = (await w.get('/v1/alerts')).headers;
    const again = (): Promise<{ status: number }> => w.get('/v1/alerts', { headers: ['if-none-match', String(etag)] });
    expect((await again()).status).toBe(304);
    const mute = await w.send('POST', '/v1/mutes', { match: { service: 'sho*' }, ends_at: iso(NOW + MINUTE), comment: 'c' });
    expect((await again()).status).toBe(200);
    const { json } = await w.get('/v1/alerts');
    expect(json.data.map((a: { muted: boolean }) => a.muted)).toEqual([true, false, true, false, true]);
    await w.send('DELETE', `/v1/mutes/${mute.json.id}`, undefined);
    expect((await again()).status).toBe(304);
  });
});

describe('/v1/mutes', () => {
  const body = { match: { service: 'shop', severity: 'page' }, ends_at: iso(NOW + 3_600_000), comment: 'release' };
  beforeEach(async () => {
    for (const { key } of await w.state.list(ALERT_KEYS.mutes)) await w.state.delete(key);
  });

  test('made, listed, shown, ended', async () => {
    const made = await w.send('POST', '/v1/mutes', body);
    expectSchema('Mute', made.json);
    expect([made.status, made.headers['location']]).toEqual([201, `/v1/mutes/${made.json.id}`]);
    expect(made.json).toMatchObject({ ...body, starts_at: iso(NOW), created_by: 'tester', created_at: iso(NOW), state: 'active' });
    const later = await w.send('POST', '/v1/mutes', { ...body, starts_at: '2026-11-23T11:00:00+01:00', ends_at: iso(NOW + 2 * DAY) });
    expect([later.json.state, later.json.starts_at]).toEqual(['planned', iso(NOW + DAY)]);
    const { json } = await w.get('/v1/mutes');
    expectSchema('MuteList', json);
    expect(json.data.map((m: { id: string }) => m.id)).toEqual([made.json.id, later.json.id]);
    const one = await w.get(made.headers['location'] as string);
    expect(one.json).toEqual(made.json);
    expect((await w.get(made.headers['location'] as string, { headers: ['if-none-match', String(one.headers['etag'])] })).status).toBe(304);
    const gone = await w.send('DELETE', `/v1/mutes/${made.json.id}`, undefined);
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect((await w.send('DELETE', `/v1/mutes/${made.json.id}`, undefined)).status).toBe(404);
    expect((await w.get(`/v1/mutes/${made.json.id}`)).json.type).toBe('urn:headwater:problem:not-found');
  });
  test.each([
    [{ ...body, until: 'x' }, '#/until'],
    [{ ...body, match: { service: 'a', team: 'b' } }, '#/match/team'],
    [{ ...body, match: {} }, '#/match'],
    [{ ...body, match: { severity: 'loud' } }, '#/match/severity'],
    [{ ...body, ends_at: 'tomorrow' }, '#/ends_at'],
    [{ match: body.match, comment: 'c' }, '#/ends_at'],
    [{ ...body, comment: '' }, '#/comment'],
    [{ ...body, ends_at: iso(NOW) }, '#/ends_at'],
    [{ ...body, ends_at: iso(NOW + 30 * DAY + 1_000) }, '#/ends_at'],
    [{ ...body, starts_at: iso(NOW - 2 * DAY), ends_at: iso(NOW - DAY) }, '#/ends_at'],
    [{ ...body, starts_at: iso(NOW + 366 * DAY), ends_at: iso(NOW + 367 * DAY) }, '#/starts_at'],
    [[], '#'],
  ])('%j is refused by field', async (bad, pointer) => {
    const reply = await w.send('POST', '/v1/mutes', bad);
    expectSchema('Problem', reply.json);
    expect([reply.status, reply.json.type]).toEqual([400, 'urn:headwater:problem:invalid-body']);
    expect(reply.json.errors.map((e: { pointer: string }) => e.pointer)).toContain(pointer);
  });
  test('bodies of other kinds', async () => {
    const post = async (text: string, ...headers: string[]): Promise<unknown[]> => {
      const { status, json } = await w.send('POST', '/v1/mutes', text, { headers });
      return [status, json.type.split(':').at(-1)];
    };
    expect(await post('{', 'content-type', 'application/json')).toEqual([400, 'invalid-body']);
    expect(await post('\u00ff'.repeat(3).slice(0, 0), 'content-type', 'application/json')).toEqual([400, 'invalid-body']);
    expect(await post('a=b', 'content-type', 'application/x-www-form-urlencoded')).toEqual([415, 'unsupported-media-type']);
    expect(await post('{}', 'content-type', 'application/json; charset=latin1')).toEqual([415, 'unsupported-media-type']);
    expect(await post('{}', 'content-type', 'application/json', 'content-encoding', 'gzip')).toEqual([415, 'unsupported-media-type']);
    expect(await post(`"${'x'.repeat(65 * 1024)}"`, 'content-type', 'application/json')).toEqual([413, 'body-too-large']);
    const put = await w.send('PUT', '/v1/mutes', body);
    expect([put.status, put.headers['allow']]).toEqual([405, 'GET, HEAD, POST']);
  });
  test('sent again under its Idempotency-Key it is one; another under it is refused', async () => {
    const headers = ['idempotency-key', 'a-1'];
    const first = await w.send('POST', '/v1/mutes', body, { headers });
    w.now += 5_000;
    const again = await w.send('POST', '/v1/mutes', body, { headers });
    expect([again.status, again.json]).toEqual([201, first.json]);
    const other = await w.send('POST', '/v1/mutes', { ...body, comment: 'another' }, { headers });
    expect([other.status, other.json.type]).toEqual([422, 'urn:headwater:problem:idempotency-mismatch']);
    const somebody = await w.token({ scope: 'alerts:write', sub: 'another' });
    expect((await w.send('POST', '/v1/mutes', body, { headers, token: somebody })).json.id).not.toBe(first.json.id);
    expect((await w.get('/v1/mutes')).json.data).toHaveLength(2);
    w.now = NOW;
  });
  test('ended ones are listed last, and at most 500 are kept', async () => {
    await w.send('POST', '/v1/mutes', { ...body, ends_at: iso(NOW + MINUTE) });
    w.now += 2 * MINUTE;
    await w.send('POST', '/v1/mutes', body);
    expect((await w.get('/v1/mutes')).json.data.map((m: { state: string }) => m.state)).toEqual(['active', 'ended']);
    for (let i = 2; i < 500; i += 1)
      await w.state.set(ALERT_KEYS.mute(`m${i}`), JSON.stringify({ schema: 1, id: `m${i}`, ...body, starts_at: iso(NOW), created_by: 'x', created_at: iso(NOW) }));
    const full = await w.send('POST', '/v1/mutes', body);
    expect([full.status, full.json.type]).toEqual([409, 'urn:headwater:problem:conflict']);
    w.now = NOW;
  });
  test('a narrowed token mutes and sees what is its own', async () => {
    const token = await w.token({ scope: 'metrics:read alerts:write', services: ['shop'] });
    const as = (method: string, path: string, sent?: unknown): ReturnType<World['send']> => w.send(method, path, sent, { token });
    expect((await as('POST', '/v1/mutes', body)).status).toBe(201);
    for (const match of [{ service: 'sho*' }, { service: 'mail' }, { severity: 'page' }, { host: 'web-1' }])
      expect((await as('POST', '/v1/mutes', { ...body, match })).status).toBe(403);
    const [hosts, mail, all] = await Promise.all([{ host: 'web-1' }, { service: 'mail' }, { service: '*' }].map((match) => w.send('POST', '/v1/mutes', { ...body, match })));
    const seen = (await as('GET', '/v1/mutes')).json.data.map((m: { match: { service: string } }) => m.match.service);
    expect(seen.toSorted()).toEqual(['*', 'shop']);
    expect((await as('DELETE', `/v1/mutes/${hosts!.json.id}`)).status).toBe(404);
    expect((await as('DELETE', `/v1/mutes/${mail!.json.id}`)).status).toBe(404);
    expect((await as('DELETE', `/v1/mutes/${all!.json.id}`)).status).toBe(403);
    expect((await w.send('POST', '/v1/mutes', body, { token: await w.token() })).status).toBe(403);
  });
});

describe('/v1/alert-rules', () => {
  test('before an analyzer said which', async () => {
    const { json } = await w.get('/v1/alert-rules?view=preview');
    expectSchema('AlertRuleList', json);
    expect(json).toEqual({ source: null, loaded_at: null, data: [] });
  });
  test('with what they did, and would have done', async () => {
    await w.state.set(ALERT_KEYS.rules, JSON.stringify({ source: 'built-in', loaded_at: iso(NOW), rules: BUILT_IN_RULES }));
    const { json, headers } = await w.get('/v1/alert-rules');
    expectSchema('AlertRuleList', json);
    expect(json.data.map((r: Record<string, unknown>) => [r['id'], r['open'], r['fired_last_day']])).toContainEqual(['error-burn-page', 2, 3]);
    expect((await w.get('/v1/alert-rules', { headers: ['if-none-match', String(headers['etag'])] })).status).toBe(304);
    const previewed = await w.get('/v1/alert-rules?view=preview');
    expectSchema('AlertRuleList', previewed.json);
    const narrowed = await w.get('/v1/alert-rules?view=preview', { token: await w.token({ services: ['shop'] }) });
    const host = narrowed.json.data.find((r: { id: string }) => r.id === 'agent-silent');
    expect([host.open, host.would_have_fired]).toEqual([0, null]);
  });
});

describe('POST /v1/alert-rules/preview', () => {
  const T = NOW - 60 * MINUTE;
  const rule = { id: 'pay', kind: 'new_failing_route', min_failures: 5, quiet_hours: 8, subjects: ['till'] };
  /** What the rules look back on: by hours where it is long ago. */
  const long = T - 10 * 60 * MINUTE;
  const quiet = service([{ route: '/pay', status: 200, n: 50, ttfbMs: 5, seenAt: long }]);
  const windows = Array.from({ length: 50 }, (_, i) => {
    const start = T + i * MINUTE;
    const bad = i >= 20 && i < 24;
    return {
      start,
      window: service([
        { route: '/pay', status: 200, n: 50, ttfbMs: bad ? 900 : 5, seenAt: start },
        { route: '/pay', status: bad ? 503 : 404, n: bad ? 10 : 1, seenAt: start + 1 },
      ]),
    };
  });
  beforeAll(async () => {
    for (const { start, window } of [{ start: long, window: quiet }, ...windows]) {
      await w.commit(start, [{ subject: 's:till', window }]);
      await w.close(start, 's:till', window);
    }
  });
  const ask = (sent: unknown, token?: string): ReturnType<World['send']> => w.send('POST', '/v1/alert-rules/preview', sent, token === undefined ? {} : { token });

  test.each([
    ['new_failing_route', { quiet_hours: 8 }],
    ['new_failing_route', { quiet_hours: 8, client_errors: true, min_ratio: 0.001, min_failures: 1 }],
    ['error_burn', { min_exchanges: 1, min_failures: 1 }],
    ['latency_burn', { threshold_ms: 500, min_exchanges: 1 }],
  ] as const)('%s %j says what the analyzer would have said', async (kind, more) => {
    const { json, status } = await ask({ rule: { id: 'pay', kind, ...more, subjects: ['ti*'] }, start: 'now-2h' });
    expectSchema('AlertRulePreview', json);
    expect(status).toBe(200);
    const whole = json.rule as Rule;
    const facts = [factsOf(quiet, long, 60 * MINUTE, [whole], true), ...windows.map(({ start, window }) => factsOf(window, start, MINUTE, [whole], true))];
    const expected = preview(whole, [{ service: 'till', facts }], { startMs: NOW - 120 * MINUTE, endMs: NOW - MINUTE });
    expect(expected.length).toBeGreaterThan(0);
    expect(json.data).toEqual(expected.toReversed());
    expect(json.fired).toBe(expected.length);
  });
  test('what is wrong with the rule is named', async () => {
    for (const [bad, pointer] of [
      [{ rule: { ...rule, min_ratio: 2 } }, '#/rule/min_ratio'],
      [{ rule: { ...rule, burn: 2 } }, '#/rule/burn'],
      [{ rule: { id: 'x', kind: 'error_burn', windows: [{ long_minutes: 5, short_minutes: 60, burn_rate: 1 }] } }, '#/rule/windows/0/short_minutes'],
      [{ rule: 'x' }, '#/rule'],
      [{ rule, since: 'now-1h' }, '#/since'],
      [{ rule, start: 'yesterday' }, '#/start'],
      [{ rule, start: 'now-25h' }, '#/start'],
      [{ rule, start: 'now-1h', end: 'now-2h' }, '#/start'],
    ] as const) {
      const { json, status } = await ask(bad);
      expectSchema('Problem', json);
      expect([pointer, status, json.errors.map((e: { pointer: string }) => e.pointer)]).toEqual([pointer, 400, [pointer]]);
    }
  });
  test('of services that the token may see, of hosts with fleet:read only', async () => {
    const narrowed = await w.token({ services: ['mail'] });
    expect((await ask({ rule, start: 'now-2h' })).json.fired).toBe(1);
    expect((await ask({ rule, start: 'now-2h' }, narrowed)).json.fired).toBe(0);
    const silent = { rule: { id: 's', kind: 'agent_silent' } };
    expect((await ask(silent)).status).toBe(200);
    expect((await ask(silent, narrowed)).status).toBe(403);
    expect((await ask(silent, await w.token({ scope: 'metrics:read' }))).status).toBe(403);
  });
});
