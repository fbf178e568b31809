import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAULTS, StubProvider, type Behaviour } from '../testing/stubs/index.ts';
import { checkGateway } from './check.ts';
import { openAdapter } from './adapter.ts';
import { openGateway } from './open.ts';
import type { Completion, GatewayError, InsightGateway } from './port.ts';
import { Files, gatewayConfig, prompt, rejection, Told } from './testing/asking.ts';

// The real Portkey gateway, from npm, before the stub provider. It has no setting for the address it listens on; it is up for seconds.
const PORTKEY = fileURLToPath(new URL('../../../../node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url));
const KEY = 'sk-canary-of-the-provider';

const files = new Files();
let portkey: ChildProcess;
let url: string;
let provider: StubProvider;
let gateway: InsightGateway;

beforeAll(async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await new Promise((ok) => free.once('listening', ok));
  const { port } = free.address() as AddressInfo;
  await new Promise((ok) => free.close(ok));
  url = `http://127.0.0.1:${port}`;
  portkey = spawn(process.execPath, [PORTKEY, '--headless', `--port=${port}`], { cwd: files.dir, stdio: 'ignore', env: { PATH: process.env['PATH'] } });
  await vi.waitFor(async () => expect(await fetch(url).then((r) => r.text())).toContain('AI Gateway'), { timeout: 60_000 });
});
afterAll(async () => {
  const ended = new Promise((ok) => portkey.once('exit', ok));
  portkey.kill('SIGTERM');
  await ended;
  files.remove();
});

const config = (more: Parameters<typeof gatewayConfig>[0] = {}) =>
  gatewayConfig({
    preset: 'portkey',
    url,
    key: { file: files.write('key', KEY) },
    headers_file: files.write('headers', `x-portkey-provider: openai\nx-portkey-custom-host: ${provider.url}/v1\n`),
    timeout_ms: 10_000,
    ...more,
  });

beforeEach(async () => {
  provider = (await new StubProvider('{"findings":[]}').listen()).requireKey(KEY);
  gateway = openAdapter(config());
});
afterEach(async () => {
  await gateway.close();
  await provider.close();
});

type Row = [what: string, behaviour: Behaviour, is: Partial<GatewayError>, says: RegExp];

const REFUSED: Row[] = [
  [
    '429, milliseconds',
    FAULTS.rateLimited(),
    { reason: 'rate_limited', retryable: true, retryAfterMs: 1_500, status: 429 },
    /asks to wait \(429\): openai error: Rate limit reached/,
  ],
  ['429, seconds', FAULTS.rateLimited({ 'retry-after': '7' }), { reason: 'rate_limited', retryAfterMs: 7_000 }, /429/],
  ['429, absurd', FAULTS.rateLimited({ 'retry-after': '1000000000000' }), { reason: 'rate_limited', retryAfterMs: 60_000 }, /429/],
  ['429, garbage', FAULTS.rateLimited({ 'retry-after': 'soon' }), { reason: 'rate_limited', retryAfterMs: null }, /429/],
  ['a used-up quota', FAULTS.quota(), { reason: 'rate_limited', retryable: false }, /quota or budget/],
  ['500', FAULTS.status(500, 'boom'), { reason: 'overloaded', retryable: true, status: 500 }, /boom/],
  ['503', FAULTS.status(503, 'busy', { 'retry-after': '3' }), { reason: 'overloaded', retryable: true, retryAfterMs: 3_000 }, /503/],
  ['400', FAULTS.status(400, 'messages is wrong'), { reason: 'rejected', retryable: false, formatRefused: false }, /messages is wrong/],
  ['401', FAULTS.denied(), { reason: 'denied', retryable: false }, /provider behind the gateway refuses the key/],
  ['404', FAULTS.status(404, 'no such model'), { reason: 'rejected', retryable: false }, /no such model/],
  ['408', FAULTS.status(408), { reason: 'timeout', retryable: true }, /408/],
  ['a page', FAULTS.html, { reason: 'not_a_completion', retryable: true, retryLimit: 1, status: 200 }, /a page of its provider in place of an answer: Welcome It works/],
  ['nothing', FAULTS.empty, { reason: 'overloaded', retryable: true, status: 500 }, /could not read what its provider answered/],
  ['a broken body', FAULTS.brokenBody, { reason: 'overloaded', retryable: true, status: 500 }, /could not read/],
  ['a body that is cut', FAULTS.cutBody(), { reason: 'overloaded', retryable: true, status: 500 }, /could not read/],
  ['a connection that is dropped', FAULTS.cut, { reason: 'overloaded', retryable: true, status: 500 }, /fetch failed/],
  ['other JSON', FAULTS.noChoices, { reason: 'not_a_completion', retryable: true, retryLimit: 1 }, /no choices/],
  ['10 MB', FAULTS.huge(), { reason: 'too_large', retryable: false }, /gateway\.max_answer_bytes/],
];

describe('the real Portkey gateway before a provider', () => {
  it('passes a question and its answer', async () => {
    const told = new Told();
    const completion = await gateway.complete(prompt({ format: 'json_schema' }), told);
    expect(completion).toMatchObject({ text: '{"findings":[]}', finish: 'stop', tokens: { input: 120, output: 40 }, requestId: 'req_stub_1' });
    expect(provider.calls[0]?.json).toMatchObject({ model: 'stub', max_completion_tokens: 500, response_format: { type: 'json_schema' } });
    expect(JSON.stringify([completion, told.sent])).not.toContain('canary');
  });

  it.each(REFUSED)('%s', async (_, behaviour, is, says) => {
    provider.always(behaviour);
    const error = await rejection(gateway.complete(prompt(), new Told()));
    expect(error).toMatchObject(is);
    expect(error.message).toMatch(says);
    expect(error.message).toMatch(/^[^\p{Cc}<>]{10,300}$/u);
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('canary');
    expect(provider.calls).toHaveLength(1);
  });

  it.each([
    ['a refusal', FAULTS.refusal, { text: null, finish: 'refusal' }],
    ['a filter', FAULTS.contentFilter, { text: null, finish: 'content_filter' }],
    ['an answer that was stopped', FAULTS.length, { finish: 'length' }],
    ['a text that is no JSON', FAULTS.malformed, { finish: 'stop', text: FAULTS.malformed }],
    ['a slow answer', FAULTS.slow(300), { finish: 'stop' }],
  ] as [string, Behaviour, Partial<Completion>][])('%s', async (_, behaviour, is) => {
    provider.always(behaviour);
    expect(await gateway.complete(prompt(), new Told())).toMatchObject(is);
  });

  it('names a format that is not taken', async () => {
    provider.refuseFormats('json_schema');
    expect(await rejection(gateway.complete(prompt({ format: 'json_schema' }), new Told()))).toMatchObject({ reason: 'rejected', formatRefused: true });
    expect(await gateway.complete(prompt({ format: 'json_object' }), new Told())).toMatchObject({ finish: 'stop' });
  });

  it('gives up waiting for its provider, or we for it', async () => {
    provider.always(FAULTS.hang);
    const impatient = openAdapter(config({ timeout_ms: 300 }));
    expect(await rejection(impatient.complete(prompt(), new Told()))).toMatchObject({ reason: 'timeout', status: null });
    await impatient.close();
    const told = files.write('headers-timeout', `x-portkey-provider: openai\nx-portkey-custom-host: ${provider.url}/v1\nx-portkey-request-timeout: 200\n`);
    const itself = openAdapter(config({ headers_file: told }));
    expect(await rejection(itself.complete(prompt(), new Told()))).toMatchObject({ reason: 'timeout', status: 408, retryable: true });
    await itself.close();
  });

  it('says what is missing when it is told no provider', async () => {
    const lost = openAdapter(config({ headers_file: files.write('headers-none', 'x-portkey-trace-id: none\n') }));
    const error = await rejection(lost.complete(prompt(), new Told()));
    expect(error).toMatchObject({ reason: 'rejected', status: 400 });
    expect(error.message).toMatch(/x-portkey-(config|provider)/);
    await lost.close();
  });

  it('is asked again, by us alone, until it answers', async () => {
    const guard = openGateway(config());
    provider.next(FAULTS.rateLimited({ 'retry-after-ms': '50' }), FAULTS.cut, '{"findings":[]}');
    expect(await guard.complete(prompt(), new Told())).toMatchObject({ text: '{"findings":[]}' });
    expect(provider.calls).toHaveLength(3);
    expect(guard.status()).toMatchObject({ breaker: { state: 'closed' }, last_failure: { reason: 'overloaded' } });
    await guard.close();
  });

  it('passes the check', async () => {
    const lines: string[] = [];
    provider.always('{"ok":true}');
    expect(await checkGateway(config(), (line) => lines.push(line))).toBe(true);
    expect(lines.at(-1)).toBe('ok    format       insights ask for json_schema');
  });
});
