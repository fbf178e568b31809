import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { ClientsFile, parseClients } from './clients.ts';
import { keysFile, loadKeys, rotateKeys } from './keys.ts';
import { createProvider } from './provider.ts';
import { ALL_SCOPES, decideScopes, READ_SCOPES } from './scopes.ts';
import { close, createIdentityServer, listen } from './server.ts';

const AUDIENCE = 'http://127.0.0.1:8470';
const SECRET = 'a-secret-of-the-test-0123456789';
const CLIENTS = {
  clients: [
    { client_id: 'reader', client_secret: SECRET },
    { client_id: 'writer', client_secret: `sha256:${createHash('sha256').update(SECRET).digest('hex')}`, scopes: ['metrics:read', 'policy:write'] },
    { client_id: 'shop-only', client_secret: SECRET, scopes: ['metrics:read'], services: ['shop'] },
    { client_id: 'opaque', client_secret: SECRET, token_format: 'opaque', services: ['shop'] },
  ],
};

let dir: string;
let clientsFile: string;
let port = 0;
let running: { server: Server; store: StateStore } | null = null;
const issuer = (): string => `http://127.0.0.1:${port}`;

async function start(): Promise<void> {
  const store = await openStateStore({ kind: 'embedded', path: join(dir, 'identity.db') });
  const keys = await loadKeys(join(dir, 'keys'));
  if (port === 0) {
    // The issuer must be known before the server listens: take a free port first.
    const probe = createIdentityServer(
      createProvider({ issuer: 'http://127.0.0.1:1', audience: AUDIENCE, accessTokenTtlS: 600 }, keys, store, new ClientsFile(clientsFile)),
      store,
    );
    port = await listen(probe, '127.0.0.1', 0);
    await close(probe);
  }
  const server = createIdentityServer(createProvider({ issuer: issuer(), audience: AUDIENCE, accessTokenTtlS: 600 }, keys, store, new ClientsFile(clientsFile)), store);
  await listen(server, '127.0.0.1', port);
  running = { server, store };
}

async function stop(): Promise<void> {
  if (running === null) return;
  await close(running.server);
  await running.store.end();
  running = null;
}

function writeClients(content: unknown): void {
  writeFileSync(clientsFile, JSON.stringify(content), { mode: 0o600 });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'headwater-identity-'));
  clientsFile = join(dir, 'clients.json');
  writeClients(CLIENTS);
  await start();
});
afterAll(async () => {
  await stop();
  rmSync(dir, { recursive: true });
});

async function post(path: string, client: string, body: Record<string, string>, secret = SECRET): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const response = await fetch(issuer() + path, { method: 'POST', headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` }, body: new URLSearchParams(body) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>), headers: response.headers };
}
const token = (client: string, more: Record<string, string> = {}, secret?: string) => post('/token', client, { grant_type: 'client_credentials', ...more }, secret);
async function claims(value: unknown) {
  return jwtVerify(String(value), createRemoteJWKSet(new URL(`${issuer()}/jwks`)), {
    issuer: issuer(),
    audience: AUDIENCE,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'],
  });
}

describe('client_credentials', () => {
  test('no scope asked: all read scopes, never a write one; an RFC 9068 token for ten minutes', async () => {
    const reply = await token('reader');
    expect(reply.status).toBe(200);
    expect(reply.headers.get('cache-control')).toContain('no-store');
    expect(reply.body).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: READ_SCOPES.join(' ') });
    const { payload } = await claims(reply.body['access_token']);
    expect(payload).toMatchObject({ sub: 'reader', client_id: 'reader', scope: READ_SCOPES.join(' ') });
    expect((payload.exp as number) - (payload.iat as number)).toBe(600);
    expect(payload['services']).toBeUndefined();
    expect((await token('writer')).body['scope']).toBe('metrics:read');
  });
  test('a secret kept as a hash; a write scope when asked for by who may have it', async () => {
    expect((await token('writer', { scope: 'policy:write' })).body).toMatchObject({ scope: 'policy:write' });
    expect((await token('writer', { scope: 'policy:write' }, 'another-secret-of-that-length!!')).status).toBe(401);
  });
  test('the resource may be named; another one is refused', async () => {
    expect((await token('reader', { resource: AUDIENCE })).status).toBe(200);
    expect((await token('reader', { resource: 'https://other.test' })).body['error']).toBe('invalid_target');
  });
  test.each([['nothing:known'], ['metrics:read nothing:known'], ['policy:write'], ['openid']])('scope "%s" is invalid_scope for a reader', async (scope) => {
    const reply = await token('reader', { scope });
    expect([reply.status, reply.body['error']]).toEqual([400, 'invalid_scope']);
  });
  test('a services claim for who has one', async () => {
    const { payload } = await claims((await token('shop-only')).body['access_token']);
    expect(payload['services']).toEqual(['shop']);
  });
  test.each([
    ['reader', 'wrong-secret-of-some-length'],
    ['nobody', SECRET],
  ])('%s with %s: 401 invalid_client, without saying which was wrong', async (client, secret) => {
    const reply = await token(client, {}, secret);
    expect([reply.status, reply.body]).toEqual([401, { error: 'invalid_client', error_description: 'client authentication failed' }]);
  });
  test('other grants are not served', async () => {
    expect((await post('/token', 'reader', { grant_type: 'password', username: 'a', password: 'b' })).body['error']).toBe('unsupported_grant_type');
    expect((await post('/token', 'reader', { grant_type: 'authorization_code', code: 'x' })).status).toBe(400);
  });
});

test('opaque tokens: introspection says what they are; revocation ends them at once, by their own client only', async () => {
  const { access_token: value } = (await token('opaque', { scope: 'metrics:read' })).body as { access_token: string };
  expect(value).not.toContain('.');
  const introspect = async () => (await post('/token/introspection', 'reader', { token: value })).body;
  expect(await introspect()).toMatchObject({ active: true, iss: issuer(), aud: AUDIENCE, client_id: 'opaque', scope: 'metrics:read', services: ['shop'], token_type: 'Bearer' });
  await post('/token/revocation', 'reader', { token: value });
  expect(await introspect()).toMatchObject({ active: true });
  expect((await post('/token/revocation', 'opaque', { token: value })).status).toBe(200);
  expect(await introspect()).toEqual({ active: false });
});

describe('metadata', () => {
  test('both forms, and nothing advertised that is not served', async () => {
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      const response = await fetch(issuer() + path);
      const metadata = (await response.json()) as Record<string, unknown>;
      expect(metadata).toMatchObject({
        issuer: issuer(),
        token_endpoint: `${issuer()}/token`,
        grant_types_supported: ['client_credentials'],
        response_types_supported: [],
        scopes_supported: ALL_SCOPES,
      });
      expect(metadata['authorization_endpoint']).toBeUndefined();
      for (const [name, url] of Object.entries(metadata).filter(([k]) => k.endsWith('_endpoint') || k === 'jwks_uri')) {
        const reply = await fetch(String(url), { method: name === 'jwks_uri' ? 'GET' : 'POST' });
        expect([name, reply.status === 404], name).toEqual([name, false]);
      }
    }
    for (const path of ['/auth', '/me', '/session/end', '/request', '/reg', '/interaction/x']) expect((await fetch(issuer() + path)).status, path).toBe(404);
  });
  test('does not follow the Host header', async () => {
    const { request } = await import('node:http');
    const text = await new Promise<string>((ok) =>
      request(`${issuer()}/.well-known/openid-configuration`, { headers: { host: 'evil.test' } }, (res) => {
        let body = '';
        res.on('data', (d) => (body += String(d))).on('end', () => ok(body));
      }).end(),
    );
    expect(text).not.toContain('evil.test');
  });
  test('the key set has public parts only', async () => {
    const { keys } = (await (await fetch(`${issuer()}/jwks`)).json()) as { keys: Record<string, unknown>[] };
    expect(keys.every((k) => k['d'] === undefined && k['alg'] === 'ES256')).toBe(true);
  });
  test('health', async () => {
    expect((await fetch(`${issuer()}/healthz`)).status).toBe(200);
    expect((await fetch(`${issuer()}/readyz`)).status).toBe(200);
  });
});

describe('a restart', () => {
  afterEach(async () => void (running ?? (await start())));

  test('keeps keys and grants; the key file is private', async () => {
    const before = (await token('reader')).body['access_token'];
    const opaque = (await token('opaque')).body['access_token'] as string;
    expect(statSync(keysFile(join(dir, 'keys'))).mode & 0o777).toBe(0o600);
    await stop();
    await start();
    await expect(claims(before)).resolves.toBeDefined();
    expect((await post('/token/introspection', 'reader', { token: opaque })).body['active']).toBe(true);
  });

  test('after a rotation the new key signs and the old one still verifies', async () => {
    const before = String((await token('reader')).body['access_token']);
    await stop();
    await rotateKeys(join(dir, 'keys'));
    await start();
    const after = String((await token('reader')).body['access_token']);
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    await expect(claims(before)).resolves.toBeDefined();
    await expect(claims(after)).resolves.toBeDefined();
  });

  test('keys that others may read, or that are no keys, are refused and never replaced', async () => {
    const file = keysFile(join(dir, 'keys'));
    const content = readFileSync(file, 'utf8');
    chmodSync(file, 0o640);
    await expect(loadKeys(join(dir, 'keys'))).rejects.toThrow(/chmod 600/);
    chmodSync(file, 0o600);
    writeFileSync(file, content.slice(0, 50));
    await expect(loadKeys(join(dir, 'keys'))).rejects.toThrow(/restore it/);
    expect(readFileSync(file, 'utf8')).toBe(content.slice(0, 50));
    writeFileSync(file, content);
  });
});

describe('the clients file', () => {
  test('is read again when it changes', async () => {
    expect((await token('late-comer')).status).toBe(401);
    writeClients({ clients: [...CLIENTS.clients, { client_id: 'late-comer', client_secret: SECRET }] });
    expect((await token('late-comer')).status).toBe(200);
    writeClients(CLIENTS);
    expect((await token('late-comer')).status).toBe(401);
  });
  test('readable by others is refused', () => {
    const file = join(dir, 'open.json');
    writeFileSync(file, JSON.stringify(CLIENTS), { mode: 0o644 });
    expect(() => new ClientsFile(file)).toThrow(/chmod 600/);
  });
  test.each([
    [{}, /expected \{"clients"/],
    [{ clients: [{}] }, /clients\[0\]\.client_id/],
    [{ clients: [{ client_id: 'a:b', client_secret: SECRET }] }, /without a colon/],
    [{ clients: [{ client_id: 'a', client_secret: 'short' }] }, /at least 16/],
    [{ clients: [{ client_id: 'a', client_secret: SECRET, scopes: ['x'] }] }, /has "x"/],
    [{ clients: [{ client_id: 'a', client_secret: SECRET, service: ['x'] }] }, /\.service is not known/],
    [
      {
        clients: [
          { client_id: 'a', client_secret: SECRET },
          { client_id: 'a', client_secret: SECRET },
        ],
      },
      /twice/,
    ],
  ])('%j', (content, message) => {
    expect(() => parseClients('f', content)).toThrow(message as RegExp);
  });
});

test('scopes: all that was asked, or none', () => {
  expect(decideScopes(undefined, ['policy:write', 'metrics:read'])).toEqual({ granted: ['metrics:read'] });
  expect(decideScopes(undefined, ['policy:write'])).toEqual({ refused: '' });
  expect(decideScopes('policy:write metrics:read', ['policy:write'])).toEqual({ refused: 'metrics:read' });
  expect(decideScopes('policy:write policy:write', ['policy:write'])).toEqual({ granted: ['policy:write'] });
});
