// A whole sign-in between the real authorization server and the real API, as processes of their own, in both cookie forms.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Browser, Page } from '../testing/browser.ts';
import { ApiConfig, loadConfig } from '@headwater/config';
import { settingsOf } from '../settings.ts';
import { Installation, PASSWORD, SECRET, selfSigned } from '../testing/installation.ts';
import { AppProcess, build, freePort } from '../testing/processes.ts';

beforeAll(() => build('identity', 'api'), 180_000);

describe.each([
  ['https, two sites', true],
  ['http on loopback', false],
])('%s', (_, https) => {
  let it: Installation;
  let browser: Browser;
  beforeAll(async () => void (it = await Installation.start(https)), 60_000);
  afterAll(() => it?.stop());
  beforeEach(() => {
    browser = it.browser();
    it.users([it.person('ada'), it.person('bob', { scopes: ['metrics:read', 'fleet:read'], services: ['shop', 'mail'] })]);
    it.clients([it.dashboardClient]);
  });

  test('sign in, land where one wanted to go, see who one is, read', async () => {
    const page = await it.signIn(browser);
    expect([page.status, page.url]).toEqual([200, `${it.api}/failures?from=now-1h`]);
    expect(page.text).toContain('the dashboard');
    const cookie = browser.cookie(it.sessionCookie);
    expect(cookie?.value).toMatch(/^[\w-]{43}$/);
    expect(cookie?.attributes.split('; ').sort()).toEqual(['HttpOnly', 'Max-Age=43200', 'Path=/', 'SameSite=Strict', ...(https ? ['Secure'] : [])]);
    // the transaction is over, and its cookie gone
    expect([...browser.jar.keys()].filter((k) => k.includes('headwater_login'))).toEqual([]);
    const me = await it.get(browser, '/bff/me');
    expect([me.status, me.json]).toEqual([
      200,
      {
        name: 'ada',
        client: 'headwater-dashboard',
        scopes: ['events:read', 'fleet:read', 'insights:read', 'metrics:read'],
        services: null,
        expires_at: me.json.expires_at,
        standalone: true,
      },
    ]);
    expect(Date.parse(me.json.expires_at) - Date.now()).toBeGreaterThan(43_000_000);
    const read = await it.get(browser, '/v1/services');
    expect([read.status, read.json.data], read.text).toEqual([200, []]);
  });

  test('no token is anywhere a browser sees', async () => {
    await it.signIn(browser);
    const seen = [...browser.visited, ...[...browser.jar.values()].map((c) => c.value)].join('\n');
    expect(seen).not.toMatch(/eyJ/);
    const { tokens } = await it.tamper(browser, (s) => s);
    for (const secret of [tokens.access, tokens.refresh as string]) {
      expect(seen).not.toContain(secret);
      expect(it.server.output + it.identity.output).not.toContain(secret);
    }
  });

  test('nothing in the store opens a session: the id is hashed, the tokens are encrypted, the key is private', async () => {
    await it.signIn(browser);
    const { tokens } = await it.tamper(browser, (s) => s);
    const bytes = ['state.db', 'state.db-wal'].map((f) => readFileSync(join(it.dir, f), 'latin1')).join('');
    expect(bytes).toContain('session/');
    for (const secret of [browser.cookie(it.sessionCookie)?.value as string, tokens.access, tokens.refresh as string]) expect(bytes).not.toContain(secret);
    expect(statSync(join(it.dir, 'session.key')).mode & 0o777).toBe(0o600);
  });

  test('the id is another after each sign-in, and the one before is nothing', async () => {
    await it.signIn(browser);
    const before = browser.cookie(it.sessionCookie)?.value as string;
    await it.signIn(browser);
    const after = browser.cookie(it.sessionCookie)?.value as string;
    expect(after).not.toBe(before);
    expect((await it.browser().once(`${it.api}/bff/me`, { headers: { cookie: `${it.sessionCookie}=${before}` } })).status).toBe(401);
    expect((await it.get(browser, '/bff/me')).status).toBe(200);
  });

  test('rights are those of the person and the client', async () => {
    await it.signIn(browser, 'bob');
    expect((await it.get(browser, '/bff/me')).json).toMatchObject({ name: 'bob', scopes: ['fleet:read', 'metrics:read'], services: ['shop', 'mail'] });
    expect((await it.get(browser, '/v1/fleet/agents')).status).toBe(403);
    it.clients([{ ...it.dashboardClient, services: ['mail', 'pay'], scopes: ['metrics:read', 'events:read'] }]);
    await it.stale(browser);
    expect((await it.get(browser, '/bff/me')).json).toMatchObject({ scopes: ['metrics:read'], services: ['mail'] });
  });

  test('by another name of this machine one goes on by the right one', async () => {
    const { port } = new URL(it.api);
    const page = await browser.once(`${it.api}/bff/login?return_to=/fleet`, { headers: { host: `localhost:${port}` } });
    expect([page.status, page.headers.location]).toEqual([302, `${it.api}/bff/login?return_to=%2Ffleet`]);
  });

  describe('without a session', () => {
    test('nothing is open: 401, and it says where to sign in', async () => {
      const me = await it.get(browser, '/bff/me');
      expect([me.status, me.json.type]).toEqual([401, 'urn:headwater:problem:unauthorized']);
      for (const path of ['/v1/services', '/v1/latency', '/v1/fleet/agents', '/metrics'])
        expect((await it.get(browser, path)).json.type).toBe('urn:headwater:problem:unauthorized');
    });
    test('a made-up id is a session that is over, never one', async () => {
      const cookie = `${it.sessionCookie}=${'A'.repeat(43)}`;
      for (const path of ['/bff/me', '/v1/services']) {
        const reply = await it.get(browser, path, { cookie });
        expect([reply.status, reply.json.type]).toEqual([401, 'urn:headwater:problem:session-expired']);
        expect(reply.json.detail).toContain('sign in again');
      }
    });
    test('the cookie of the other form is none', async () => {
      await it.signIn(browser);
      const value = browser.cookie(it.sessionCookie)?.value;
      const other = https ? 'headwater_session' : '__Host-headwater_session';
      expect((await it.get(it.browser(), '/bff/me', { cookie: `${other}=${value}` })).json.type).toBe('urn:headwater:problem:unauthorized');
    });
    test('an access token still works, and not together with a session', async () => {
      await it.signIn(browser);
      const { tokens } = await it.tamper(browser, (s) => s);
      const authorization = `Bearer ${tokens.access}`;
      expect((await it.get(it.browser(), '/v1/services', { authorization })).status).toBe(200);
      const both = await it.get(browser, '/v1/services', { authorization });
      expect([both.status, both.json.type]).toEqual([400, 'urn:headwater:problem:invalid-request']);
      expect(both.headers['www-authenticate']).toContain('error="invalid_request"');
    });
  });

  describe('attacks on the way', () => {
    /** A sign-in whose authorization request was changed on the way; answers the page at the end. */
    async function changed(change: (url: URL) => void): Promise<{ status: number; text: string }> {
      const there = await browser.go(`${it.api}/bff/login?return_to=/`, { stopAt: (u) => u.pathname === '/auth' });
      const url = new URL(there.headers.location as string);
      change(url);
      let page = await browser.go(url.href);
      if (page.text.includes('name="password"')) page = await browser.submit(page, { username: 'ada', password: PASSWORD });
      if (page.text.includes('value="allow"')) page = await browser.submit(page, { decision: 'allow' });
      return page;
    }
    const nobody = async (): Promise<void> => expect((await it.get(browser, '/bff/me')).json.type).toBe('urn:headwater:problem:unauthorized');

    test('another nonce, another challenge', async () => {
      const nonce = await changed((u) => u.searchParams.set('nonce', 'another'));
      expect([nonce.status, nonce.text.includes('The sign-in did not work')]).toEqual([403, true]);
      await nobody();
      const challenge = await changed((u) => u.searchParams.set('code_challenge', 'A'.repeat(43)));
      expect([challenge.status, challenge.text.includes('The sign-in did not work')]).toEqual([403, true]);
      await nobody();
    });
    test('another state', async () => {
      const page = await changed((u) => u.searchParams.set('state', 'B'.repeat(43)));
      expect([page.status, page.text.includes('This sign-in is over')]).toEqual([400, true]);
      await nobody();
    });
    test('a state that has our cookie but another end', async () => {
      // The cookie is found by the first letters of the state; the whole of it is compared.
      const page = await changed((u) => u.searchParams.set('state', `${(u.searchParams.get('state') as string).slice(0, 12)}${'C'.repeat(31)}`));
      expect([page.status, page.text.includes('The sign-in did not work')]).toEqual([403, true]);
      await nobody();
    });
    test('an answer works once, in its own browser, and not with the code of somebody else', async () => {
      let page = await browser.go(`${it.api}/bff/login`);
      const stopAt = (u: URL): boolean => u.pathname === '/bff/callback';
      page = await browser.submit(page, { username: 'ada', password: PASSWORD }, { stopAt });
      if (page.text.includes('value="allow"')) page = await browser.submit(page, { decision: 'allow' }, { stopAt });
      const answer = page.headers.location as string;
      const elsewhere = await it.browser().go(answer);
      expect([elsewhere.status, elsewhere.text.includes('This sign-in is over')]).toEqual([400, true]);
      const style = /<style>([^]*?)<\/style>/.exec(elsewhere.text)?.[1] ?? '';
      expect(elsewhere.headers['content-security-policy']).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);

      const victim = it.browser();
      const begun = await victim.go(`${it.api}/bff/login`, { stopAt: (u) => u.pathname === '/auth' });
      const injected = new URL(answer);
      injected.searchParams.set('state', new URL(begun.headers.location as string).searchParams.get('state') as string);
      expect((await victim.go(injected.href)).status).toBe(403);
      expect((await it.get(victim, '/bff/me')).status).toBe(401);

      // The verifier did not fit, so the code was not used up: its own browser still gets in, once.
      expect((await browser.go(answer)).url).toBe(`${it.api}/`);
      const again = await browser.go(answer);
      expect([again.status, again.text.includes('This sign-in is over')]).toEqual([400, true]);
    });
    test('an answer of another issuer (RFC 9207)', async () => {
      let page = await browser.go(`${it.api}/bff/login`);
      const stopAt = (u: URL): boolean => u.pathname === '/bff/callback';
      page = await browser.submit(page, { username: 'ada', password: PASSWORD }, { stopAt });
      if (page.text.includes('value="allow"')) page = await browser.submit(page, { decision: 'allow' }, { stopAt });
      const mixed = new URL(page.headers.location as string);
      mixed.searchParams.set('iss', 'https://evil.test');
      expect((await browser.go(mixed.href)).status).toBe(403);
      await nobody();
    });
    test('two tabs sign in at the same time; both arrive', async () => {
      const one = await browser.go(`${it.api}/bff/login?return_to=/one`);
      const two = await browser.go(`${it.api}/bff/login?return_to=/two`);
      const done = async (page: typeof one): Promise<string> => {
        let at = await browser.submit(page, { username: 'ada', password: PASSWORD });
        if (at.text.includes('value="allow"')) at = await browser.submit(at, { decision: 'allow' });
        return at.url;
      };
      expect(await done(two)).toBe(`${it.api}/two`);
      expect(await done(one)).toBe(`${it.api}/one`);
    });
    test.each(['//evil.test', 'https://evil.test/', '/\\evil.test', '/..//evil.test', '/%0d%0aset-cookie:x=1', 'javascript:alert(1)', '/bff/logout', '/v1/services'])(
      'return_to=%s leads nowhere else',
      async (to) => {
        const page = await it.signIn(browser, 'ada', to);
        expect(new URL(page.url).origin).toBe(it.api);
        expect(new URL(page.url).pathname).toMatch(/^\/(?:%0d%0aset-cookie:x=1)?$/);
        expect(browser.cookie('x')).toBeUndefined();
      },
    );
  });

  describe('requests from elsewhere', () => {
    test.each([
      ['no CSRF header', () => ({ origin: it.api }), /X-Headwater-CSRF/],
      ['another value of it', () => ({ origin: it.api, 'x-headwater-csrf': '0' }), /X-Headwater-CSRF/],
      ['another Origin', () => ({ origin: 'https://evil.test', 'x-headwater-csrf': '1' }), /evil\.test/],
      ['Origin null', () => ({ origin: 'null', 'x-headwater-csrf': '1' }), /null/],
      ['another port of this host', () => ({ origin: it.issuer, 'x-headwater-csrf': '1', 'sec-fetch-site': 'same-site' }), /same-site/],
      ['another site', () => ({ origin: it.api, 'x-headwater-csrf': '1', 'sec-fetch-site': 'cross-site' }), /cross-site/],
      ['no Origin at all', () => ({ 'x-headwater-csrf': '1' }), /needs an Origin/],
    ])('logout with %s: 403, and the session lives', async (_case, headers, message) => {
      await it.signIn(browser);
      const reply = await it.logout(browser, headers() as Record<string, string>);
      expect([reply.status, reply.json.type]).toEqual([403, 'urn:headwater:problem:foreign-request']);
      expect(reply.json.detail).toMatch(message);
      expect((await it.get(browser, '/bff/me')).status).toBe(200);
    });
    test('reads too, where the browser says that another page asks', async () => {
      await it.signIn(browser);
      for (const path of ['/v1/services', '/bff/me']) {
        expect((await it.get(browser, path, { 'sec-fetch-site': 'same-site' })).status).toBe(403);
        expect((await it.get(browser, path, { origin: 'https://evil.test' })).status).toBe(403);
        expect((await it.get(browser, path, { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
      }
    });
    test('a mute is written with the header only', async () => {
      await it.signIn(browser);
      const body = JSON.stringify({ match: { service: 'shop' }, ends_at: new Date(Date.now() + 60_000).toISOString(), comment: 'c' });
      const post = (headers: Record<string, string>): Promise<Page> =>
        browser.once(`${it.api}/v1/mutes`, { method: 'POST', body, headers: { 'content-type': 'application/json', origin: it.api, ...headers } });
      const bare = await post({});
      expect([bare.status, bare.json.type]).toEqual([403, 'urn:headwater:problem:foreign-request']);
      const ours = await post({ 'x-headwater-csrf': '1' });
      // Whether this person may is another question, answered by the scopes of the session.
      expect([201, 403]).toContain(ours.status);
      expect(ours.json.type).not.toBe('urn:headwater:problem:foreign-request');
    });
    test('no CORS header is ever given', async () => {
      await it.signIn(browser);
      const reply = await it.get(browser, '/v1/services', { origin: it.api });
      expect(Object.keys(reply.headers).filter((h) => h.startsWith('access-control'))).toEqual([]);
    });
  });

  describe('the end of a session', () => {
    const over = async (words: RegExp): Promise<void> => {
      for (const path of ['/v1/services', '/bff/me']) {
        const reply = await it.get(browser, path);
        expect([reply.status, reply.json.type, reply.headers['content-type']]).toEqual([401, 'urn:headwater:problem:session-expired', 'application/problem+json; charset=utf-8']);
        expect(reply.json.detail).toMatch(words);
      }
    };
    test('not used for too long', async () => {
      await it.signIn(browser);
      await it.tamper(browser, (s) => ({ ...s, touched: Date.now() - 3_600_001 }));
      await over(/not used for a while; sign in again/);
    });
    test('too old, however much it is used', async () => {
      await it.signIn(browser);
      await it.tamper(browser, (s) => ({ ...s, created: Date.now() - 43_200_001 }));
      await over(/longest time; sign in again/);
    });
    test('use keeps it alive', async () => {
      await it.signIn(browser);
      const { touched } = await it.tamper(browser, (s) => ({ ...s, touched: Date.now() - 1_000_000 }));
      expect((await it.get(browser, '/v1/services')).status).toBe(200);
      expect((await it.tamper(browser, (s) => s)).touched).toBeGreaterThanOrEqual(touched);
    });
    test('the user is removed', async () => {
      await it.signIn(browser);
      it.users([it.person('bob')]);
      await it.stale(browser);
      await over(/no longer renews this session/);
    });
    test('the client is removed', async () => {
      await it.signIn(browser);
      it.clients([]);
      await it.stale(browser);
      await over(/no longer renews this session/);
      const page = await browser.go(`${it.api}/bff/login`);
      expect([page.status, page.text.includes('Unknown application')]).toEqual([400, true]);
    });
    test('the refresh token was used by somebody else: both are out', async () => {
      await it.signIn(browser);
      const { tokens } = await it.stale(browser);
      const thief = await it.refresh(tokens.refresh as string);
      expect(thief.status).toBe(200);
      await over(/used elsewhere/);
      const next = await it.refresh(thief.json.refresh_token);
      expect([next.status, next.json.error]).toEqual([400, 'invalid_grant']);
    });
    test('signing out: the session, the refresh token and the session at identity end', async () => {
      await it.signIn(browser);
      const { tokens } = await it.tamper(browser, (s) => s);
      const reply = await it.logout(browser);
      expect([reply.status, reply.json.logged_out]).toEqual([200, true]);
      expect(reply.json.redirect).toContain(`${it.issuer}/session/end?`);
      expect(reply.json.redirect).not.toContain('eyJ');
      expect(browser.cookie(it.sessionCookie)).toBeUndefined();
      const refused = await it.refresh(tokens.refresh as string);
      expect(refused.json.error).toBe('invalid_grant');
      const landed = await browser.go(reply.json.redirect);
      expect(landed.url).toBe(`${it.api}/`);
      expect((await browser.go(`${it.api}/bff/login`)).text).toContain('<h1>Sign in</h1>');
    });
    test('signing out with identity away: over here all the same, and the browser is not sent to where nobody answers', async () => {
      await it.signIn(browser);
      const cookie = browser.cookie(it.sessionCookie)?.value;
      await it.identity.stop();
      expect((await it.logout(browser)).json).toEqual({ logged_out: true, redirect: '/' });
      expect((await it.get(it.browser(), '/bff/me', { cookie: `${it.sessionCookie}=${cookie}` })).status).toBe(401);
      await it.startIdentity();
    }, 30_000);
    test('signed out in one tab, the other is told so', async () => {
      await it.signIn(browser);
      const cookie = browser.cookie(it.sessionCookie)?.value;
      await it.logout(browser);
      const other = await it.get(it.browser(), '/bff/me', { cookie: `${it.sessionCookie}=${cookie}` });
      expect(other.json.detail).toBe('You signed out; sign in again to go on.');
      expect((await it.logout(browser)).json).toEqual({ logged_out: true, redirect: '/' });
    });
  });

  // Nothing of this differs between the two forms.
  if (!https) {
    describe('parts that are away', () => {
      test('identity away while the token must be renewed: 503 and a sentence; back: on it goes', async () => {
        await it.signIn(browser);
        await it.stale(browser);
        await it.identity.stop();
        for (const path of ['/v1/services', '/bff/me']) {
          const reply = await it.get(browser, path);
          expect([reply.status, reply.json.type]).toEqual([503, 'urn:headwater:problem:issuer-unavailable']);
          expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
          expect(reply.json.detail).toContain('The sign-in server does not answer');
        }
        await it.startIdentity();
        expect((await it.get(browser, '/v1/services')).status).toBe(200);
      }, 30_000);
      test('identity away while the token is good: nothing is noticed', async () => {
        await it.signIn(browser);
        await it.identity.stop();
        expect((await it.get(browser, '/v1/services')).status).toBe(200);
        await it.startIdentity();
      }, 30_000);
      test('the API is started again: the session survives; the sign-in that was under way too', async () => {
        await it.signIn(browser);
        const other = it.browser();
        const page = await other.go(`${it.api}/bff/login?return_to=/fleet`);
        await it.server.stop();
        await it.startApi();
        expect((await it.get(browser, '/bff/me')).status).toBe(200);
        await it.stale(browser);
        expect((await it.get(browser, '/v1/services')).status).toBe(200);
        let done = await other.submit(page, { username: 'ada', password: PASSWORD });
        if (done.text.includes('value="allow"')) done = await other.submit(done, { decision: 'allow' });
        expect(done.url).toBe(`${it.api}/fleet`);
      }, 30_000);
      test('sign-in with identity away from the start: a sentence, then it works without a restart of the API', async () => {
        await it.server.stop();
        await it.identity.stop();
        await it.startApi();
        const page = await browser.go(`${it.api}/bff/login?return_to=/fleet`);
        expect([page.status, page.text.includes('The sign-in server does not answer')]).toEqual([503, true]);
        expect(page.text).toContain('/bff/login?return_to=%2Ffleet');
        await it.startIdentity();
        // It asks identity again when it next needs it, a second after it was refused at the earliest.
        let status = 0;
        for (let i = 0; i < 60 && status !== 200; i += 1) {
          if (i > 0) await new Promise((ok) => setTimeout(ok, 50));
          status = (await it.signIn(browser)).status;
        }
        expect(status).toBe(200);
      }, 30_000);
    });
  }

  test('however many ask at once, the token is renewed once, also by two APIs', async () => {
    await it.signIn(browser);
    await it.stale(browser);
    const second = new AppProcess('api', it.dir, it.apiConfig({ port: await freePort() }));
    const { port } = new URL((await waitFor(() => /"listening on (https?:\/\/[^"]+)"/.exec(second.output)?.[1])) ?? 'http://x');
    const ask = (base: string): Promise<number> =>
      browser.once(`${base}/v1/services`, { headers: { accept: 'application/json', cookie: browser.cookies(new URL(it.api)) } }).then((p) => p.status);
    const elsewhere = new URL(it.api);
    elsewhere.port = port;
    const statuses = await Promise.all(Array.from({ length: 24 }, (_unused, i) => ask(i % 2 === 0 ? it.api : elsewhere.origin)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    // Had a refresh token been used twice, everything would be over now.
    await it.stale(browser);
    expect(await ask(it.api)).toBe(200);
    await second.stop();
  }, 30_000);

  test('consent denied: a sentence, and no session', async () => {
    it.users([it.person('dora')]);
    let page = await browser.go(`${it.api}/bff/login?return_to=/fleet`);
    page = await browser.submit(page, { username: 'dora', password: PASSWORD });
    expect(page.text).toContain('Headwater dashboard');
    page = await browser.submit(page, { decision: 'deny' });
    expect([page.status, page.text.includes('You are not signed in')]).toEqual([403, true]);
    expect(page.text).toContain('/bff/login?return_to=%2Ffleet');
    expect((await it.get(browser, '/bff/me')).status).toBe(401);
  });

  // Nothing of this differs between the two forms.
  if (!https) {
    test('sign-ins cannot be begun without end', async () => {
      let last = 0;
      for (let i = 0; i < 121 && last !== 429; i += 1) last = (await browser.once(`${it.api}/bff/login`)).status;
      expect(last).toBe(429);
      await it.server.stop();
      await it.startApi();
    }, 60_000);
  }

  // Nothing of this differs between the two forms.
  if (!https) {
    test('the sixth try of one person waits', async () => {
      it.users([it.person('tim')]);
      let page = await browser.go(`${it.api}/bff/login`);
      for (let i = 0; i < 5; i += 1) page = await browser.submit(page, { username: 'tim', password: `wrong ${i}` });
      page = await browser.submit(page, { username: 'tim', password: PASSWORD });
      expect([page.status, page.text.includes('Too many tries')]).toEqual([429, true]);
      expect(Number(page.headers['retry-after'])).toBeGreaterThan(200);
    });
  }

  // Nothing of this differs between the two forms.
  if (!https) {
    describe('the files of the dashboard', () => {
      test('pages answer index.html, strictly; assets for ever; wrong paths a problem', async () => {
        for (const path of ['/', '/failures', '/services/shop', '/services/a%2Fb']) {
          const page = await browser.once(it.api + path);
          expect([path, page.status, page.text.includes('the dashboard')]).toEqual([path, 200, true]);
          expect(page.headers['content-security-policy']).toBe(
            `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self' ${it.issuer}; frame-ancestors 'none'; base-uri 'none'`,
          );
          expect(page.headers['cache-control']).toBe('no-cache');
          expect(page.headers['x-content-type-options']).toBe('nosniff');
        }
        const asset = await browser.once(`${it.api}/assets/app-1.js`, { headers: { 'accept-encoding': 'gzip' } });
        expect([asset.status, asset.headers['content-encoding'], asset.headers['cache-control']]).toEqual([200, 'gzip', 'public, max-age=31536000, immutable']);
        expect((await browser.once(`${it.api}/assets/app-1.js`, { headers: { 'if-none-match': asset.headers.etag as string } })).status).toBe(304);
        for (const path of ['/assets/none.js', '/../dashboard.secret', '/..%2fdashboard.secret', '/%2e%2e/clients.json', '/.env', '/assets/..%2f..%2fclients.json']) {
          const reply = await browser.once(it.api + path);
          expect([path, reply.status === 200 && !reply.text.includes('the dashboard')]).toEqual([path, false]);
          expect(reply.text).not.toContain(SECRET);
          expect(reply.text).not.toContain('client_secret');
        }
        expect((await it.get(browser, '/nothing-here')).status).toBe(404);
        expect((await browser.once(`${it.api}/v1/nothing`)).json.type).toBe('urn:headwater:problem:not-found');
        expect((await browser.once(`${it.api}/bff/nothing`)).status).toBe(404);
      });
    });
  }
});

async function waitFor<T>(look: () => T | undefined): Promise<T | undefined> {
  for (let i = 0; i < 300; i += 1) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((ok) => setTimeout(ok, 50));
  }
  return undefined;
}

describe('refused at the start, with the setting and the fix', () => {
  let it: Installation;
  beforeAll(async () => void (it = await Installation.start(true, false)), 60_000);
  afterAll(() => it?.stop());
  const other = (): { cert_file: string; key_file: string } => {
    const pair = selfSigned(it.dir.replace(/$/, '/web'), ['x.test']);
    return pair;
  };
  test.each([
    [
      'a public http URL',
      () => ({ tls: undefined, public_url: 'http://dash.example.com' }),
      /dashboard: sessions over plain http .* public_url http:\/\/dash\.example\.com is not; give tls\.cert_file/,
    ],
    ['http on all addresses', () => ({ tls: undefined, public_url: undefined, host: '0.0.0.0' }), /dashboard: sessions over plain http .*0\.0\.0\.0/],
    ['http on all addresses behind a loopback public_url', () => ({ tls: undefined, public_url: 'http://127.0.0.1:8470', host: '0.0.0.0' }), /host 0\.0\.0\.0 is not/],
    ['tls and an http public_url', () => ({ public_url: 'http://127.0.0.1:1' }), /begin public_url with https/],
    ['no certificate', () => ({ tls: { ...(it.apiConfig()['tls'] as object), cert_file: '/nowhere.pem' } }), /tls\.cert_file: \/nowhere\.pem cannot be read/],
    ['a key of another pair', () => ({ tls: { ...(it.apiConfig()['tls'] as object), key_file: other().key_file } }), /tls\.key_file: .* is not the key of the certificate/],
    ['no PEM', () => ({ tls: { ...(it.apiConfig()['tls'] as object), cert_file: join(it.dir, 'clients.json') } }), /tls\.cert_file: .* holds no PEM certificate/],
    [
      'no secret',
      () => ({ dashboard: { client_id: 'x', client_secret_file: '/nowhere', key_file: join(it.dir, 'k') } }),
      /dashboard\.client_secret_file: \/nowhere cannot be read/,
    ],
    [
      'a key file that is none',
      () => ({ dashboard: { client_id: 'x', client_secret_file: join(it.dir, 'dashboard.secret'), key_file: join(it.dir, 'clients.json') } }),
      /dashboard\.key_file: line 1 of .* is not 32 bytes/,
    ],
    ['an issuer that is not trusted', () => ({ dashboard: { issuer: 'https://x.test', client_id: 'x', client_secret_file: 'x', key_file: 'x' } }), /add it to issuers/],
    ['connect without a port', () => ({ issuers: [{ issuer: 'https://x.test', connect: 'x.test' }] }), /issuers\.0\.connect: .* must be host:port/],
  ])('%s', (_, more, message) => {
    const text = JSON.stringify(it.apiConfig(more()));
    expect(() => settingsOf(loadConfig(ApiConfig, { argv: ['--config', 'f'], env: {}, readFile: () => text }))).toThrow(message);
  });
  test('as a process: its last words, and an exit code', async () => {
    const api = new AppProcess(
      'api',
      it.dir,
      JSON.parse(JSON.stringify(it.apiConfig({ port: await freePort(), tls: undefined, public_url: 'http://dash.example.com' }))) as object,
    );
    expect((await api.ended).code).toBe(1);
    expect(api.output).toMatch(/sessions over plain http/);
  }, 30_000);
  test('https public_url in front of plain http on any address is fine: something else ends TLS', async () => {
    const port = await freePort();
    const api = new AppProcess(
      'api',
      it.dir,
      JSON.parse(JSON.stringify(it.apiConfig({ port, tls: undefined, public_url: 'https://dash.test', web: { dir: '/nowhere' } }))) as object,
    );
    await api.ready(`http://127.0.0.1:${port}/healthz`);
    const begun = await new Promise<IncomingMessage>((ok, bad) =>
      request(`http://127.0.0.1:${port}/bff/login`, { headers: { host: 'dash.test' } }, ok)
        .once('error', bad)
        .end(),
    );
    begun.resume();
    expect([begun.statusCode, begun.headers['set-cookie']?.[0]]).toEqual([302, expect.stringMatching(/^__Host-headwater_login_.*; Secure$/)]);
    const plain = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'text/html' } });
    expect([plain.status, (await plain.text()).includes('npm run build')]).toEqual([503, true]);
    await api.stop();
  }, 30_000);
});
