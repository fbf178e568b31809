import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayConfig } from '@headwater/config';
import { INSIGHT_KEYS, type SentRecord } from '@headwater/insight-rules';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openGateway } from '../gateway/open.ts';
import type { GuardedGateway } from '../gateway/port.ts';
import { FAULTS, StubLitellm, StubProvider, StubWealthsimple, type Behaviour } from '../testing/stubs/index.ts';
import { Place, finding, submission } from './testing/place.ts';
import { configOf } from './testing/config.ts';

const go = new AbortController().signal;
const good = JSON.stringify({ findings: [finding()] });
const CANARY = 'canary-1f0d2c3b4a59';
let place: Place;
let provider: StubProvider;
let gateway: GuardedGateway | undefined;
let seed = 0;

beforeAll(async () => {
  place = await new Place().open();
}, 60_000);
afterAll(() => place.close());
beforeEach(async () => {
  await place.clean();
  provider = await new StubProvider(good).listen();
});
afterEach(async () => {
  await gateway?.close();
  await provider.close();
});

/** The real adapter behind its guard, as the settings open it. */
function desk(more: Partial<GatewayConfig>) {
  const file = join(place.dir, 'gateway.key');
  writeFileSync(file, `${CANARY}\n`, { mode: 0o600 });
  const config = configOf({ url: provider.url, key: { file }, timeout_ms: 15_000, deadline_ms: 30_000, ...more });
  gateway = openGateway(config);
  return place.desk(gateway, { gatewayConfig: config });
}

const sentOf = async (sha: string | null) => JSON.parse((await place.state.get(INSIGHT_KEYS.sent(sha!)))!.value) as SentRecord;

it('the bytes on record are the bytes on the wire, and the key is not among them', async () => {
  provider.requireKey(CANARY);
  const { model, findings } = await desk({}).submit(submission(++seed), go);
  expect(findings.map((f) => f.title)).toEqual(['POST /checkout of shop fails']);
  expect(model).toMatchObject({ state: 'done', attempts: 1, format: 'json_schema', tokens: { input: expect.any(Number), output: expect.any(Number) } });
  const record = await sentOf(model.input_sha256);
  expect(record.requests.map((r) => r.body)).toEqual(provider.calls.map((c) => c.body));
  const headers = new Map(provider.calls[0]!.headers.map(([n, v]) => [n.toLowerCase(), v]));
  expect(headers.get('authorization')).toBe(`Bearer ${CANARY}`);
  expect(headers.get('idempotency-key')).toMatch(/^[0-9a-f]{64}-1$/);
});

it('repeats are on record too, each with what came of it', async () => {
  provider.next(FAULTS.rateLimited({ 'retry-after': '0' }), FAULTS.cut);
  const { model } = await desk({}).submit(submission(++seed), go);
  expect(model).toMatchObject({ state: 'done', attempts: 3 });
  const { requests } = await sentOf(model.input_sha256);
  expect(requests.map((r) => [r.status, r.error?.split(':')[0] ?? null])).toEqual([
    [429, 'rate_limited'],
    [null, 'cut'],
    [200, null],
  ]);
  expect(requests[0]!.answer).toContain('Rate limit reached');
});

it('a provider that knows no json_schema is asked for less', async () => {
  provider.refuseFormats('json_schema', 'json_object');
  const { model } = await desk({}).submit(submission(++seed), go);
  expect(model).toMatchObject({ state: 'done', format: 'plain', attempts: 3 });
});

it.each<[string, Behaviour, string]>([
  ['500', FAULTS.status(500), 'overloaded'],
  ['a provider that never answers', FAULTS.hang, 'timeout'],
  ['a connection cut in the body', FAULTS.cutBody(), 'cut'],
  ['a body that is no JSON', FAULTS.brokenBody, 'not_a_completion'],
  ['a page', FAULTS.html, 'not_a_completion'],
  ['10 MB', FAULTS.huge(), 'too_large'],
  ['a bad key', FAULTS.denied(), 'denied'],
  ['a refusal', FAULTS.refusal, 'refused'],
  ['a content filter', FAULTS.contentFilter, 'refused'],
  ['an answer that is no JSON', FAULTS.malformed, 'answer_invalid'],
  ['an answer of another shape', FAULTS.wrongSchema, 'answer_invalid'],
])('%s', async (_, behaviour, reason) => {
  provider.always(behaviour);
  const { model, findings } = await desk({ max_attempts: 1, ...(behaviour === FAULTS.hang ? { timeout_ms: 300 } : {}) }).submit(submission(++seed), go);
  expect(findings).toEqual([]);
  expect([model.state, model.reason]).toEqual(['failed', reason]);
  expect(model.attempts).toBe(reason === 'answer_invalid' ? 2 : 1);
  expect(model.detail!.length).toBeLessThanOrEqual(300);
  expect(model.detail).not.toMatch(/[<>\n]/);
  const { requests } = await sentOf(model.input_sha256);
  expect(requests.map((r) => r.body)).toEqual(provider.calls.map((c) => c.body));
  expect(Buffer.byteLength(JSON.stringify(requests.map((r) => r.answer)))).toBeLessThan(70_000);
});

it('a gateway that is gone, and another in its place', async () => {
  const port = Number(new URL(provider.url).port);
  const asking = desk({ max_attempts: 1 });
  await provider.close();
  const away = await asking.submit(submission(++seed), go);
  expect(away.model).toMatchObject({ state: 'failed', reason: 'unreachable' });
  provider = await new StubProvider(good).listen(port);
  expect((await asking.submit(submission(++seed), go)).model.state).toBe('done');
});

it('the whole prompt comes through Wealthsimple to the byte, a repair included', async () => {
  const wealthsimple = await new StubWealthsimple(provider.url).listen();
  provider.next('no JSON at all');
  const { model } = await desk({ kind: 'wealthsimple', url: wealthsimple.url, structured: 'plain' }).submit(submission(++seed), go);
  expect(model).toMatchObject({ state: 'done', repaired: true, attempts: 2 });
  const messages = (body: string) => (JSON.parse(body) as { messages: unknown[] }).messages;
  expect(provider.calls.map((c) => messages(c.body))).toEqual(wealthsimple.calls.map((c) => messages(c.body)));
  await wealthsimple.close();
});

it('what LiteLLM says that it cost counts', async () => {
  const litellm = await new StubLitellm({ upstream: provider.url, key: CANARY, models: ['model-a'], costUsd: 0.0123 }).listen();
  const asking = desk({ preset: 'litellm', url: litellm.url });
  const { model } = await asking.submit(submission(++seed), go);
  expect(model).toMatchObject({ state: 'done', cost_usd: 0.0123, request_id: expect.any(String) });
  expect((await place.state.get('insight-budget/2026-11-23/micro_usd'))!.value).toBe('12300');
  await litellm.close();
});

it('secrets around it are in nothing that is stored, told or thrown', async () => {
  const planted = {
    bearer: 'sk-canary-0123456789abcdef',
    cookie: 'canarysid0a1b2c3d',
    query: 'canaryquery0a1b2c3d',
    path: 'canarypath0a1b2c3d4e5f6071',
    header: 'canaryheader0a1b2c3d4e5f',
  };
  const figures = { exchanges: 900, failed: 300, clientErrors: 0, p50Ms: 1, p95Ms: 2, p99Ms: 3 };
  const made = () =>
    submission(++seed, {
      endpoints: [`/pay?token=${planted.query}`, `/reset/${planted.path}`, `/cb;sid=${planted.cookie}`].map((route) => ({
        service: 'shop',
        method: 'GET',
        route,
        now: figures,
        before: { ...figures, failed: 0 },
        statuses: [],
        failures: [],
      })),
      headers: [{ service: 'shop', direction: 'request', name: `x-${planted.header}`, exchanges: 900, of: 900, before: 0, ofBefore: 900, passwords: 0, passwordsBefore: 0 }],
    });
  const echo = JSON.stringify({ detail: `Internal error, headers {'Authorization': 'Bearer ${planted.bearer}', 'Set-Cookie': 'a=${planted.cookie}'}; your key ${CANARY}` });
  const reply = (status: number): Behaviour => ({ reply: { status, headers: { 'content-type': 'application/json' }, body: echo } });
  const said: string[] = [];
  for (const behaviour of [reply(500), reply(401), reply(200), `I was told ${CANARY}`, good]) {
    provider.always(behaviour);
    const asking = desk({ max_attempts: 2 });
    await asking.submit(made(), go).then(
      (submitted) => said.push(JSON.stringify(submitted)),
      (error: unknown) => said.push(String((error as Error).stack)),
    );
    await gateway!.close();
  }
  const told = JSON.stringify(place.told.all);
  // What left: nothing of it but the key in its header.
  const bodies = provider.calls.map((c) => c.body).join('\n');
  // Routes keep their real names with us, in the aliases; there the capture has cut what is secret before.
  const stored = (await place.state.list('insight')).map((e) => JSON.stringify({ ...(JSON.parse(e.value) as object), aliases: null })).join('\n');
  expect(stored.length).toBeGreaterThan(10_000);
  for (const [name, secret] of Object.entries({ ...planted, key: CANARY })) {
    expect(bodies, `${name} sent`).not.toContain(secret);
    expect(stored, `${name} stored`).not.toContain(secret);
    expect(told, `${name} told`).not.toContain(secret);
    if (name !== 'path' && name !== 'query' && name !== 'header' && name !== 'cookie') expect(said.join('\n'), `${name} said`).not.toContain(secret);
  }
  expect(place.onDisk()).not.toContain(CANARY);
}, 30_000);
