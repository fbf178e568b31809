import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SignJWT } from 'jose';
import { HandmadeIssuer, html, json, signingKey, type SigningKey } from '../testing/issuer.ts';
import { Discovery, judgeMetadata, metadataUrls } from './discovery.ts';
import { KeySource } from './key-source.ts';
import type { TrustedIssuer } from './principal.ts';
import { TokenVerifier } from './verifier.ts';

const AUD = 'api';
let issuer: HandmadeIssuer;
let key: SigningKey;
let now: number;
const clock = (): number => now;

beforeAll(async () => void (key = await signingKey('k1', 'ES256')));
beforeEach(async () => {
  now = Date.UTC(2026, 10, 22);
  issuer = await HandmadeIssuer.start();
  issuer.keys = [key.publicJwk];
});
afterEach(() => issuer.stop());

const trusted = (more: Partial<TrustedIssuer> = {}): TrustedIssuer => ({
  issuer: issuer.url,
  audiences: [AUD],
  algorithms: ['ES256', 'RS256'],
  extraTypes: [],
  clientIdFromAzp: false,
  ...more,
});
const claims = (more: Record<string, unknown> = {}): Record<string, unknown> => {
  const s = Math.floor(now / 1000);
  return { iss: issuer.url, aud: AUD, sub: 's', client_id: 'c', jti: 'j', iat: s, exp: s + 600, scope: 'metrics:read', ...more };
};

describe('metadata', () => {
  test('is looked for in three places, the RFC 8414 form first', () => {
    expect(metadataUrls('https://as.test/realms/x')).toEqual([
      'https://as.test/.well-known/oauth-authorization-server/realms/x',
      'https://as.test/realms/x/.well-known/openid-configuration',
      'https://as.test/realms/x/.well-known/oauth-authorization-server',
    ]);
    expect(metadataUrls('https://as.test')).toHaveLength(2);
  });

  test.each(['/.well-known/oauth-authorization-server/o', '/o/.well-known/openid-configuration', '/o/.well-known/oauth-authorization-server'])('found at %s', async (path) => {
    const other = await HandmadeIssuer.start('/o');
    for (const url of metadataUrls(other.url)) other.handlers.set(new URL(url).pathname, html(404));
    other.handlers.set(path, json(200, other.metadata));
    expect((await new Discovery(other.url).get()).jwksUri).toBe(`${other.url}/keys`);
    await other.stop();
  });

  test('of another issuer is not taken', () => {
    expect(judgeMetadata('https://a.test', { kind: 'answer', status: 200, body: { issuer: 'https://b.test', jwks_uri: 'https://b.test/k' } })).toMatchObject({
      unusable: expect.stringContaining('https://b.test'),
    });
  });

  test('an issuer that lies about its name leaves tokens undecided, not refused', async () => {
    issuer.metadata['issuer'] = 'https://elsewhere.test';
    expect(await new TokenVerifier([trusted()], clock).verify(await issuer.sign(key, claims()))).toMatchObject({
      kind: 'unavailable',
      detail: expect.stringContaining('elsewhere'),
    });
  });

  test('a redirect is not followed', async () => {
    issuer.handlers.set('/.well-known/oauth-authorization-server', (_, res) => void res.writeHead(302, { location: '/keys' }).end());
    expect(await new TokenVerifier([trusted()], clock).verify(await issuer.sign(key, claims()))).toMatchObject({ kind: 'unavailable' });
  });
});

describe('keys', () => {
  test('a new kid is one refetch, then taken; the removed one is refused', async () => {
    const verifier = new TokenVerifier([trusted()], clock);
    const old = await issuer.sign(key, claims());
    expect((await verifier.verify(old)).kind).toBe('ok');
    const k2 = await signingKey('k2', 'RS256');
    issuer.keys = [k2.publicJwk];
    now += 11_000;
    expect((await verifier.verify(await issuer.sign(k2, claims()))).kind).toBe('ok');
    expect(await verifier.verify(old)).toMatchObject({ kind: 'invalid', detail: expect.stringContaining('no key') });
    expect(issuer.requests.filter((r) => r === '/keys')).toHaveLength(2);
  });

  test('made-up kids ask the issuer once in a cooldown', async () => {
    const verifier = new TokenVerifier([trusted()], clock);
    const stranger = await signingKey('made-up', 'ES256');
    for (let i = 0; i < 20; i += 1) expect((await verifier.verify(await issuer.sign(stranger, claims(), { kid: `x${i}` }))).kind).toBe('invalid');
    expect(issuer.requests.filter((r) => r === '/keys')).toHaveLength(1);
    now += 10_001;
    await verifier.verify(await issuer.sign(stranger, claims(), { kid: 'y' }));
    expect(issuer.requests.filter((r) => r === '/keys')).toHaveLength(2);
  });

  test('many first requests fetch once', async () => {
    const verifier = new TokenVerifier([trusted()], clock);
    const token = await issuer.sign(key, claims());
    expect((await Promise.all(Array.from({ length: 10 }, () => verifier.verify(token)))).every((v) => v.kind === 'ok')).toBe(true);
    expect(issuer.requests.filter((r) => r === '/keys')).toHaveLength(1);
  });

  test('encryption and symmetric keys in the set verify nothing', async () => {
    issuer.keys = [
      { ...key.publicJwk, use: 'enc' },
      { kty: 'oct', k: 'c2VjcmV0', kid: 'k1' },
    ];
    expect((await new TokenVerifier([trusted()], clock).verify(await issuer.sign(key, claims()))).kind).toBe('invalid');
  });

  test('while the issuer is away known keys serve on, for an hour', async () => {
    const verifier = new TokenVerifier([trusted()], clock);
    expect((await verifier.verify(await issuer.sign(key, claims()))).kind).toBe('ok');
    await issuer.stop();
    now += 30 * 60_000;
    expect((await verifier.verify(await issuer.sign(key, claims()))).kind).toBe('ok');
    now += 31 * 60_000;
    expect(await verifier.verify(await issuer.sign(key, claims()))).toMatchObject({ kind: 'unavailable' });
    await issuer.listen();
    now += 11_000;
    expect((await verifier.verify(await issuer.sign(key, claims()))).kind).toBe('ok');
  });

  test.each([
    ['500', html(500)],
    ['HTML with 200', html(200)],
    ['no keys member', json(200, {})],
  ])('a key set that cannot be used (%s) leaves the token undecided', async (_, handler) => {
    issuer.handlers.set('/keys', handler);
    expect((await new TokenVerifier([trusted()], clock).verify(await issuer.sign(key, claims()))).kind).toBe('unavailable');
  });

  test('an unreachable issuer at the first request is undecided', async () => {
    const source = new KeySource(new Discovery('http://127.0.0.1:1'));
    await expect(source.key({ alg: 'ES256', kid: 'k' }, { payload: '', signature: '' })).rejects.toThrow(/127\.0\.0\.1:1/);
  });
});

describe('relaxations, per issuer', () => {
  test('typ JWT', async () => {
    const token = await issuer.sign(key, claims(), { typ: 'JWT' });
    expect((await new TokenVerifier([trusted()], clock).verify(token)).kind).toBe('invalid');
    expect((await new TokenVerifier([trusted({ extraTypes: ['JWT', ''] })], clock).verify(token)).kind).toBe('ok');
    const without = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(key.privateKey);
    expect((await new TokenVerifier([trusted({ extraTypes: ['JWT', ''] })], clock).verify(without)).kind).toBe('ok');
  });
  test('azp for client_id; the audience stays', async () => {
    const verifier = new TokenVerifier([trusted({ clientIdFromAzp: true, extraTypes: ['JWT'] })], clock);
    const { client_id: _, ...rest } = claims();
    expect(await verifier.verify(await issuer.sign(key, { ...rest, azp: 'app' }))).toMatchObject({ kind: 'ok', principal: { clientId: 'app' } });
    expect((await verifier.verify(await issuer.sign(key, { ...rest, azp: 'app', aud: 'account' }))).kind).toBe('invalid');
  });
});

test('several issuers: each with its own keys, and no token of one passes by the other', async () => {
  const second = await HandmadeIssuer.start('/realms/two');
  const other = await signingKey('k1', 'RS256');
  second.keys = [other.publicJwk];
  const verifier = new TokenVerifier([trusted(), { ...trusted(), issuer: second.url }], clock);
  expect((await verifier.verify(await issuer.sign(key, claims()))).kind).toBe('ok');
  expect(await verifier.verify(await second.sign(other, claims({ iss: second.url })))).toMatchObject({ kind: 'ok', principal: { issuer: second.url } });
  expect((await verifier.verify(await second.sign(other, claims()))).kind).toBe('invalid');
  await second.stop();
});

describe('opaque tokens', () => {
  const introspection = { clientId: 'api:1', clientSecret: 'p w', tokens: 'opaque', missingAudience: 'refuse' } as const;
  const opaque = (more: Partial<NonNullable<TrustedIssuer['introspection']>> = {}): TokenVerifier =>
    new TokenVerifier([trusted({ introspection: { ...introspection, ...more } })], clock);
  const active = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    active: true,
    scope: 'metrics:read',
    client_id: 'm',
    aud: AUD,
    exp: Math.floor(now / 1000) + 300,
    ...more,
  });
  const asked = (): number => issuer.requests.filter((r) => r === '/introspect').length;

  test('are asked about with our client, form-encoded', async () => {
    let seen: { authorization: string | undefined; body: string } | null = null;
    issuer.handlers.set('/introspect', (req, res, body) => {
      seen = { authorization: req.headers.authorization, body };
      json(200, active())(req, res, body);
    });
    expect(await opaque().verify('tok~1')).toMatchObject({ kind: 'ok', principal: { subject: 'm', clientId: 'm', issuer: issuer.url } });
    expect(seen).toEqual({ authorization: `Basic ${Buffer.from('api%3A1:p+w').toString('base64')}`, body: 'token=tok%7E1&token_type_hint=access_token' });
  });

  test('an answer is kept 30 s, never past exp', async () => {
    issuer.handlers.set('/introspect', json(200, active({ exp: Math.floor(now / 1000) + 10 })));
    const verifier = opaque();
    await Promise.all([verifier.verify('t'), verifier.verify('t')]);
    now += 9_000;
    expect((await verifier.verify('t')).kind).toBe('ok');
    expect(asked()).toBe(1);
    now += 2_000;
    expect((await verifier.verify('t')).kind).toBe('invalid');
    expect(asked()).toBe(2);
  });

  test('a revoked token is noticed within 30 s', async () => {
    issuer.handlers.set('/introspect', json(200, active()));
    const verifier = opaque();
    expect((await verifier.verify('t')).kind).toBe('ok');
    issuer.handlers.set('/introspect', json(200, { active: false }));
    now += 30_001;
    expect((await verifier.verify('t')).kind).toBe('invalid');
  });

  test.each([
    ['inactive', { active: false }],
    ['another issuer', active0({ iss: 'https://x.test' })],
    ['another audience', active0({ aud: 'other' })],
    ['no audience', active0({ aud: undefined })],
    ['expired', active0({ exp: 1 })],
    ['a DPoP token', active0({ token_type: 'DPoP' })],
    ['bound', active0({ cnf: { jkt: 'x' } })],
    ['a refresh token', active0({ typ: 'Refresh' })],
  ])('%s is refused', async (_, body) => {
    issuer.handlers.set('/introspect', json(200, body));
    expect((await opaque().verify('t')).kind).toBe('invalid');
  });

  test('a missing audience is taken only where the rule says so', async () => {
    issuer.handlers.set('/introspect', json(200, active({ aud: undefined })));
    expect((await opaque({ missingAudience: 'accept' }).verify('t')).kind).toBe('ok');
    issuer.handlers.set('/introspect', json(200, active({ aud: 'other' })));
    expect((await opaque({ missingAudience: 'accept' }).verify('t')).kind).toBe('invalid');
  });

  test.each([
    ['500', html(500)],
    ['403 in HTML', html(403)],
    ['401', json(401, { error: 'invalid_client' })],
    ['HTML with 200', html(200)],
    ['active as text', json(200, { active: 'true' })],
  ])('%s leaves the token undecided, and is not kept', async (_, handler) => {
    issuer.handlers.set('/introspect', handler);
    const verifier = opaque();
    expect((await verifier.verify('t')).kind).toBe('unavailable');
    issuer.handlers.set('/introspect', json(200, active()));
    expect((await verifier.verify('t')).kind).toBe('ok');
  });

  test('JWTs of an issuer set to always are asked about too', async () => {
    issuer.handlers.set('/introspect', json(200, { active: false }));
    expect((await opaque({ tokens: 'always' }).verify(await issuer.sign(key, claims()))).kind).toBe('invalid');
    expect((await opaque().verify(await issuer.sign(key, claims()))).kind).toBe('ok');
  });
});

/** For tables, which are built before `now` is set: the clock of the tests starts there. */
function active0(more: Record<string, unknown>): Record<string, unknown> {
  return { active: true, scope: 'metrics:read', client_id: 'm', aud: AUD, exp: Date.UTC(2026, 10, 22) / 1000 + 300, ...more };
}

afterAll(() => undefined);
