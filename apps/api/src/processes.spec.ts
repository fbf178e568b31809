// The real authorization server and the real API as processes of their own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiConfig, loadConfig } from '@headwater/config';
import { settingsOf } from './settings.ts';
import { AppProcess, build, freePort } from './testing/processes.ts';
import { AUDIENCE, rawGet, World } from './testing/world.ts';

const SECRET = 'a-secret-of-the-test-0123456789';
let dir: string;
let identityPort: number;
let identity: AppProcess;
let w: World;
const issuer = (): string => `http://127.0.0.1:${identityPort}`;
const identityConfig = () => ({
  port: identityPort,
  audience: AUDIENCE,
  clients_file: join(dir, 'clients.json'),
  keys_dir: join(dir, 'keys'),
  state: { kind: 'embedded', path: join(dir, 'identity.db') },
});
const startIdentity = () => new AppProcess('identity', dir, identityConfig()).ready(`${issuer()}/readyz`);

async function token(client: string, path = 'token', body: Record<string, string> = { grant_type: 'client_credentials' }): Promise<Record<string, string>> {
  const reply = await fetch(`${issuer()}/${path}`, { method: 'POST', headers: { authorization: `Basic ${btoa(`${client}:${SECRET}`)}` }, body: new URLSearchParams(body) });
  const text = await reply.text();
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
}

beforeAll(async () => {
  await build('identity', 'api');
  dir = mkdtempSync(join(tmpdir(), 'headwater-processes-'));
  const clients = [
    { client_id: 'reader', client_secret: SECRET },
    { client_id: 'narrow', client_secret: SECRET, services: ['mail'] },
    { client_id: 'opaque', client_secret: SECRET, token_format: 'opaque' },
    { client_id: 'api', client_secret: SECRET, scopes: [] },
  ];
  writeFileSync(join(dir, 'clients.json'), JSON.stringify({ clients }), { mode: 0o600 });
  identityPort = await freePort();
  identity = await startIdentity();
  w = await World.start({
    issuers: (own) => [own, { ...own, issuer: issuer(), introspection: { clientId: 'api', clientSecret: SECRET, tokens: 'opaque', missingAudience: 'refuse' } }],
  });
  w.now = Date.now();
}, 180_000);
afterAll(async () => {
  await w?.stop();
  await identity?.stop();
  rmSync(dir, { recursive: true });
});

describe('tokens of the embedded authorization server', () => {
  test('are taken, with the scopes they have', async () => {
    const { access_token: value } = await token('reader');
    const reply = await w.get('/v1/services', { token: value as string });
    expect(reply.status, reply.text).toBe(200);
    expect((await w.get('/v1/fleet/agents', { token: value as string })).status).toBe(200);
    const { access_token: some } = await token('reader', 'token', { grant_type: 'client_credentials', scope: 'events:read' });
    expect((await w.get('/v1/services', { token: some as string })).status).toBe(403);
  });

  test('carry the services they are narrowed to', async () => {
    expect((await w.get('/v1/fleet/agents', { token: (await token('narrow'))['access_token'] as string })).status).toBe(403);
  });

  test('opaque ones are asked about; revoked, they are refused within 30 s', async () => {
    const { access_token: value } = (await token('opaque')) as { access_token: string };
    expect((await w.get('/v1/services', { token: value })).status).toBe(200);
    await token('opaque', 'token/revocation', { token: value });
    expect((await w.get('/v1/services', { token: value })).status).toBe(200);
    w.now += 30_001;
    expect((await w.get('/v1/services', { token: value })).status).toBe(401);
    w.now = Date.now();
  });

  test('outlive a restart of the server, and are taken while it is away', async () => {
    const { access_token: before } = (await token('reader')) as { access_token: string };
    expect((await w.get('/v1/services', { token: before })).status).toBe(200);
    expect(await identity.stop()).toEqual({ code: 0, signal: null });
    expect((await w.get('/v1/services', { token: before })).status).toBe(200);
    const opaque = await w.get('/v1/services', { token: 'an-opaque-one' });
    expect([opaque.status, opaque.json.type]).toEqual([503, 'urn:headwater:problem:issuer-unavailable']);
    identity = await startIdentity();
    // Its start may take longer than clocks may differ.
    w.now = Date.now();
    expect((await w.get('/v1/services', { token: before })).status).toBe(200);
    expect((await w.get('/v1/services', { token: (await token('reader'))['access_token'] as string })).status).toBe(200);
  });
});

describe('the API as a process', () => {
  const config = (port: number, more: object = {}) => ({
    port,
    audience: AUDIENCE,
    issuers: [{ issuer: issuer() }],
    store: { kind: 'embedded', path: join(dir, 'summaries.db') },
    state: { kind: 'embedded', path: join(dir, 'state.db') },
    ...more,
  });

  test('answers, names itself when a second one wants its port, and ends in order', async () => {
    const port = await freePort();
    const api = await new AppProcess('api', dir, config(port)).ready(`http://127.0.0.1:${port}/readyz`);
    const { access_token: value } = await token('reader');
    const reply = await rawGet(`http://127.0.0.1:${port}/v1/services`, ['authorization', `Bearer ${value}`]);
    expect([reply.status, reply.json.data], reply.text).toEqual([200, []]);
    const second = new AppProcess('api', dir, config(port));
    expect((await second.ended).code).toBe(1);
    expect(second.output).toContain(`port ${port} on 127.0.0.1 is taken by`);
    expect(second.output).toContain(`(pid ${api.child.pid})`);
    expect(await api.stop()).toEqual({ code: 0, signal: null });
    expect(api.output + second.output).not.toContain(value);
  }, 60_000);

  const refused: [string, object, RegExp][] = [
    ['no issuer', { issuers: [] }, /issuers/],
    ['plain http to another host', { issuers: [{ issuer: 'http://login.example.com' }] }, /use https/],
    ['the same issuer twice', { issuers: [{ issuer: 'https://a.example.com' }, { issuer: 'https://a.example.com' }] }, /twice/],
    ['an unknown key', { audiences: 'x' }, /audiences/],
  ];
  test.each(refused)('%s is refused', (_, more, message) => {
    const text = JSON.stringify(config(1, more));
    expect(() => settingsOf(loadConfig(ApiConfig, { argv: ['--config', 'f'], env: {}, readFile: () => text }))).toThrow(message);
  });
  test('what is refused ends the process, with a code and the sentence', async () => {
    const [, more, message] = refused[3]!;
    const api = new AppProcess('api', dir, config(await freePort(), more));
    expect((await api.ended).code).toBeGreaterThan(0);
    expect(api.output).toMatch(message);
  }, 60_000);

  test('a store that is away is waited for: 503 and readyz meanwhile', async () => {
    const port = await freePort();
    const nobody = await freePort();
    const api = await new AppProcess('api', dir, config(port, { store: { kind: 'redis', url: `redis://127.0.0.1:${nobody}` } })).ready(`http://127.0.0.1:${port}/healthz`);
    const ready = await rawGet(`http://127.0.0.1:${port}/readyz`, []);
    expect([ready.status, ready.json.checks.summary_store]).toEqual([503, 'unreachable']);
    const { access_token: value } = await token('reader');
    const reply = await rawGet(`http://127.0.0.1:${port}/v1/services`, ['authorization', `Bearer ${value}`]);
    expect([reply.status, reply.json.type, reply.headers['retry-after']]).toEqual([503, 'urn:headwater:problem:store-unavailable', '2']);
    expect(await api.stop()).toEqual({ code: 0, signal: null });
  }, 60_000);
});

test('identity names who holds its port', async () => {
  const second = new AppProcess('identity', dir, identityConfig());
  expect((await second.ended).code).toBe(1);
  expect(second.output).toContain(`(pid ${identity.child.pid})`);
}, 60_000);
