import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { GatewayConfig } from '@headwater/config';
import { completion, WireServer, type Handler } from '../testing/stubs/index.ts';
import { openAdapter } from './adapter.ts';
import { certificate } from './testing/certificate.ts';
import { Transport } from './transport.ts';
import { Files, gatewayConfig, prompt, rejection, Told } from './testing/asking.ts';

const files = new Files();
let [one, two]: ReturnType<typeof certificate>[] = [];
beforeAll(() => {
  [one, two] = [certificate(files.dir, 'one'), certificate(files.dir, 'two')];
});
afterAll(() => files.remove());

const closing: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const it of closing.splice(0)) await it.close();
  vi.unstubAllEnvs();
});

const good: Handler = () => ({ status: 200, body: JSON.stringify(completion('stub', { content: '{}' })) });

async function serve(handler: Handler, pair?: { key: string; cert: string }): Promise<WireServer> {
  const server = await new WireServer(handler, pair).listen();
  closing.push(server);
  return server;
}

function open(settings: Partial<GatewayConfig>) {
  const gateway = openAdapter(gatewayConfig({ timeout_ms: 3_000, ...settings }));
  closing.push(gateway);
  return gateway;
}

const ask = (gateway: ReturnType<typeof open>) => gateway.complete(prompt(), new Told());

describe('TLS', () => {
  it('trusts the authority of ca_file, and reads it again when it changes', async () => {
    const server = await serve(good, one);
    const ca = files.write('ca', one!.cert);
    const gateway = open({ url: server.url, ca_file: ca });
    expect(await ask(gateway)).toMatchObject({ text: '{}' });
    files.write('ca', two!.cert);
    const error = await rejection(ask(gateway));
    expect(error).toMatchObject({ reason: 'unreachable', retryable: false });
    expect(error.message).toMatch(/certificate of 127\.0\.0\.1:\d+ is not trusted.*gateway\.ca_file/);
    files.write('ca', one!.cert);
    expect(await ask(gateway)).toMatchObject({ text: '{}' });
    expect(server.calls).toHaveLength(2);
  });

  it('trusts no other, also when the environment says so', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const server = await serve(good, one);
    expect(await rejection(ask(open({ url: server.url })))).toMatchObject({ reason: 'unreachable', retryable: false });
    expect(server.calls).toHaveLength(0);
  });

  it('says so when the other side speaks plain http', async () => {
    const plain = net.createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    await new Promise<void>((ok) => plain.listen(0, '127.0.0.1', ok));
    closing.push({ close: () => new Promise((ok) => plain.close(ok)) });
    const error = await rejection(ask(open({ url: `https://127.0.0.1:${(plain.address() as net.AddressInfo).port}` })));
    expect(error.reason).toBe('unreachable');
    expect(error.message).toMatch(/is it http:/);
  });

  it('says at the start that a ca_file is no certificate', () => {
    expect(() => open({ url: 'https://gateway.test', ca_file: files.write('text', 'no PEM') })).toThrow(/^gateway\.ca_file: .* holds no certificate/);
    expect(() => open({ url: 'https://gateway.test', ca_file: '/nowhere' })).toThrow(/^gateway\.ca_file: \/nowhere cannot be read \(ENOENT\)/);
  });
});

describe('where it goes', () => {
  it.each([
    [{ url: 'http://gateway.test' }, /^gateway\.url: would send to gateway\.test in clear.*gateway\.allow_plain_http/],
    [{ url: 'http://10.0.0.7:8099' }, /gateway\.allow_plain_http/],
    [{ url: 'http://127.0.0.1.evil.test' }, /gateway\.allow_plain_http/],
    [{ url: 'https://gateway.test', allowed_hosts: ['other.test'] }, /^gateway\.url: gateway\.test:443 is not among gateway\.allowed_hosts \(other\.test\)/],
    [{ url: 'https://gateway.test:444', allowed_hosts: ['gateway.test:443'] }, /gateway\.allowed_hosts/],
    [{ url: 'https://user:pass@gateway.test' }, /^gateway\.url: holds a user name or password/],
    [{ url: 'https://gateway.test/?key=1' }, /^gateway\.url: holds a query/],
    [{ url: 'https://gateway.test', path: '//evil.test/v1' }, /^gateway\.path: leads to another host/],
    [{ url: 'https://gateway.test', path: '/\\evil.test/v1' }, /^gateway\.path: leads to another host/],
    [
      { url: 'https://gateway.test', oauth: { token_url: 'http://id.test/token', client_id: 'c', client_secret_file: '/nowhere' } },
      /^gateway\.oauth\.token_url: would send to id\.test in clear/,
    ],
    [
      { url: 'https://gateway.test', allowed_hosts: ['gateway.test'], oauth: { token_url: 'https://id.test/token', client_id: 'c', client_secret_file: '/nowhere' } },
      /^gateway\.oauth\.token_url: id\.test:443 is not among gateway\.allowed_hosts/,
    ],
  ] as [Partial<GatewayConfig>, RegExp][])('refuses at the start: %j', (settings, says) => {
    expect(() => open(settings)).toThrow(says);
    expect(() => open(settings)).not.toThrow(/pass@|key=1/);
  });

  it.each([
    { url: 'http://localhost:1' },
    { url: 'http://[::1]:1' },
    { url: 'http://127.8.8.8:1' },
    { url: 'http://gateway.test', allow_plain_http: true },
    { url: 'https://gateway.test', allowed_hosts: ['GATEWAY.test'] },
    { url: 'https://gateway.test', allowed_hosts: ['gateway.test:443', 'other.test'] },
  ] as Partial<GatewayConfig>[])('begins with %j', (settings) => {
    expect(open(settings).host).toBeTruthy();
  });

  it.each([301, 302, 303, 307, 308])('does not follow a %i', async (status) => {
    const elsewhere = await serve(good);
    const server = await serve(() => ({ status, headers: { location: `${elsewhere.url}/v1/chat/completions` } }));
    const error = await rejection(ask(open({ url: server.url })));
    expect(error).toMatchObject({ reason: 'not_allowed', retryable: false, status });
    expect(error.message).toContain(`(to 127.0.0.1:${elsewhere.port}), which is not followed`);
    expect(elsewhere.calls).toHaveLength(0);
  });

  it('sends to no host that is not on its list, whoever asks', async () => {
    const server = await serve(good);
    const transport = new Transport({ allowed: new Set(['127.0.0.1:1']), caFile: undefined, timeoutMs: 1_000, maxAnswerBytes: 1_000 });
    closing.push(transport);
    const letter = { url: new URL(server.url), headers: [], body: '{}', signal: new AbortController().signal };
    expect(await rejection(transport.post(letter))).toMatchObject({ reason: 'not_allowed', retryable: false });
    expect(server.calls).toHaveLength(0);
  });

  it('takes no proxy from the environment', async () => {
    const proxy = await serve(good);
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy']) vi.stubEnv(name, proxy.url);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const server = await serve(good);
    expect(await ask(open({ url: server.url }))).toMatchObject({ text: '{}' });
    expect(proxy.calls).toHaveLength(0);
  });
});

describe('what comes back', () => {
  it('passes an answer of exactly the allowed size and ends a longer one, whole or in chunks without a length', async () => {
    const body = JSON.stringify(completion('stub', { content: 'x'.repeat(20_000) }));
    const server = await serve(() => ({ status: 200, body }));
    expect(await ask(open({ url: server.url, max_answer_bytes: body.length }))).toMatchObject({ finish: 'stop' });
    expect(await rejection(ask(open({ url: server.url, max_answer_bytes: body.length - 1 })))).toMatchObject({ reason: 'too_large' });

    // A server that never ends its answer, and counts what is taken from it.
    let taken = 0;
    let ended = false;
    const endless = net.createServer((socket) => {
      socket.on('error', () => undefined).on('close', () => (ended = true));
      socket.once('data', () => {
        const chunk = `4000\r\n${'y'.repeat(0x4000)}\r\n`;
        const more = (): void => {
          while (!socket.destroyed && socket.write(chunk)) taken += 0x4000;
        };
        socket.on('drain', more);
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        more();
      });
    });
    await new Promise<void>((ok) => endless.listen(0, '127.0.0.1', ok));
    closing.push({ close: () => new Promise((ok) => endless.close(ok)) });
    const { port } = endless.address() as net.AddressInfo;
    expect(await rejection(ask(open({ url: `http://127.0.0.1:${port}`, max_answer_bytes: 100_000 })))).toMatchObject({ reason: 'too_large', retryable: false });
    await expect.poll(() => ended).toBe(true);
    expect(taken).toBeLessThan(16_000_000);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'unreachable'],
    ['an endless header', `HTTP/1.1 200 OK\r\nx: ${'z'.repeat(100_000)}`, 'too_large'],
  ])('%s', async (_, bytes, reason) => {
    const odd = net.createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.write(bytes)));
    await new Promise<void>((ok) => odd.listen(0, '127.0.0.1', ok));
    const { port } = odd.address() as net.AddressInfo;
    const gateway = open({ url: `http://127.0.0.1:${port}` });
    expect(await rejection(ask(gateway))).toMatchObject({ reason });
    await gateway.close();
    await new Promise((ok) => odd.close(ok));
  });

  it("passes APIPark's Content-Encoding: utf-8", async () => {
    const server = await serve(() => ({ status: 200, headers: { 'Content-Encoding': 'utf-8' }, body: JSON.stringify(completion('stub', { content: 'ok' })) }));
    expect(await ask(open({ url: server.url }))).toMatchObject({ text: 'ok' });
  });
});
