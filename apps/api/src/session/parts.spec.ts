import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetcherOf } from '../auth/reach.ts';
import { selfSigned } from '../testing/installation.ts';
import { cookieForm, readCookie, setCookie } from './cookies.ts';
import { safeReturnTo } from './return-to.ts';
import { foreign } from './same-origin.ts';
import { Seal } from './seal.ts';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'headwater-session-parts-'))));
afterAll(() => rmSync(dir, { recursive: true }));

describe('return_to', () => {
  test.each([
    ['/failures?from=now-1h&to=now', '/failures?from=now-1h&to=now'],
    ['/services/a%2Fb#x', '/services/a%2Fb#x'],
    ["/x?q='a'", '/x?q=%27a%27'],
    ['/', '/'],
  ])('%s stays', (given, kept) => expect(safeReturnTo(given)).toBe(kept));
  test.each([
    '',
    'failures',
    '//evil.test',
    '///evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    'https://evil.test',
    '/..//evil.test',
    '/./..//evil.test',
    '/\tx',
    '/\n/evil.test',
    '/v1/services',
    '/bff/login',
    `/${'a'.repeat(2_000)}`,
    undefined,
    ['/a'],
    7,
  ])('%j becomes /', (given) => expect(safeReturnTo(given)).toBe('/'));
  test('whatever is given, a browser stays here', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('/', '\\', '.', ':', '@', '?', '#', '%', '2', 'f', '5', 'c', 'e', 'h', 't', 'p', ' ', '\t', '\n', "'", '"', ';') }), (text) => {
        const path = safeReturnTo(`/${text}`);
        expect(new URL(path, 'https://here.test').origin).toBe('https://here.test');
        expect(path).toMatch(/^\/(?!\/)[\x21-\x7e]*$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('cookies', () => {
  test('the two forms', () => {
    expect(cookieForm(true).session).toBe('__Host-headwater_session');
    expect(cookieForm(false).session).toBe('headwater_session');
    expect(cookieForm(true).login('a;b=c')).toBe('__Host-headwater_login_abc');
    expect(setCookie('a', 'b', { secure: true, sameSite: 'Strict', maxAgeS: 5 })).toBe('a=b; Path=/; Max-Age=5; HttpOnly; SameSite=Strict; Secure');
  });
  test('are read by their whole name', () => {
    expect(readCookie('xheadwater_session=1; headwater_session=2; headwater_session=3', 'headwater_session')).toBe('2');
    expect(readCookie('headwater_session', 'headwater_session')).toBeUndefined();
    expect(readCookie(undefined, 'a')).toBeUndefined();
  });
});

describe('requests from elsewhere', () => {
  const here = 'https://dash.test';
  const good = { 'x-headwater-csrf': '1', origin: here };
  test.each([
    ['GET', {}],
    ['GET', { 'sec-fetch-site': 'none' }],
    ['HEAD', { 'sec-fetch-site': 'same-origin' }],
    ['POST', good],
    ['DELETE', { 'x-headwater-csrf': '1', 'sec-fetch-site': 'same-origin' }],
  ])('%s %j is ours', (method, headers) => expect(foreign(method, headers, here)).toBeNull());
  test.each([
    ['GET', { 'sec-fetch-site': 'cross-site' }],
    ['GET', { origin: 'https://dash.test:444' }],
    ['POST', {}],
    ['POST', { ...good, origin: 'http://dash.test' }],
    ['POST', { ...good, origin: 'https://dash.test.evil.test' }],
    ['POST', { ...good, 'sec-fetch-site': 'none', origin: 'null' }],
    ['PUT', { origin: here }],
    ['PATCH', { 'x-headwater-csrf': '1' }],
  ])('%s %j is not', (method, headers) => expect(foreign(method, headers, here)).not.toBeNull());
});

describe('the seal', () => {
  test('opens what it sealed, in its place only, and nothing that was touched', () => {
    const seal = Seal.fromFile(join(dir, 'a', 'session.key'));
    const text = seal.seal('session/1', { a: 'ü' });
    expect(seal.open('session/1', text)).toEqual({ a: 'ü' });
    expect(seal.open('session/2', text)).toBeNull();
    for (let i = 0; i < text.length; i += 7) {
      const touched = text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
      expect(seal.open('session/1', touched), touched).toBeNull();
    }
    for (const junk of ['', '1', '1.x', '1..', '2.a.b', '...']) expect(seal.open('session/1', junk)).toBeNull();
    expect(seal.seal('session/1', 1)).not.toBe(seal.seal('session/1', 1));
  });
  test('the key is made once, private; a new first line seals, the old one still opens', () => {
    const file = join(dir, 'b.key');
    const first = Seal.fromFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = first.seal('p', 1);
    expect(Seal.fromFile(file).open('p', text)).toBe(1);
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n${readFileSync(file, 'utf8')}`, { mode: 0o600 });
    const rotated = Seal.fromFile(file);
    expect(rotated.open('p', text)).toBe(1);
    expect(first.open('p', rotated.seal('p', 2))).toBeNull();
  });
  test.each([
    ['', /has no key/],
    ['short\n', /line 1 of/],
  ])('a file with %j is refused and kept', (content, message) => {
    const file = join(dir, 'c.key');
    writeFileSync(file, content, { mode: 0o600 });
    expect(() => Seal.fromFile(file)).toThrow(message);
    expect(readFileSync(file, 'utf8')).toBe(content);
  });
  test('a file that others may read is refused', () => {
    const file = join(dir, 'd.key');
    Seal.fromFile(file);
    chmodSync(file, 0o644);
    expect(() => Seal.fromFile(file)).toThrow(/chmod 600/);
  });
});

describe('reaching an issuer', () => {
  test('its authority and its name are checked, wherever the connection goes', async () => {
    const pair = selfSigned(dir, ['login.test']);
    const ca = readFileSync(pair.cert_file, 'utf8');
    const seen: (string | undefined)[] = [];
    const server = createServer({ cert: ca, key: readFileSync(pair.key_file) }, (req, res) => {
      let body = '';
      req
        .on('data', (d) => (body += String(d)))
        .on('end', () => {
          seen.push(req.headers.host, (req.socket as unknown as { servername: string }).servername, body);
          if (req.url === '/moved') res.writeHead(302, { location: 'https://evil.test/' }).end();
          else if (req.url === '/large') res.end('x'.repeat(2_000_000));
          else res.end('{"a":1}');
        });
    }).listen(0, '127.0.0.1');
    await new Promise((ok) => server.once('listening', ok));
    const { port } = server.address() as AddressInfo;
    const connect = { host: '127.0.0.1', port };
    const get = fetcherOf('https://login.test', { ca, connect });
    expect(await (await get('https://login.test/x', { method: 'POST', body: new URLSearchParams({ a: 'b' }) })).json()).toEqual({ a: 1 });
    expect(seen).toEqual(['login.test', 'login.test', 'a=b']);
    expect((await get('https://login.test/moved')).status).toBe(302);
    await expect(get('https://login.test/large')).rejects.toThrow(/larger than/);
    // another name than the certificate's, and an authority that is not given
    await expect(fetcherOf('https://other.test', { ca, connect })('https://other.test/x')).rejects.toThrow(/other\.test/);
    await expect(fetcherOf('https://login.test', { connect })('https://login.test/x')).rejects.toThrow(/self.signed/);
    // what does not go to the issuer's origin is not led there
    await expect(get('https://elsewhere.invalid/x', { signal: AbortSignal.timeout(3_000) })).rejects.toThrow();
    expect(seen.filter((h) => h?.includes('elsewhere'))).toEqual([]);
    server.closeAllConnections();
    await new Promise((ok) => server.close(ok));
  });
});

test('openssl is there for these tests', () => expect(execFileSync('openssl', ['version'], { encoding: 'utf8' })).toMatch(/^OpenSSL/));
