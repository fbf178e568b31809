import type { GatewayConfig } from '@headwater/config';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAULTS, StubApipark, StubLitellm, StubProvider, StubWealthsimple, WireServer } from '../testing/stubs/index.ts';
import { checkGateway } from './check.ts';
import { certificate } from './testing/certificate.ts';
import { Files, gatewayConfig } from './testing/asking.ts';

const KEY = 'sk-canary-5f0c2d9e7b31';
const files = new Files();
afterAll(() => files.remove());
const closing: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const it of closing.splice(0)) await it.close();
});

let provider: StubProvider;
beforeEach(async () => {
  provider = await new StubProvider('{"ok":true}').listen();
  closing.push(provider);
});

async function check(settings: Partial<GatewayConfig>): Promise<{ ok: boolean; lines: string[] }> {
  const lines: string[] = [];
  const ok = await checkGateway(gatewayConfig({ key: { file: files.write('key', KEY) }, timeout_ms: 2_000, ...settings }), (line) => lines.push(line));
  expect(lines.join('\n')).not.toContain('canary');
  return { ok, lines };
}

describe('checkGateway', () => {
  it('says line by line what works', async () => {
    const { ok, lines } = await check({ url: provider.url });
    expect(ok).toBe(true);
    expect(
      lines.map((l) =>
        l
          .replace(/127\.0\.0\.1:\d+/, 'HOST')
          .replace(/\(\/.*key\)/, '(FILE)')
          .replace(/\d\.\d s/, 'N s'),
      ),
    ).toEqual([
      'ok    address      HOST is a host that may be talked to',
      'ok    files        can be read: the key (FILE)',
      'ok    connection   HOST accepts connections; plain http, but on this machine',
      'ok    key          is accepted',
      'ok    model        stub answered in N s (120 tokens in, 40 out)',
      'ok    format       json_schema: taken',
      'ok    format       json_object: taken',
      'ok    format       plain: taken',
      'ok    format       insights ask for json_schema',
    ]);
  });

  it.each(['litellm', 'apipark', 'wealthsimple'] as const)('passes before %s', async (kind) => {
    if (kind === 'wealthsimple') {
      const stub = await new StubWealthsimple(provider.url).listen();
      closing.push(stub);
      expect((await check({ kind: 'wealthsimple', url: stub.url })).ok).toBe(true);
    } else if (kind === 'litellm') {
      const stub = await new StubLitellm({ upstream: provider.url, key: KEY }).listen();
      closing.push(stub);
      expect((await check({ preset: kind, url: stub.url })).ok).toBe(true);
    } else {
      const stub = await new StubApipark({ upstream: provider.url, key: KEY }).listen();
      closing.push(stub);
      expect((await check({ preset: kind, url: stub.url, path: stub.path })).ok).toBe(true);
    }
  });

  it('says which formats are taken, and learns the form of the limit on the way', async () => {
    provider.refuseFormats('json_schema').refuseField('max_completion_tokens');
    const auto = await check({ url: provider.url });
    expect(auto.ok).toBe(true);
    expect(auto.lines).toContain('ok    format       json_schema: not taken, a plainer one is asked for in its place');
    expect(auto.lines.at(-1)).toBe('ok    format       insights ask for json_object');
    const fixed = await check({ url: provider.url, structured: 'json_schema' });
    expect(fixed.ok).toBe(false);
    expect(fixed.lines.some((l) => l.includes('-> set gateway.structured to auto, or to json_object or plain'))).toBe(true);
  });

  it('warns of answers that are not of the form', async () => {
    provider.always('Certainly! Here it is.');
    const { ok, lines } = await check({ url: provider.url });
    expect(ok).toBe(true);
    expect(lines.filter((l) => l.startsWith('warn'))).toHaveLength(2);
  });

  it.each([
    ['a wrong key', FAULTS.denied(), 'fail  key          The gateway does not take the key (401)', null],
    ['a limit', FAULTS.rateLimited(), 'fail  model        The gateway asks to wait (429)', '-> the key works; try again later'],
    ['a page', FAULTS.html, 'fail  model        The gateway answered 200 with a page', '-> does gateway.path lead to chat completions?'],
    ['an answer that was stopped', FAULTS.length, 'ok    model', null],
    ['nothing but thoughts', { content: '', finish: 'length' }, 'fail  model', '-> it thinks longer than it may answer: raise gateway.max_output_tokens'],
  ] as const)('%s', async (what, fault, says, advice) => {
    provider.always(fault);
    const { ok, lines } = await check({ url: provider.url });
    expect(ok).toBe(what === 'an answer that was stopped');
    expect(lines.some((l) => l.startsWith(says))).toBe(true);
    if (advice !== null) expect(lines.join('\n')).toContain(advice);
  });

  it.each([
    [{ url: 'http://gateway.test' }, /^fail {2}address +gateway\.url: would send to gateway\.test in clear/],
    [{ url: 'https://gateway.test', key: { file: '/nowhere' } }, /^fail {2}files +gateway\.key\.file: \/nowhere cannot be read \(ENOENT\)/],
    [{ url: 'http://127.0.0.1:1' }, /^fail {2}connection +127\.0\.0\.1:1: ECONNREFUSED/],
  ])('%j', async (settings, says) => {
    const { ok, lines } = await check(settings);
    expect(ok).toBe(false);
    expect(lines.some((l) => says.test(l))).toBe(true);
  });

  it('says of TLS whose certificate it is and how long it lasts', async () => {
    const pair = certificate(files.dir, 'soon', 3);
    const server = await new WireServer(() => ({ status: 503 }), pair).listen();
    closing.push(server);
    const untrusted = await check({ url: server.url });
    expect(untrusted.lines.at(-2)).toMatch(/^fail {2}TLS +127\.0\.0\.1:\d+: (DEPTH_ZERO_)?SELF_SIGNED_CERT/);
    expect(untrusted.lines.at(-1)).toContain('-> name the PEM file of the authority that signed it: gateway.ca_file');
    const trusted = await check({ url: server.url, ca_file: pair.certFile });
    expect(trusted.lines.some((l) => /^warn {2}TLS +.* trusted, by soon of the test, for [23] more days$/.test(l))).toBe(true);
  });

  it('asks for a token first where one is needed', async () => {
    const issuer = await new WireServer(() => ({ status: 401, body: '{"error":"invalid_client"}' })).listen();
    closing.push(issuer);
    const oauth = { token_url: `${issuer.url}/token`, client_id: 'c', client_secret_file: files.write('secret', 'canary-secret') };
    const lines: string[] = [];
    const config = gatewayConfig({ url: provider.url, oauth });
    expect(await checkGateway(config, (line) => lines.push(line))).toBe(false);
    expect(lines.at(-1)).toMatch(/^fail {2}token +The token endpoint \(127\.0\.0\.1:\d+\) gave no token \(401 invalid_client\); check gateway\.oauth$/);
    issuer.handler = () => ({ status: 200, body: '{"access_token":"canary-token","token_type":"Bearer"}' });
    expect(await checkGateway(config, (line) => lines.push(line))).toBe(true);
  });
});
