import type { GatewayConfig } from '@headwater/config';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { FAULTS, StubApipark, StubLitellm, StubProvider, StubWealthsimple, type Behaviour } from '../testing/stubs/index.ts';
import { openAdapter } from './adapter.ts';
import type { Completion, GatewayError, Prompt } from './port.ts';
import { Files, gatewayConfig, prompt, rejection, Told } from './testing/asking.ts';

const KEY = 'sk-canary-5f0c2d9e7b31';
const files = new Files();
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const it of closing.splice(0)) await it.close();
});
afterAll(() => files.remove());

type Kind = 'provider' | 'litellm' | 'apipark' | 'wealthsimple';

/** An adapter before a gateway of that shape before the provider. */
async function behind(kind: Kind, provider: StubProvider, more: Partial<GatewayConfig> = {}) {
  closing.push(provider);
  const key = { file: files.write('key', KEY) };
  let settings: Partial<GatewayConfig> = { url: provider.url, key };
  if (kind === 'litellm') {
    const stub = await new StubLitellm({ upstream: provider.url, key: KEY, models: ['stub'] }).listen();
    settings = { preset: 'litellm', url: stub.url, key };
    closing.push(stub);
  } else if (kind === 'apipark') {
    const stub = await new StubApipark({ upstream: provider.url, key: KEY }).listen();
    settings = { preset: 'apipark', url: stub.url, path: stub.path, key };
    closing.push(stub);
  } else if (kind === 'wealthsimple') {
    const stub = await new StubWealthsimple(provider.url).listen();
    settings = { kind: 'wealthsimple', url: stub.url };
    closing.push(stub);
  }
  const gateway = openAdapter(gatewayConfig({ ...settings, timeout_ms: 3_000, ...more }));
  closing.push(gateway);
  return gateway;
}

async function refusal(kind: Kind, behaviour: Behaviour, asked: Partial<Prompt> = {}, more: Partial<GatewayConfig> = {}): Promise<GatewayError> {
  const provider = await new StubProvider(behaviour).listen();
  const gateway = await behind(kind, provider, more);
  return rejection(gateway.complete(prompt(asked), new Told()));
}

type Row = [what: string, behaviour: Behaviour, is: Partial<GatewayError>, says: RegExp];

const RATE: [string, Behaviour, number | null][] = [
  ['milliseconds before seconds', FAULTS.rateLimited({ 'retry-after': '2', 'retry-after-ms': '1500' }), 1_500],
  ['seconds', FAULTS.rateLimited({ 'retry-after': '7' }), 7_000],
  ['seconds with a fraction', FAULTS.rateLimited({ 'retry-after': '0.5' }), 500],
  ['an hour: capped', FAULTS.rateLimited({ 'retry-after': '3600' }), 60_000],
  ['absurd: capped', FAULTS.rateLimited({ 'retry-after': '1000000000000' }), 60_000],
  ['negative: passed over', FAULTS.rateLimited({ 'retry-after': '-5' }), null],
  ['in E notation: passed over', FAULTS.rateLimited({ 'retry-after': '1e12' }), null],
  ['garbage: passed over', FAULTS.rateLimited({ 'retry-after': 'soon' }), null],
  ['a date long ago: at once', FAULTS.rateLimited({ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }), 0],
  ['garbage in ms, seconds beside it', FAULTS.rateLimited({ 'retry-after-ms': 'x', 'retry-after': '3' }), 3_000],
  ['nothing', FAULTS.rateLimited({}), null],
];

describe('429', () => {
  // LiteLLM moves the header aside.
  describe.each(['provider', 'litellm', 'apipark'] as const)('through %s', (kind) => {
    it.each(RATE)('%s', async (_, behaviour, waitMs) => {
      expect(await refusal(kind, behaviour)).toMatchObject({ reason: 'rate_limited', retryable: true, retryAfterMs: waitMs, status: 429 });
    });

    it('a date to come', async () => {
      const at = new Date(Date.now() + 20_000).toUTCString();
      const { retryAfterMs } = await refusal(kind, FAULTS.rateLimited({ 'retry-after': at }));
      expect(retryAfterMs).toBeGreaterThan(15_000);
      expect(retryAfterMs).toBeLessThanOrEqual(20_000);
    });
  });

  it.each(['provider', 'apipark', 'wealthsimple'] as const)('a quota that is used up is not asked again: %s', async (kind) => {
    expect(await refusal(kind, FAULTS.quota())).toMatchObject({ reason: 'rate_limited', retryable: false });
  });

  it('through Wealthsimple it is a 500 whose text alone tells', async () => {
    expect(await refusal('wealthsimple', FAULTS.rateLimited())).toMatchObject({ reason: 'rate_limited', retryable: true, retryAfterMs: null, status: 500 });
  });
});

const PROVIDER: Row[] = [
  ['400', FAULTS.status(400, 'messages is missing'), { reason: 'rejected', retryable: false, formatRefused: false }, /refuses the request \(400\): messages is missing/],
  ['401', FAULTS.denied(), { reason: 'denied', retryable: false }, /does not take the key.*gateway\.key\.file/],
  ['403', FAULTS.status(403, 'no access'), { reason: 'denied', retryable: false }, /403/],
  ['404', FAULTS.status(404, 'no such model'), { reason: 'rejected', retryable: false }, /no such model; check gateway\.path and gateway\.model/],
  ['408', FAULTS.status(408), { reason: 'timeout', retryable: true }, /gave up waiting/],
  ['409', FAULTS.status(409), { reason: 'overloaded', retryable: true }, /try again/],
  ['413', FAULTS.status(413), { reason: 'rejected', retryable: false }, /413/],
  ['422', FAULTS.status(422), { reason: 'rejected', retryable: false }, /422/],
  ['500', FAULTS.status(500, 'boom'), { reason: 'overloaded', retryable: true, retryLimit: null }, /failed \(500\): boom/],
  ['502', FAULTS.status(502), { reason: 'overloaded', retryable: true }, /502/],
  ['503 with Retry-After', FAULTS.status(503, 'busy', { 'retry-after': '4' }), { reason: 'overloaded', retryable: true, retryAfterMs: 4_000 }, /503/],
  ['504', FAULTS.status(504), { reason: 'timeout', retryable: true }, /504/],
  ['204', { reply: { status: 204 } }, { reason: 'not_a_completion', retryable: true, retryLimit: 1 }, /204/],
  ['a page', FAULTS.html, { reason: 'not_a_completion', retryable: true, retryLimit: 1 }, /a page in place of an answer: Welcome It works$/],
  ['nothing', FAULTS.empty, { reason: 'not_a_completion', retryable: true }, /nothing in it/],
  ['half', FAULTS.brokenBody, { reason: 'not_a_completion', retryable: true }, /only a part/],
  ['other JSON', FAULTS.noChoices, { reason: 'not_a_completion', retryable: true }, /no choices/],
  [
    "Portkey's page in JSON",
    { reply: { status: 200, body: '{"html-message":"<html><h1>It works</h1>"}' } },
    { reason: 'not_a_completion', retryable: true },
    /page of its provider.*It works/,
  ],
  [
    "Apinto's own error",
    { reply: { status: 200, body: '{"code":-1,"error":"invalid character"}' } },
    { reason: 'not_a_completion', retryable: false },
    /an error of its own: invalid character/,
  ],
  ['content that is a list', { reply: { status: 200, body: '{"choices":[{"message":{"content":[{"type":"text","text":"x"}]}}]}' } }, { reason: 'not_a_completion' }, /content/],
  ['compressed', { reply: { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'x' } }, { reason: 'not_a_completion', retryable: false }, /compressed \(gzip\)/],
];

const LITELLM: Row[] = [
  ['500', FAULTS.status(500, 'boom'), { reason: 'overloaded', retryable: true }, /failed \(500\): boom$/],
  ["the provider's 401, which looks like one's own", FAULTS.denied(), { reason: 'denied', retryable: false }, /gateway's provider refuses the gateway's own key/],
  ['400', FAULTS.status(400, 'too long'), { reason: 'rejected', retryable: false }, /too long$/],
  ['page', FAULTS.html, { reason: 'overloaded', retryable: true }, /Empty or invalid response/],
  ['dropped', FAULTS.cut, { reason: 'overloaded', retryable: true }, /Connection error/],
];

const APIPARK: Row[] = [
  ['page', FAULTS.html, { reason: 'upstream_down', retryable: true }, /given up its provider \(400: all balances exhausted/],
  ['nothing', FAULTS.empty, { reason: 'upstream_down', retryable: true }, /saved again in the gateway/],
  ['dropped', FAULTS.cut, { reason: 'cut', retryable: true }, /ended its connection \(504\): the server closed connection/],
  ['cut', FAULTS.cutBody(), { reason: 'cut', retryable: true }, /unexpected EOF/],
  ["the provider's 401", FAULTS.denied(), { reason: 'denied', retryable: false }, /gateway's provider refuses the gateway's own key \(401\)/],
  ['500', FAULTS.status(500, 'boom'), { reason: 'overloaded', retryable: true }, /boom/],
];

const WEALTHSIMPLE: Row[] = [
  ['500 with all bodies and headers', FAULTS.status(500, 'boom'), { reason: 'overloaded', retryable: true, retryLimit: 1 }, /^The gateway or its provider failed \(500\): boom$/],
  ['503 without JSON', { reply: { status: 503, body: 'no' } }, { reason: 'overloaded', retryable: true, retryLimit: null }, /overloaded or not ready/],
  ['timed out', FAULTS.status(429, 'Request timed out.'), { reason: 'timeout', retryable: true, retryLimit: null }, /timed out/],
  ['401', FAULTS.denied(), { reason: 'denied', retryable: false }, /own key/],
  ['400', FAULTS.status(400, 'too long'), { reason: 'overloaded', retryable: true, retryLimit: 1 }, /too long/],
  ['page', FAULTS.html, { reason: 'overloaded', retryable: true, retryLimit: 1 }, /HTTP code 200 from API \( Welcome It works \)/],
  ['dropped', FAULTS.cut, { reason: 'overloaded', retryable: true, retryLimit: 1 }, /Error communicating with OpenAI/],
];

describe.each([
  ['provider', PROVIDER],
  ['litellm', LITELLM],
  ['apipark', APIPARK],
  ['wealthsimple', WEALTHSIMPLE],
] as const)('through %s', (kind, rows) => {
  it.each(rows)('%s', async (_, behaviour, is, says) => {
    const error = await refusal(kind, behaviour);
    expect(error).toMatchObject(is);
    expect(error.message).toMatch(says);
    expect(error.message).toMatch(/^[^\p{Cc}<>]{10,300}$/u);
  });
});

describe('a format that is not taken', () => {
  it.each(['provider', 'litellm', 'apipark', 'wealthsimple'] as const)('%s', async (kind) => {
    const provider = (await new StubProvider('{}').listen()).refuseFormats('json_schema');
    const gateway = await behind(kind, provider);
    expect(await rejection(gateway.complete(prompt({ format: 'json_schema' }), new Told()))).toMatchObject({ reason: 'rejected', formatRefused: true, retryable: false });
    expect(await gateway.complete(prompt({ format: 'json_object' }), new Told())).toMatchObject({ text: '{}' });
  });

  it('is not what a page that happens to name it says', async () => {
    const page: Behaviour = { reply: { status: 200, body: '<p>json_schema</p>' } };
    expect(await refusal('wealthsimple', page, { format: 'json_schema' })).toMatchObject({ reason: 'overloaded', formatRefused: false });
  });

  it('is not what a plain question is refused for', async () => {
    expect(await refusal('provider', FAULTS.status(400, 'response_format is odd'), { format: 'plain' })).toMatchObject({ formatRefused: false });
  });
});

describe('the key', () => {
  it('LiteLLM without a database says 400 to a wrong one', async () => {
    const error = await refusal('litellm', '{}', {}, { key: { file: files.write('wrong', 'sk-wrong-0000') } });
    expect(error).toMatchObject({ reason: 'denied', retryable: false, status: 400 });
    expect(error.message).toMatch(/LiteLLM without a database.*gateway\.key\.file/);
  });

  it('LiteLLM without prisma says 500 to none', async () => {
    const provider = await new StubProvider('{}').listen();
    const stub = await new StubLitellm({ upstream: provider.url, key: KEY, prisma: false }).listen();
    const gateway = openAdapter(gatewayConfig({ url: stub.url }));
    closing.push(provider, stub, gateway);
    const error = await rejection(gateway.complete(prompt(), new Told()));
    expect(error).toMatchObject({ reason: 'overloaded', retryable: true, retryLimit: 1 });
    expect(error.message).toContain('prisma');
  });

  it.each([
    ['a bearer', { value: 'Bearer {key}' }],
    ['a name in lower case', { header: 'authorization' }],
  ])('APIPark does not take %s', async (_, more) => {
    const error = await refusal('apipark', '{}', {}, { key: { file: files.write('key', KEY), ...more } });
    expect(error).toMatchObject({ reason: 'denied', retryable: false, status: 401 });
    expect(error.message).toMatch(/does not take the key \(401\): missing or invalid token; check gateway\.key\.file, gateway\.key\.header/);
  });
});

it('APIPark that has given up its provider is asked for nothing until that is mended', async () => {
  const provider = await new StubProvider('{}').listen();
  const stub = await new StubApipark({ upstream: provider.url, key: KEY }).listen();
  const gateway = openAdapter(gatewayConfig({ preset: 'apipark', url: stub.url, path: stub.path, key: { file: files.write('key', KEY) } }));
  closing.push(provider, stub, gateway);
  provider.next(FAULTS.html);
  expect(await rejection(gateway.complete(prompt(), new Told()))).toMatchObject({ reason: 'upstream_down' });
  expect(await rejection(gateway.complete(prompt(), new Told()))).toMatchObject({ reason: 'upstream_down' });
  expect(provider.calls).toHaveLength(1);
  stub.restore();
  expect(await gateway.complete(prompt(), new Told())).toMatchObject({ text: '{}' });
});

it('LiteLLM says what it cost, and what call it was', async () => {
  const provider = await new StubProvider('{}').listen();
  const stub = await new StubLitellm({ upstream: provider.url, key: KEY, costUsd: 0.00042 }).listen();
  const gateway = openAdapter(gatewayConfig({ preset: 'litellm', url: stub.url, key: { file: files.write('key', KEY) } }));
  closing.push(provider, stub, gateway);
  const completion: Completion = await gateway.complete(prompt(), new Told());
  expect(completion).toMatchObject({ costUsd: 0.00042, requestId: 'req_stub_1' });
});
