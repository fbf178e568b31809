import { createSecretKey } from 'node:crypto';
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUDIENCE, rawGet, World, type Reply } from '../testing/world.ts';
import { signingKey } from '../testing/issuer.ts';

let w: World;
beforeAll(async () => void (w = await World.start()));
afterAll(() => w.stop());

const PATH = '/v1/services';
const seconds = (): number => Math.floor(w.now / 1000);
const without = (...names: string[]): Record<string, unknown> => Object.fromEntries(Object.entries(w.claims()).filter(([k]) => !names.includes(k)));
const flip = (token: string, part: number): string => {
  const parts = token.split('.');
  const text = parts[part] as string;
  parts[part] = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
  return parts.join('.');
};

test('a sound token is taken', async () => {
  const reply = await w.get(PATH);
  expect(reply.status, reply.text).toBe(200);
});

test('application/at+jwt is the same type; the audience may be one of several; the order of scopes does not matter', async () => {
  const token = await w.issuer.sign(w.key, w.claims({ aud: ['other', AUDIENCE], scope: 'openid fleet:read metrics:read profile' }), { typ: 'application/AT+JWT' });
  expect((await w.get(PATH, { token })).status).toBe(200);
});

/** name, token, and a word that the description must have */
const BAD: [string, () => Promise<string> | string, RegExp][] = [
  ['alg none', () => new UnsecuredJWT(w.claims()).encode().replace(/^[^.]+/, Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')) + 'x', /algorithm|read/],
  [
    'alg none without a signature',
    () => `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${Buffer.from(JSON.stringify(w.claims())).toString('base64url')}.`,
    /algorithm|read/,
  ],
  [
    'HS256 with the public key as the secret (JWK text)',
    () => new SignJWT(w.claims()).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' }).sign(createSecretKey(Buffer.from(JSON.stringify(w.key.publicJwk)))),
    /algorithm/,
  ],
  [
    'HS256 with the public key as the secret (PEM)',
    async () => {
      const pem = await exportSPKI((await importJWK(w.key.publicJwk, 'ES256', { extractable: true })) as never);
      return new SignJWT(w.claims()).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' }).sign(createSecretKey(Buffer.from(pem)));
    },
    /algorithm/,
  ],
  ['an algorithm outside the list (PS256)', async () => w.issuer.sign(await signingKey('k1', 'PS256'), w.claims()), /algorithm/],
  ["a stranger's key under a known kid", async () => w.issuer.sign(await signingKey('k1', 'ES256'), w.claims()), /signature/],
  ['an unknown kid', async () => w.issuer.sign(await signingKey('nobody', 'ES256'), w.claims()), /no key/],
  [
    'a key carried in the header',
    async () => {
      const mine = await signingKey('mine', 'ES256');
      return w.issuer.sign(mine, w.claims(), { jwk: mine.publicJwk });
    },
    /no key/,
  ],
  ['a jku of its own', async () => w.issuer.sign(await signingKey('mine', 'ES256'), w.claims(), { jku: `${w.issuer.url}/evil` }), /no key/],
  ['a flipped signature', async () => flip(await w.token(), 2), /signature/],
  ['changed claims', async () => flip(await w.token(), 1), /signature|read|iss/],
  ['another issuer', () => w.issuer.sign(w.key, w.claims({ iss: 'https://elsewhere.test' })), /iss/],
  ['our issuer with a slash', () => w.issuer.sign(w.key, w.claims({ iss: `${w.issuer.url}/` })), /iss/],
  ['no issuer', () => w.issuer.sign(w.key, without('iss')), /iss/],
  ['another audience', () => w.issuer.sign(w.key, w.claims({ aud: 'https://other.test' })), /aud/],
  ['an audience that only begins as ours', () => w.issuer.sign(w.key, w.claims({ aud: `${AUDIENCE}.evil` })), /aud/],
  ['no audience', () => w.issuer.sign(w.key, without('aud')), /aud/],
  ['an empty audience list', () => w.issuer.sign(w.key, w.claims({ aud: [] })), /aud/],
  ['typ JWT', () => w.issuer.sign(w.key, w.claims(), { typ: 'JWT' }), /typ/],
  ['no typ', async () => new SignJWT(w.claims()).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(w.key.privateKey), /typ/],
  ['an ID token by header and audience', () => w.issuer.sign(w.key, w.claims({ aud: 'dashboard', nonce: 'n', at_hash: 'h' }), { typ: 'JWT' }), /typ|aud/],
  ['an ID token by its own word', () => w.issuer.sign(w.key, w.claims({ typ: 'ID' })), /ID/],
  ['a refresh token by its own word', () => w.issuer.sign(w.key, w.claims({ typ: 'Refresh' })), /Refresh/],
  ['expired', () => w.issuer.sign(w.key, w.claims({ exp: seconds() - 6 })), /expired/],
  ['nbf ahead', () => w.issuer.sign(w.key, w.claims({ nbf: seconds() + 60 })), /nbf/],
  ['iat ahead', () => w.issuer.sign(w.key, w.claims({ iat: seconds() + 60 })), /iat/],
  ['exp as text', () => w.issuer.sign(w.key, w.claims({ exp: 'tomorrow' })), /exp/],
  ...['exp', 'iat', 'sub', 'jti', 'client_id'].map((claim): [string, () => Promise<string>, RegExp] => [
    `no ${claim}`,
    () => w.issuer.sign(w.key, without(claim)),
    new RegExp(claim),
  ]),
  ['azp instead of client_id', () => w.issuer.sign(w.key, { ...without('client_id'), azp: 'tester' }), /client_id/],
  ['scope as a list', () => w.issuer.sign(w.key, w.claims({ scope: ['metrics:read'] })), /scope/],
  ['services that are no list', () => w.issuer.sign(w.key, w.claims({ services: 'shop' })), /services/],
  ['bound to a key (DPoP downgrade)', () => w.issuer.sign(w.key, w.claims({ cnf: { jkt: 'x' } })), /cnf/],
  [
    'an unknown critical header',
    async () => new SignJWT(w.claims()).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', crit: ['odd'], odd: true }).sign(w.key.privateKey, { crit: { odd: true } }),
    /read/,
  ],
  ['three dots of garbage', () => 'aaa.bbb.ccc', /read/],
  ['opaque, and no issuer takes opaque ones', () => 'dGhpcyBpcyBvcGFxdWU', /read/],
];

describe('401 invalid_token', () => {
  test.each(BAD)('%s', async (_name, make, word) => {
    const reply = await w.get(PATH, { token: await make() });
    expect(reply.status, reply.text).toBe(401);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect(reply.json).toMatchObject({ type: 'urn:headwater:problem:invalid-token', status: 401 });
    expect(reply.json.detail).toMatch(word);
    const challenge = String(reply.headers['www-authenticate']);
    expect(challenge).toContain('error="invalid_token"');
    expect(challenge).toContain(`resource_metadata="${AUDIENCE}/.well-known/oauth-protected-resource"`);
  });
});

function expectMalformed(reply: Reply): void {
  expect(reply.status, reply.text).toBe(400);
  expect(reply.json.type).toBe('urn:headwater:problem:invalid-request');
  expect(reply.headers['www-authenticate']).toContain('error="invalid_request"');
}

describe('how the token is carried', () => {
  test('no credentials: 401 without an error code', async () => {
    const reply = await rawGet(w.base + PATH, []);
    expect(reply.status).toBe(401);
    expect(reply.json.type).toBe('urn:headwater:problem:unauthorized');
    expect(reply.headers['www-authenticate']).toBe(`Bearer realm="headwater", resource_metadata="${AUDIENCE}/.well-known/oauth-protected-resource"`);
  });
  test('another scheme: as no credentials', async () => {
    const reply = await rawGet(w.base + PATH, ['authorization', 'Basic YTpi']);
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).not.toContain('error=');
  });
  test('the scheme is case-insensitive', async () => {
    expect((await rawGet(w.base + PATH, ['authorization', `bEaReR ${await w.token()}`])).status).toBe(200);
  });
  test('two Authorization headers', async () => {
    const token = await w.token();
    expectMalformed(await rawGet(w.base + PATH, ['authorization', `Bearer ${token}`, 'Authorization', `Bearer ${token}`]));
  });
  test('a token in the query, also beside a good header', async () => {
    const token = await w.token();
    expectMalformed(await rawGet(`${w.base}${PATH}?access_token=${token}`, []));
    expectMalformed(await rawGet(`${w.base}${PATH}?access_token=${token}`, ['authorization', `Bearer ${token}`]));
  });
  test.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer "quoted"', 'Bearer tök'])('%s', async (value) => {
    expectMalformed(await rawGet(w.base + PATH, ['authorization', Buffer.from(value, 'utf8').toString('latin1')]));
  });
  test('an oversized token', async () => {
    expectMalformed(await rawGet(w.base + PATH, ['authorization', `Bearer ${'a'.repeat(13_000)}`]));
  });
});

describe('scopes', () => {
  test('a missing scope is 403 and names it', async () => {
    const reply = await w.get(PATH, { token: await w.token({ scope: 'fleet:read' }) });
    expect(reply.status).toBe(403);
    expect(reply.json.type).toBe('urn:headwater:problem:insufficient-scope');
    expect(reply.headers['www-authenticate']).toContain('error="insufficient_scope"');
    expect(reply.headers['www-authenticate']).toContain('scope="metrics:read"');
  });
  test.each([undefined, '', 'metrics:reader', 'metrics:read,fleet:read'])('scope %s is none', async (scope) => {
    expect((await w.get(PATH, { token: await w.token({ scope }) })).status).toBe(403);
  });
});

test('a refused token is neither in the answer nor in its headers', async () => {
  const token = await w.issuer.sign(w.key, w.claims({ exp: seconds() - 60 }));
  const reply = await w.get(PATH, { token });
  expect(reply.text + JSON.stringify(reply.headers)).not.toContain(token.slice(40, 80));
});
