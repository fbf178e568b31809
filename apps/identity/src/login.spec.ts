import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { EXIT, run } from './cli/program.ts';
import { ClientsFile } from './clients.ts';
import { loadKeys } from './keys.ts';
import { Consents } from './login/consents.ts';
import { Interactions } from './login/interactions.ts';
import { hashPassword, parsePassword, PasswordCheck } from './login/password.ts';
import { LoginThrottle } from './login/throttle.ts';
import { createProvider } from './provider.ts';
import { issuerOf } from './serve.ts';
import { close, createIdentityServer, listen } from './server.ts';
import { Browser, type Page } from './testing/browser.ts';
import { parseUsers, UsersFile } from './users.ts';

const AUDIENCE = 'http://127.0.0.1:8470';
const SECRET = 'a-secret-of-the-test-0123456789';
const PASSWORD = 'correct horse battery';
const BACK = 'http://127.0.0.1:9/bff/callback';

let dir: string;
let store: StateStore;
let server: Server;
let issuer: string;
let browser: Browser;
/** The least that a users file may have: what is tested here is who comes in, not how long guessing takes. */
const CHEAP = { N: 16_384, r: 1, p: 1 };
let stored: { full: string; other: string };
/** a test may have the real cost */
let check = new PasswordCheck(CHEAP);
let now = Date.now();

const users = () => [
  { name: 'ada', password: stored.full },
  { name: 'bob', password: stored.full, scopes: ['metrics:read'], services: ['shop', 'mail'] },
  { name: 'nix', password: stored.full, scopes: [] },
];
const clients = () => [
  { client_id: 'dash', name: 'The <b>dashboard</b>', client_secret: SECRET, redirect_uris: [BACK], scopes: ['metrics:read', 'events:read'] },
  { client_id: 'narrow', client_secret: SECRET, redirect_uris: ['http://127.0.0.1:9/other'], services: ['mail', 'pay'] },
  { client_id: 'machine', client_secret: SECRET },
];
const writeUsers = (list: object[]) => writeFileSync(join(dir, 'users.json'), JSON.stringify({ users: list }), { mode: 0o600 });
const writeClients = (list: object[]) => writeFileSync(join(dir, 'clients.json'), JSON.stringify({ clients: list }), { mode: 0o600 });

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((ok) => probe.once('listening', ok));
  const { port } = probe.address() as AddressInfo;
  await new Promise((ok) => probe.close(ok));
  return port;
}

async function start(): Promise<void> {
  store = await openStateStore({ kind: 'embedded', path: join(dir, 'identity.db') });
  const keys = await loadKeys(join(dir, 'keys'));
  const clientsFile = new ClientsFile(join(dir, 'clients.json'));
  const usersFile = new UsersFile(join(dir, 'users.json'));
  const provider = createProvider({ issuer, audience: AUDIENCE, accessTokenTtlS: 600, login: { users: usersFile } }, keys, store, clientsFile);
  provider.on('server_error', (_ctx, error: Error) => console.error(error));
  const interactions = new Interactions({
    provider,
    issuer,
    audience: AUDIENCE,
    clients: clientsFile,
    users: usersFile,
    passwords: { matches: (password, entry) => check.matches(password, entry) },
    throttle: new LoginThrottle(store, { perPerson: 5, perAddress: 20, windowMs: 60_000 }, () => now),
    consents: new Consents(store, AUDIENCE),
    secret: keys.cookies[0] as string,
  });
  server = createIdentityServer(provider, store, { interactions, onError: (error) => console.error(error) });
  await listen(server, '127.0.0.1', Number(new URL(issuer).port));
}
async function stop(): Promise<void> {
  await close(server);
  await store.end();
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'headwater-login-'));
  stored = { full: await hashPassword(PASSWORD, CHEAP), other: await hashPassword('another password', CHEAP) };
  writeUsers(users());
  writeClients(clients());
  issuer = `http://127.0.0.1:${await freePort()}`;
  await start();
});
afterAll(async () => {
  await stop();
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  browser = new Browser();
  // Other tests' tries are a window ago.
  now += 120_000;
  writeUsers(users());
  writeClients(clients());
});

interface Flow {
  verifier: string;
  client: string;
  redirect: string;
  url: string;
}
function flow(more: Record<string, string | undefined> = {}, client = 'dash'): Flow {
  const verifier = randomBytes(32).toString('base64url');
  const redirect = client === 'narrow' ? 'http://127.0.0.1:9/other' : BACK;
  const params: Record<string, string | undefined> = {
    client_id: client,
    redirect_uri: redirect,
    response_type: 'code',
    scope: 'openid metrics:read events:read fleet:read policy:write',
    state: 'st-1',
    nonce: 'no-1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  };
  const query = new URLSearchParams(Object.entries(params).filter((e): e is [string, string] => e[1] !== undefined));
  return { verifier, client, redirect, url: `${issuer}/auth?${query.toString()}` };
}
const atClient = (url: URL): boolean => url.port === '9';
const begin = (f: Flow): Promise<Page> => browser.go(f.url, { stopAt: atClient });
const signIn = (page: Page, username = 'ada', password = PASSWORD): Promise<Page> => browser.submit(page, { username, password }, { stopAt: atClient });
const decide = (page: Page, decision = 'allow'): Promise<Page> => browser.submit(page, { decision }, { stopAt: atClient });
const answer = (page: Page): URLSearchParams => new URL(page.headers.location as string).searchParams;

async function post(path: string, client: string, body: Record<string, string>): Promise<{ status: number; body: Record<string, string> }> {
  const response = await fetch(issuer + path, { method: 'POST', headers: { authorization: `Basic ${btoa(`${client}:${SECRET}`)}` }, body: new URLSearchParams(body) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, string>) };
}
const redeem = (f: Flow, page: Page, more: Record<string, string> = {}) =>
  post('/token', f.client, { grant_type: 'authorization_code', code: answer(page).get('code') ?? '', redirect_uri: f.redirect, code_verifier: f.verifier, ...more });
const refresh = (token: string | undefined, client = 'dash') => post('/token', client, { grant_type: 'refresh_token', refresh_token: token ?? '' });

/** The consent is remembered over sign-ins, so its page may come or not. */
async function whole(f = flow(), username = 'ada'): Promise<Record<string, string>> {
  let page = await signIn(await begin(f), username);
  if (page.text.includes('value="allow"')) page = await decide(page);
  const reply = await redeem(f, page);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body;
}
const claims = async (token: string | undefined) =>
  (await jwtVerify(token ?? '', createRemoteJWKSet(new URL(`${issuer}/jwks`)), { issuer, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] })).payload;

describe('signing in', () => {
  test('login page, consent page, code, tokens; the pages are strict and say who asks for what', async () => {
    const f = flow();
    const login = await begin(f);
    expect(login.status).toBe(200);
    expect(login.text).toContain('<h1>Sign in</h1>');
    expect(login.text).toContain('to go on to The &lt;b&gt;dashboard&lt;/b&gt;');
    expect(login.text).not.toContain('<script');
    expect(login.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/127\.0\.0\.1:9; frame-ancestors 'none'/);
    expect(login.headers['cache-control']).toBe('no-store');
    const style = /<style>([^]*?)<\/style>/.exec(login.text)?.[1] ?? '';
    expect(login.headers['content-security-policy']).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    const cookies = [...browser.jar.values()];
    expect(cookies.length).toBeGreaterThan(0);
    for (const c of cookies) expect(c.attributes.toLowerCase()).toMatch(/samesite=lax.*httponly|httponly.*samesite=lax/);

    const consent = await signIn(login);
    expect(consent.status).toBe(200);
    expect(consent.text).toContain('<strong>ada</strong>');
    expect(consent.text).toContain('http://127.0.0.1:9');
    expect(consent.text).toContain(AUDIENCE);
    expect(consent.text).toContain('see services, request patterns, failures, latency and header counts');
    // asked for, but not the client's to have
    expect(consent.text).not.toContain('change what is captured');
    const back = await decide(consent);
    expect(back.headers.location).toMatch(/^http:\/\/127\.0\.0\.1:9\/bff\/callback\?/);
    expect(answer(back).get('state')).toBe('st-1');
    expect(answer(back).get('iss')).toBe(issuer);

    const { body } = await redeem(f, back);
    expect(body['scope']?.split(' ').sort()).toEqual(['events:read', 'metrics:read']);
    expect(await claims(body['access_token'])).toMatchObject({ sub: 'ada', client_id: 'dash' });
    const id = decodeJwt(body['id_token'] as string);
    expect(id).toMatchObject({ iss: issuer, aud: 'dash', sub: 'ada', preferred_username: 'ada', nonce: 'no-1' });
  });

  test('a second sign-in at the same browser needs no page; at another browser no second consent', async () => {
    await whole();
    const again = flow();
    const straight = await begin(again);
    expect((await redeem(again, straight)).status).toBe(200);
    browser = new Browser();
    const f = flow();
    const back = await signIn(await begin(f));
    expect(answer(back).get('code')).toBeTruthy();
  });

  test('what was not allowed before is asked for', async () => {
    writeUsers([{ name: 'eve', password: stored.full, scopes: ['metrics:read'] }]);
    await whole(flow(), 'eve');
    writeUsers([{ name: 'eve', password: stored.full, scopes: ['metrics:read', 'events:read'] }]);
    const page = await begin(flow());
    expect(page.text).toContain('see single exchanges');
  });

  test('denied: the application is told so, and nothing is remembered', async () => {
    writeUsers([{ name: 'dan', password: stored.full }]);
    const back = await decide(await signIn(await begin(flow()), 'dan'), 'deny');
    expect(answer(back).get('error')).toBe('access_denied');
    expect(answer(back).get('iss')).toBe(issuer);
    expect((await begin(flow())).text).toContain('value="allow"');
  });

  test('rights are what was asked AND the client may AND the person may', async () => {
    expect((await whole(flow(), 'bob'))['scope']).toBe('metrics:read');
    browser = new Browser();
    const narrow = await claims((await whole(flow({}, 'narrow'), 'bob'))['access_token']);
    expect(narrow['services']).toEqual(['mail']);
    browser = new Browser();
    expect((await claims((await whole(flow({}, 'narrow'), 'ada'))['access_token']))['services']).toEqual(['mail', 'pay']);
    browser = new Browser();
    const f = flow();
    const page = await signIn(await begin(f), 'nix');
    const { body } = await redeem(f, page.text.includes('value="allow"') ? await decide(page) : page);
    expect(body['scope'] ?? '').toBe('');
  });

  test('rights taken away later are gone at the next refresh', async () => {
    const { refresh_token: token } = await whole();
    writeUsers([{ ...users()[0], scopes: ['events:read'], services: ['shop'] } as object]);
    const { body } = await refresh(token);
    expect(body['scope']).toBe('events:read');
    expect((await claims(body['access_token']))['services']).toEqual(['shop']);
  });

  test('somebody else signs in at the same browser: the first one is out', async () => {
    const { refresh_token: token } = await whole();
    const f = flow({ prompt: 'login' });
    const page = await signIn(await begin(f), 'bob');
    const { body } = await redeem(f, page.text.includes('value="allow"') ? await decide(page) : page);
    expect((await claims(body['access_token'])).sub).toBe('bob');
    expect((await refresh(token)).body['error']).toBe('invalid_grant');
  });
});

describe('wrong passwords', () => {
  test('one sentence for an unknown name and a wrong password, in about the same time', async () => {
    const real = await hashPassword(PASSWORD);
    writeUsers([
      { name: 'ada', password: real },
      { name: 'bob', password: real },
    ]);
    check = new PasswordCheck();
    const time = async (name: string): Promise<{ text: string; status: number; ms: number }> => {
      browser = new Browser();
      const page = await begin(flow());
      const from = performance.now();
      const reply = await signIn(page, name, 'not the password');
      return { text: /role="alert">([^<]+)/.exec(reply.text)?.[1] ?? '', status: reply.status, ms: performance.now() - from };
    };
    await time('ada');
    let known = await time('bob');
    let unknown = await time('nobody-here');
    // The quicker of some tries each: on a busy machine one alone says little.
    for (let i = 0; i < 2; i += 1) {
      const [k, u] = [await time('bob'), await time('nobody-here')];
      if (k.ms < known.ms) known = k;
      if (u.ms < unknown.ms) unknown = u;
    }
    expect(known.text).toBe('The user name or the password is not right.');
    expect([unknown.text, unknown.status]).toEqual([known.text, known.status]);
    expect(Math.max(known.ms, unknown.ms) / Math.min(known.ms, unknown.ms)).toBeLessThan(3);
    check = new PasswordCheck(CHEAP);
  });

  test('after five tries the sixth waits, also with the right password; others do not; later it works', async () => {
    let page = await begin(flow());
    for (let i = 0; i < 5; i += 1) page = await signIn(page, 'ada', `wrong ${i}`);
    const sixth = await signIn(page, 'ada');
    expect(sixth.status).toBe(429);
    expect(Number(sixth.headers['retry-after'])).toBeGreaterThan(30);
    expect(sixth.text).toMatch(/Too many tries\. Wait a minute, then try again\./);
    expect((await signIn(sixth, 'bob')).status).not.toBe(429);
    browser = new Browser();
    now += 61_000;
    const later = await signIn(await begin(flow()), 'ada');
    expect(later.status).toBeLessThan(400);
  });

  test('tries at once are bounded like tries in turn', async () => {
    const page = await begin(flow());
    const action = /action="([^"]+)"/.exec(page.text)?.[1] as string;
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] as string;
    const tries = await Promise.all(Array.from({ length: 12 }, (_, i) => browser.once(issuer + action, { form: { csrf, username: 'ada', password: `wrong ${i}` } })));
    expect(tries.filter((t) => t.status === 403)).toHaveLength(5);
    expect(tries.filter((t) => t.status === 429)).toHaveLength(7);
  });

  test('one address cannot try many names without end', async () => {
    let page = await begin(flow());
    const statuses: number[] = [];
    for (let i = 0; i < 22; i += 1) statuses.push((page = await signIn(page, `user${i}`, 'x')).status);
    expect(statuses.slice(20)).toEqual([429, 429]);
  }, 30_000);
});

describe('the form takes only what our page sends', () => {
  test.each([
    ['without the token', { csrf: '' }, {}],
    ['with another token', { csrf: 'a'.repeat(43) }, {}],
    ['from another origin', {}, { origin: 'https://evil.test' }],
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }],
  ])('%s', async (_, fields, headers) => {
    const page = await begin(flow());
    const reply = await browser.submit(page, { username: 'ada', password: PASSWORD, ...fields }, { headers: headers as Record<string, string> });
    expect(reply.status).toBe(403);
    expect(reply.text).toContain('does not come from our own page');
  });

  test("another browser's page, and a page without its cookie", async () => {
    const page = await begin(flow());
    browser = new Browser();
    const reply = await signIn(page);
    expect([reply.status, reply.text.includes('This sign-in is over')]).toEqual([400, true]);
    await begin(flow());
    expect((await signIn(page)).status).toBe(400);
  });

  test('a consent cannot be sent before the sign-in', async () => {
    const page = await begin(flow());
    const skip = { ...page, text: page.text.replace('/login"', '/consent"') };
    expect((await decide(skip)).text).toContain('<h1>Sign in</h1>');
  });
});

describe('what a wrong request gets', () => {
  test.each([
    ['another redirect_uri', { redirect_uri: 'http://127.0.0.1:9/bff/callback/x' }, 'Wrong way back'],
    ['a redirect_uri elsewhere', { redirect_uri: 'https://evil.test/' }, 'Wrong way back'],
    ['an unknown client', { client_id: 'nobody' }, 'Unknown application'],
    ['no client', { client_id: undefined }, '<h1>'],
  ])('%s: a sentence here, never a redirect', async (_, more, words) => {
    const page = await begin(flow(more as Record<string, string>));
    expect(page.status).toBe(400);
    expect(page.headers.location).toBeUndefined();
    expect(page.text).toContain(words);
    expect(page.text).not.toContain('oops');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });
  test.each([
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['implicit', { response_type: 'token' }, 'unsupported_response_type'],
  ])('%s: refused to the application', async (_, more, error) => {
    const page = await begin(flow(more as Record<string, string>));
    expect(page.headers.location).toContain(`error=${error}`);
  });
  test('a client without redirect_uris cannot send people here; one with them has no tokens of its own', async () => {
    expect((await begin(flow({ client_id: 'machine' }))).status).toBe(400);
    expect((await post('/token', 'dash', { grant_type: 'client_credentials' })).status).toBe(400);
    expect((await post('/token', 'machine', { grant_type: 'client_credentials' })).status).toBe(200);
  });
  test('a Host header of somebody else is nowhere in the answer', async () => {
    const page = await browser.once(flow().url, { headers: { host: 'evil.test', 'x-forwarded-host': 'evil.test' } });
    expect(JSON.stringify(page.headers)).not.toContain('evil');
    expect(page.status).toBe(303);
  });
});

describe('codes and refresh tokens', () => {
  test('a code works once; a second use ends what the first gave', async () => {
    const f = flow();
    let page = await signIn(await begin(f));
    if (page.text.includes('value="allow"')) page = await decide(page);
    const first = await redeem(f, page);
    expect(first.status).toBe(200);
    expect((await redeem(f, page)).body['error']).toBe('invalid_grant');
    expect((await refresh(first.body['refresh_token'])).body['error']).toBe('invalid_grant');
  });
  test.each([
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['another redirect_uri', { redirect_uri: 'http://127.0.0.1:9/x' }],
  ])('a code with %s is nothing', async (_, more) => {
    const f = flow();
    let page = await signIn(await begin(f));
    if (page.text.includes('value="allow"')) page = await decide(page);
    expect((await redeem(f, page, more as Record<string, string>)).body['error']).toBe('invalid_grant');
  });
  test('a refresh token is another each time; an old one ends the newest', async () => {
    const { refresh_token: one } = await whole();
    const two = (await refresh(one)).body['refresh_token'];
    expect(two).toBeTruthy();
    expect(two).not.toBe(one);
    const three = (await refresh(two)).body['refresh_token'];
    expect((await refresh(one)).body['error']).toBe('invalid_grant');
    expect((await refresh(three)).body['error']).toBe('invalid_grant');
  });
  test('of another client is nothing', async () => {
    const { refresh_token: one } = await whole();
    expect((await refresh(one, 'narrow')).status).toBe(400);
  });
  test('outlive a restart of the server', async () => {
    const { refresh_token: one } = await whole();
    await stop();
    await start();
    expect((await refresh(one)).status).toBe(200);
  });
});

describe('what ends a session', () => {
  test('the client is removed', async () => {
    const { refresh_token: one } = await whole();
    writeClients(clients().slice(1));
    expect((await refresh(one)).body['error']).toBe('invalid_client');
  });
  test('the user is removed; by the same name again does not bring it back', async () => {
    const { refresh_token: one } = await whole();
    writeUsers(users().slice(1));
    expect((await refresh(one)).body['error']).toBe('invalid_grant');
    const login = await begin(flow());
    expect(login.text).toContain('<h1>Sign in</h1>');
    writeUsers([{ name: 'ada', password: stored.other }]);
    expect((await refresh(one)).body['error']).toBe('invalid_grant');
    const page = await signIn(await begin(flow()), 'ada', 'another password');
    expect(page.status).toBeLessThan(400);
    expect((await refresh(one)).body['error']).toBe('invalid_grant');
  });
  test('a new password', async () => {
    const { refresh_token: one } = await whole();
    writeUsers([{ name: 'ada', password: stored.other }]);
    expect((await refresh(one)).body['error']).toBe('invalid_grant');
    const page = await begin(flow());
    expect(page.text).toContain('<h1>Sign in</h1>');
    const f = flow();
    const back = await signIn(await begin(f), 'ada', 'another password');
    expect((await redeem(f, back)).status).toBe(200);
  });
  test('the application gives up its refresh token: the session at this server goes too, and its end needs no page', async () => {
    const { refresh_token: one } = await whole();
    expect((await post('/token/revocation', 'narrow', { token: one as string })).status).toBe(200);
    const { refresh_token: two } = (await refresh(one)).body;
    expect((await post('/token/revocation', 'dash', { token: two as string })).status).toBe(200);
    expect((await refresh(two)).status).toBe(400);
    const end = await browser.go(`${issuer}/session/end?client_id=dash&post_logout_redirect_uri=${encodeURIComponent('http://127.0.0.1:9/')}&state=x`, { stopAt: atClient });
    expect(end.headers.location).toBe('http://127.0.0.1:9/?state=x');
    expect((await begin(flow())).text).toContain('<h1>Sign in</h1>');
  });
  test('signing out at this server: asked, then everything begun here ends', async () => {
    const { refresh_token: one } = await whole();
    const page = await browser.go(`${issuer}/session/end?client_id=dash&post_logout_redirect_uri=${encodeURIComponent('http://127.0.0.1:9/')}`);
    expect(page.text).toContain('<h1>Sign out?</h1>');
    expect((await refresh(one)).status).toBe(200);
    const out = await browser.submit(page, { logout: 'yes' }, { stopAt: atClient });
    expect(out.headers.location).toBe('http://127.0.0.1:9/');
    expect((await begin(flow())).text).toContain('<h1>Sign in</h1>');
  });
  test('signing out leads only where the client registered', async () => {
    const page = await browser.go(`${issuer}/session/end?client_id=dash&post_logout_redirect_uri=${encodeURIComponent('https://evil.test/')}`);
    expect([page.status, page.headers.location]).toEqual([400, undefined]);
  });
});

describe('metadata', () => {
  test('names what is served', async () => {
    const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>;
    expect(metadata).toMatchObject({
      authorization_endpoint: `${issuer}/auth`,
      end_session_endpoint: `${issuer}/session/end`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
  });
});

describe('headwater-identity', () => {
  let out = '';
  const cli = async (...argv: string[]): Promise<number> => {
    out = '';
    return run(argv, {}, { out: (t) => (out += t), err: (t) => (out += t) });
  };
  const file = (): string => join(dir, 'made.json');

  test('add-user makes the file, private, and a password that works; list, replace, remove', async () => {
    expect(await cli('add-user', 'carl', '--users-file', file(), '--scopes', 'metrics:read,events:read', '--services', 'shop')).toBe(EXIT.ok);
    const password = /once: (\S+)/.exec(out)?.[1] as string;
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const entry = parseUsers('f', JSON.parse(readFileSync(file(), 'utf8'))).get('carl');
    expect(entry).toMatchObject({ scopes: ['metrics:read', 'events:read'], services: ['shop'] });
    expect(readFileSync(file(), 'utf8')).not.toContain(password);
    expect(await new PasswordCheck().matches(password, entry?.password)).toBe(true);
    expect(await new PasswordCheck().matches(`${password}x`, entry?.password)).toBe(false);
    expect(await cli('add-user', 'carl', '--users-file', file())).toBe(EXIT.refused);
    expect(out).toContain('--replace');
    expect(await cli('add-user', 'carl', '--users-file', file(), '--replace')).toBe(EXIT.ok);
    expect(await cli('list', '--users-file', file())).toBe(EXIT.ok);
    expect(out).toContain('carl  all scopes of the client; all services');
    expect(await cli('remove-user', 'carl', '--users-file', file())).toBe(EXIT.ok);
    expect(await cli('remove-user', 'carl', '--users-file', file())).toBe(EXIT.refused);
  });
  test('a password from a file; add-client with redirect URIs; both at once lose nothing', async () => {
    writeFileSync(join(dir, 'pw'), 'from the file\n');
    await Promise.all(['u1', 'u2', 'u3'].map((u) => cli('add-user', u, '--users-file', file(), '--password-file', join(dir, 'pw'))));
    const users = parseUsers('f', JSON.parse(readFileSync(file(), 'utf8')));
    expect([...users.keys()].sort()).toEqual(['u1', 'u2', 'u3']);
    expect(await new PasswordCheck().matches('from the file', users.get('u1')?.password)).toBe(true);
    const made = join(dir, 'made-clients.json');
    expect(await cli('add-client', 'web', '--clients-file', made, '--redirect-uri', 'https://a.test/cb', '--redirect-uri', 'https://b.test/cb', '--name', 'Web')).toBe(EXIT.ok);
    const clients = new ClientsFile(made).get('web');
    expect(clients).toMatchObject({ redirect_uris: ['https://a.test/cb', 'https://b.test/cb'], name: 'Web' });
    const secret = /once: (\S+)/.exec(out)?.[1] as string;
    expect(clients?.client_secret).toBe(`sha256:${createHash('sha256').update(secret).digest('hex')}`);
  });
  test.each([
    [['add-user', 'a b', '--users-file', 'x'], /user name/],
    [['add-user', 'a'], /which file/],
    [['add-user', 'a', '--users-file', '/nowhere/at/all/u.json'], /cannot be written/],
    [['add-user', 'a', '--users-file', 'x', '--scopes', 'nothing'], /--scopes: "nothing"/],
    [['add-user', 'a', '--users-file', 'x', '--password-file', '/nowhere'], /--password-file: \/nowhere cannot be read/],
    [['remove-client', 'a', '--clients-file', '/nowhere'], /is not there/],
  ])('%j is refused with the fix', async (argv, message) => {
    expect(await cli(...argv)).toBe(EXIT.refused);
    expect(out).toMatch(message);
  });
  test('a redirect URI in plain http elsewhere, and a file others may read', async () => {
    const made = join(dir, 'x-clients.json');
    expect(await cli('add-client', 'web', '--clients-file', made, '--redirect-uri', 'http://a.test/cb')).toBe(EXIT.refused);
    expect(out).toContain('use https');
    writeFileSync(made, '{"clients":[]}', { mode: 0o644 });
    expect(await cli('add-client', 'web', '--clients-file', made)).toBe(EXIT.refused);
    expect(out).toContain('chmod 600');
  });
});

test.each([
  '',
  'scrypt:1024:8:1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA',
  'scrypt:32769:8:1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA',
  'scrypt:1048576:32:1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA',
  'plain',
])('password "%s" in the file is refused', (text) => expect(parsePassword(text)).toBeNull());

describe('how it listens', () => {
  const tls = { cert_file: 'c', key_file: 'k' };
  test.each([
    [{ host: '0.0.0.0', port: 1, users_file: 'u' }, /users_file: .* issuer http:\/\/0\.0\.0\.0:1 is not; give tls/],
    [{ host: '0.0.0.0', port: 1, issuer: 'http://127.0.0.1:1', users_file: 'u' }, /host 0\.0\.0\.0 is not/],
    [{ host: '127.0.0.1', port: 1, issuer: 'http://login.test', users_file: 'u' }, /issuer http:\/\/login\.test is not/],
    [{ host: '127.0.0.1', port: 1, issuer: 'http://127.0.0.1:1', tls }, /begin it with https/],
    [{ host: '127.0.0.1', port: 0 }, /port: 0/],
  ])('%j is refused', (config, message) => expect(() => issuerOf(config)).toThrow(message));
  test.each([
    [{ host: '127.0.0.1', port: 1, users_file: 'u' }, 'http://127.0.0.1:1'],
    [{ host: '::1', port: 1, users_file: 'u' }, 'http://[::1]:1'],
    [{ host: '0.0.0.0', port: 1, issuer: 'https://login.test/', users_file: 'u' }, 'https://login.test'],
    [{ host: '127.0.0.1', port: 1, tls, users_file: 'u' }, 'https://127.0.0.1:1'],
    [{ host: '0.0.0.0', port: 1, issuer: 'http://10.0.0.1:1' }, 'http://10.0.0.1:1'],
  ])('%j is %s', (config, issuer) => expect(issuerOf(config)).toBe(issuer));
});
