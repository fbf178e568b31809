import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { namesHost, readTlsPair } from './tls.ts';

let dir: string;
const at = (name: string): string => join(dir, name);
function pair(name: string, passphrase?: string): void {
  const key = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    ...key,
    '-keyout',
    at(`${name}.key`),
    '-out',
    at(`${name}.pem`),
    '-days',
    '2',
    '-subj',
    '/CN=test',
  ];
  execFileSync('openssl', [...args, '-addext', 'subjectAltName=DNS:dash.test,IP:127.0.0.1'], { stdio: 'pipe' });
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'headwater-tls-'));
  pair('one');
  pair('two');
  pair('locked', 'secret');
  writeFileSync(at('text'), 'no PEM');
});
afterAll(() => rmSync(dir, { recursive: true }));

const config = (cert: string, key: string) => ({ cert_file: at(cert), key_file: at(key) });

test('a pair is read, and says which hosts it is for', () => {
  const { leaf, cert, key } = readTlsPair(config('one.pem', 'one.key'));
  expect([cert.includes('BEGIN CERTIFICATE'), key.includes('PRIVATE KEY')]).toEqual([true, true]);
  expect([namesHost(leaf, 'dash.test'), namesHost(leaf, '127.0.0.1'), namesHost(leaf, 'other.test'), namesHost(leaf, '10.0.0.1')]).toEqual([true, true, false, false]);
});

test.each([
  ['no certificate', 'none.pem', 'one.key', 0, /^tls\.cert_file: .*none\.pem cannot be read/],
  ['no key', 'one.pem', 'none.key', 0, /^tls\.key_file: .*none\.key cannot be read/],
  ['no PEM as certificate', 'text', 'one.key', 0, /^tls\.cert_file: .* holds no PEM certificate/],
  ['no PEM as key', 'one.pem', 'text', 0, /^tls\.key_file: .* holds no PEM private key/],
  ['a key with a passphrase', 'locked.pem', 'locked.key', 0, /^tls\.key_file: .* without a passphrase/],
  ['the key of another pair', 'one.pem', 'two.key', 0, /^tls\.key_file: .* is not the key of the certificate/],
  ['an expired certificate', 'one.pem', 'one.key', 3, /^tls\.cert_file: .* expired on .*; renew it/],
  ['a clock that is behind', 'one.pem', 'one.key', -1, /^tls\.cert_file: .* is not valid before/],
])('%s is refused, with the setting', (_, cert, key, days, message) => {
  expect(() => readTlsPair(config(cert, key), Date.now() + days * 86_400_000)).toThrow(message);
});
