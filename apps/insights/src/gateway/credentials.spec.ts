import { rmSync } from 'node:fs';
import type { GatewayConfig } from '@headwater/config';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completion, StubLitellm, StubProvider, WireServer } from '../testing/stubs/index.ts';
import { openAdapter } from './adapter.ts';
import { guarded } from './guarded.ts';
import { GatewayError, type InsightGateway } from './port.ts';
import { Files, gatewayConfig, prompt, rejection, Told } from './testing/asking.ts';

const files = new Files();
afterAll(() => files.remove());
const closing: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const it of closing.splice(0)) await it.close();
});

const closed = <T extends { close(): Promise<unknown> }>(it: T): T => (closing.push(it), it);
const ask = (gateway: InsightGateway) => gateway.complete(prompt(), new Told());
const headersOf = (server: WireServer, name: string) => server.calls.map((c) => c.headers.find(([n]) => n.toLowerCase() === name)?.[1]);

describe('keys', () => {
  it('are read again: a key that is changed while running is shown with the next request', async () => {
    const provider = closed(await new StubProvider('{}').listen());
    const stub = closed(await new StubLitellm({ upstream: provider.url, key: 'sk-second-222222' }).listen());
    const file = files.write('key', 'sk-first-1111111\n');
    const gateway = closed(openAdapter(gatewayConfig({ preset: 'litellm', url: stub.url, key: { file } })));
    expect(await rejection(ask(gateway))).toMatchObject({ reason: 'denied' });
    files.write('key', 'sk-second-222222\r\n');
    expect(await ask(gateway)).toMatchObject({ text: '{}' });
    expect(headersOf(stub.server, 'authorization')).toEqual(['Bearer sk-first-1111111', 'Bearer sk-second-222222']);
  });

  it('are shown as they are, whatever they hold', async () => {
    const server = closed(await new WireServer(() => 'cut').listen());
    const key = { file: files.write('key', 'a$&b$1c$$d{key}\'\\"') };
    const gateway = closed(openAdapter(gatewayConfig({ url: server.url, key })));
    await rejection(ask(gateway));
    expect(headersOf(server, 'authorization')).toEqual(['Bearer a$&b$1c$$d{key}\'\\"']);
  });

  const BAD: [string, string | null, RegExp][] = [
    ['missing', null, /^gateway\.key\.file: .* cannot be read \(ENOENT\)/],
    ['empty', '\n', /^gateway\.key\.file: .* is empty/],
    ['with a line more', 'sk-canary-1\nsk-canary-2\n', /characters that no header can carry/],
    ['with a control character', 'sk-canary\u0007', /characters that no header can carry/],
    ['with a letter that is not ASCII', 'sk-canary-\u00e9', /characters that no header can carry/],
    ['with a blank at its end', 'sk-canary \n', /begins or ends with a blank/],
  ];

  it.each(BAD)('%s: said at the start, without a word of it', (_, text, says) => {
    const file = `${files.dir}/bad`;
    if (text === null) rmSync(file, { force: true });
    else files.write('bad', text);
    const start = (): unknown => openAdapter(gatewayConfig({ url: 'https://gateway.test', key: { file } }));
    expect(start).toThrow(says);
    expect(start).not.toThrow(/canary/);
  });

  it.each(BAD)('%s while running: nothing is sent, and said', async (_, text, says) => {
    const server = closed(await new WireServer(() => 'cut').listen());
    const file = files.write('running', 'sk-good-000000');
    const gateway = closed(openAdapter(gatewayConfig({ url: server.url, key: { file } })));
    if (text === null) rmSync(file);
    else files.write('running', text);
    const told = new Told();
    const error = await rejection(gateway.complete(prompt(), told));
    expect(error).toMatchObject({ reason: 'denied', retryable: false, sent: null });
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain('canary');
    expect([told.sent, told.endings, server.calls]).toEqual([[], [], []]);
  });
});

describe('further headers', () => {
  it.each([
    ['no colon here', /^gateway\.headers_file: line 1 of .* is not "name: value"/],
    ['# note\n\nx y: canary', /line 3 of .* is not "name: value"/],
    ['x-a: can\u0001ary', /line 1 of .* is not "name: value"/],
    ['Host: canary.test', /names Host, which Headwater writes itself/],
    ['Content-Length: 3', /names Content-Length/],
    ['Transfer-Encoding: chunked', /names Transfer-Encoding/],
    ['authorization: Bearer canary', /names authorization, which carries the key already/],
    ['x-a: 1\nX-A: 2', /line 2 of .* names X-A a second time/],
  ])('%j is refused', (text, says) => {
    const settings: Partial<GatewayConfig> = { url: 'https://gateway.test', key: { file: files.write('key', 'sk-good-000000') }, headers_file: files.write('headers', text) };
    expect(() => openAdapter(gatewayConfig(settings))).toThrow(says);
    expect(() => openAdapter(gatewayConfig(settings))).not.toThrow(/canary(?!\.test)/);
  });

  it('are read again, and their secrets are cut where they are echoed; harmless ones are not', async () => {
    const server = closed(
      await new WireServer((call) => ({
        status: 200,
        body: JSON.stringify(completion('stub', { content: call.headers.map(([n, v]) => `${n}=${v}`).join('\n') })),
      })).listen(),
    );
    const file = files.write('headers', 'x-portkey-provider: openai\nx-portkey-config: {"provider":"openai","api_key":"pk-canary-1"}\n');
    const gateway = closed(openAdapter(gatewayConfig({ preset: 'portkey', url: server.url, headers_file: file })));
    const first = await ask(gateway);
    expect(first.text).toContain('x-portkey-provider=openai');
    expect(JSON.stringify(first)).not.toContain('canary');
    files.write('headers', 'x-portkey-provider: anthropic\nx-portkey-virtual-key: vk-canary-2\n');
    expect((await ask(gateway)).text).toContain('x-portkey-provider=anthropic');
    expect(headersOf(server, 'x-portkey-virtual-key')).toEqual([undefined, 'vk-canary-2']);
  });
});

describe('OAuth client credentials towards the gateway', () => {
  let issuer: WireServer;
  let server: WireServer;
  let issued = 0;
  let lifeS: number | undefined = 600;
  let good: string | null = null;
  let nowMs = 0;
  let gateway: InsightGateway;

  beforeEach(async () => {
    [issued, lifeS, good, nowMs] = [0, 600, null, 1_000_000];
    issuer = closed(
      await new WireServer(() => ({ status: 200, body: JSON.stringify({ access_token: `token-canary-${++issued}`, token_type: 'bearer', expires_in: lifeS }) })).listen(),
    );
    server = closed(
      await new WireServer((call) => {
        const shown = call.headers.find(([n]) => n === 'Authorization')?.[1];
        if (good !== null && shown !== `Bearer ${good}`) return { status: 401, body: `{"error":{"message":"bad token ${shown}"}}` };
        return { status: 200, body: JSON.stringify(completion('stub', { content: '{}' })) };
      }).listen(),
    );
    gateway = closed(openAdapter(config(), () => nowMs));
  });

  const config = (more: Partial<GatewayConfig['oauth']> = {}): GatewayConfig =>
    gatewayConfig({
      url: server.url,
      oauth: {
        token_url: `${issuer.url}/token`,
        client_id: 'head water',
        client_secret_file: files.write('secret', 'p+ss:canary\n'),
        scope: 'ai',
        audience: 'https://gateway.test',
        ...more,
      },
    });

  it('asks as RFC 6749 says, and shows the token', async () => {
    await ask(gateway);
    const [call] = issuer.calls;
    expect(call?.method).toBe('POST');
    // RFC 6749, 2.3.1: form-encoded before base64.
    expect(headersOf(issuer, 'authorization')).toEqual([`Basic ${Buffer.from('head+water:p%2Bss%3Acanary').toString('base64')}`]);
    expect(Object.fromEntries(new URLSearchParams(call?.body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'ai',
      audience: 'https://gateway.test',
      resource: 'https://gateway.test',
    });
    expect(headersOf(server, 'authorization')).toEqual(['Bearer token-canary-1']);
  });

  it('keeps it until shortly before it ends, and asks once however many wait', async () => {
    await Promise.all([ask(gateway), ask(gateway), ask(gateway)]);
    expect(issued).toBe(1);
    nowMs += 539_000;
    await ask(gateway);
    expect(issued).toBe(1);
    nowMs += 2_000;
    await ask(gateway);
    expect(issued).toBe(2);
  });

  it('keeps a token whose life is not said for some minutes', async () => {
    lifeS = undefined;
    await ask(gateway);
    nowMs += 200_000;
    await ask(gateway);
    expect(issued).toBe(1);
    nowMs += 100_000;
    await ask(gateway);
    expect(issued).toBe(2);
  });

  it('drops one that the gateway does not take, and asks for another once', async () => {
    const behind = guarded(gateway, { maxAttempts: 4, deadlineMs: 20_000 });
    await ask(behind);
    good = 'token-canary-2';
    expect(await ask(behind)).toMatchObject({ text: '{}' });
    good = 'none';
    const error = await rejection(ask(behind));
    expect(error).toMatchObject({ reason: 'denied' });
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain('canary');
    expect(issued).toBe(3);
    expect(server.calls).toHaveLength(5);
  });

  it.each([
    [
      { status: 401, body: '{"error":"invalid_client","error_description":"bad secret p+ss:canary"}' },
      'denied',
      false,
      /gave no token \(401 invalid_client: bad secret \{redacted\}\); check gateway\.oauth/,
    ],
    [{ status: 400, body: '{"error":"invalid_scope"}' }, 'denied', false, /400 invalid_scope/],
    [{ status: 200, body: '{"token_type":"bearer"}' }, 'denied', false, /without an access_token/],
    [{ status: 200, body: '<html>' }, 'denied', false, /without an access_token/],
    [{ status: 200, body: '{"access_token":"a b","token_type":"bearer"}' }, 'denied', false, /without an access_token/],
    [{ status: 200, body: '{"access_token":"ab","token_type":"DPoP"}' }, 'denied', false, /no bearer token/],
    [{ status: 503, headers: { 'retry-after': '3' }, body: '' }, 'overloaded', true, /answered 503/],
    [{ status: 429, headers: { 'retry-after': '3' }, body: '' }, 'rate_limited', true, /asks to wait/],
    [{ status: 302, headers: { location: 'http://evil.test/' } }, 'not_allowed', false, /Token endpoint: .*redirect/],
  ] as const)('%j', async (reply, reason, retryable, says) => {
    issuer.handler = () => reply;
    const told = new Told();
    const error = await rejection(gateway.complete(prompt(), told));
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ reason, retryable, sent: null });
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain('canary');
    expect(told.sent).toEqual([]);
    expect(server.calls).toHaveLength(0);
  });

  it('a caller that leaves does not end the question for the others', async () => {
    let answer = (): void => undefined;
    issuer.handler = () => new Promise((ok) => (answer = () => ok({ status: 200, body: '{"access_token":"token-canary-9","token_type":"Bearer"}' })));
    const controller = new AbortController();
    const leaving = rejection(gateway.complete(prompt(), new Told(controller.signal)));
    const staying = ask(gateway);
    await expect.poll(() => issuer.calls.length).toBe(1);
    const why = new Error('stopping');
    controller.abort(why);
    expect(await leaving).toBe(why);
    answer();
    expect(await staying).toMatchObject({ text: '{}' });
    expect(issuer.calls).toHaveLength(1);
  });

  it('says at the start that the secret is not there', () => {
    expect(() => openAdapter(config({ client_secret_file: '/nowhere' }))).toThrow(/^gateway\.oauth\.client_secret_file: \/nowhere cannot be read/);
  });
});
