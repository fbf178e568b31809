// --host, --public-url, --tls-cert: where people come, and what is refused because it would send secrets in clear.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { addresses, sshLine } from '../../tools/start/addresses.mjs';
import { readCertificate } from '../../tools/start/certificate.mjs';
import { remote } from '../../tools/start/screen.mjs';

const options = (over = {}) => ({ host: '127.0.0.1', apiPort: 8470, identityPort: 8471, publicUrl: null, identityPublicUrl: null, ...over });
const certificate = (...list) => ({ list, names: (host) => list.includes(host) });
const owner = { uid: process.getuid(), gid: process.getgid() };
const refused = (run, pattern) => assert.throws(run, (error) => error.exitCode === 2 && (assert.match(error.message, pattern), true));

test('by default http on loopback, and nothing goes elsewhere', () => {
  assert.deepEqual(addresses(options(), null), {
    host: '127.0.0.1',
    api: 'http://127.0.0.1:8470',
    issuer: 'http://127.0.0.1:8471',
    connect: null,
    local: { host: '127.0.0.1', api: 'http://127.0.0.1:8470', identity: 'http://127.0.0.1:8471' },
  });
});

test('with a certificate: https under a name it has, identity reached where it listens', () => {
  const at = addresses(options({ host: '0.0.0.0', publicUrl: 'https://hw.example/' }), certificate('hw.example'));
  assert.deepEqual([at.api, at.issuer, at.connect, at.local.api], ['https://hw.example', 'https://hw.example:8471', '127.0.0.1:8471', 'https://127.0.0.1:8470']);
  assert.equal(addresses(options(), certificate('localhost')).api, 'https://localhost:8470');
  assert.equal(addresses(options({ host: '0.0.0.0' }), certificate('*.example', 'hw.example')).api, 'https://hw.example:8470');
  assert.deepEqual(addresses(options({ host: '::1' }), certificate('::1')).connect, '[::1]:8471');
});

test('behind a TLS proxy: its URLs outside, plain http inside, and the API goes the way people go', () => {
  const at = addresses(options({ publicUrl: 'https://hw.example', identityPublicUrl: 'https://login.hw.example' }), null);
  assert.deepEqual([at.api, at.issuer, at.connect, at.local.identity], ['https://hw.example', 'https://login.hw.example', null, 'http://127.0.0.1:8471']);
});

const REFUSED = [
  [
    { host: '0.0.0.0' },
    null,
    /--host 0\.0\.0\.0 would send the password .* in clear.*--tls-cert.*--public-url.*\n {2}ssh -L 8470:127\.0\.0\.1:8470 -L 8471:127\.0\.0\.1:8471 10\.1\.2\.3/,
  ],
  [{ host: '10.0.0.9' }, null, /in clear.*\n {2}ssh .* 10\.0\.0\.9/],
  [{ host: '10.0.0.9', publicUrl: 'http://hw.example' }, null, /in clear/],
  [{ publicUrl: 'http://hw.example' }, null, /--public-url http:\/\/hw\.example is not https and not this machine/],
  [{ publicUrl: 'http://127.0.0.1:1' }, certificate('127.0.0.1'), /--public-url http:\/\/127\.0\.0\.1:1 contradicts --tls-cert/],
  [{ publicUrl: 'https://a.example' }, certificate('b.example'), /contradicts --tls-cert: the certificate is for b\.example/],
  [{ host: '10.0.0.9' }, certificate('b.example'), /--tls-cert is for b\.example, not for 10\.0\.0\.9; say how people reach it: --public-url https:\/\/b\.example:8470/],
  [
    { publicUrl: 'https://a.example', identityPublicUrl: 'http://127.0.0.1:2' },
    null,
    /--identity-public-url http:\/\/127\.0\.0\.1:2 contradicts --public-url https:\/\/a\.example/,
  ],
  [{ publicUrl: 'https://a.example', identityPublicUrl: 'https://a.example' }, null, /contradicts --public-url https:\/\/a\.example: they are two servers/],
  [{ publicUrl: 'https://a.example/headwater' }, null, /has more than scheme, host and port; give https:\/\/a\.example/],
  [{ publicUrl: 'a.example' }, null, /is no URL/],
  [{ publicUrl: 'ftp://a.example' }, null, /is not http or https/],
];
for (const [over, cert, expected] of REFUSED)
  test(`refused with 2: ${JSON.stringify(over)}${cert ? ` with a certificate for ${cert.list}` : ''}`, () => refused(() => addresses(options(over), cert, '10.1.2.3'), expected));

test('the ssh line, as typed at home', () => {
  assert.equal(sshLine({ apiPort: 1, identityPort: 2, host: 'h', user: 'u', sshPort: 22 }), 'ssh -L 1:127.0.0.1:1 -L 2:127.0.0.1:2 u@h');
  assert.match(sshLine({ apiPort: 1, identityPort: 2, host: 'h', user: 'u', sshPort: 2200 }), /^ssh -p 2200 /);
  assert.deepEqual(remote({ SSH_CONNECTION: '1.2.3.4 5 10.0.0.1 2200', SUDO_USER: 'ann', DISPLAY: ':0' }), { host: '10.0.0.1', user: 'ann', sshPort: 2200 });
  assert.equal(remote({ DISPLAY: ':0' }), null);
  assert.ok(remote({}).host, 'without a display: the name of this machine');
});

function pair(t, name, days = 2) {
  const dir = mkdtempSync(join(tmpdir(), 'hw cert-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const [cert, key] = [join(dir, 'c.pem'), join(dir, 'k.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(days), '-subj', '/CN=x', '-addext', `subjectAltName=${name}`];
  execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key, dir };
}

test('a certificate and its key are looked at before anything starts', (t) => {
  const a = pair(t, 'DNS:hw.example,IP:127.0.0.1');
  const b = pair(t, 'DNS:other.example');
  const read = (files, now) => readCertificate(files, owner, now);
  const good = read(a);
  assert.deepEqual([good.list, good.selfSigned, good.names('hw.example'), good.names('127.0.0.1'), good.names('x')], [['hw.example', '127.0.0.1'], true, true, true, false]);
  refused(() => read({ cert: a.cert, key: b.key }), /--tls-key .* contradicts --tls-cert .*: it is the key of another certificate/);
  refused(() => read({ cert: join(a.dir, 'none'), key: a.key }), /--tls-cert .* cannot be read: there is no such file/);
  refused(() => read({ cert: a.key, key: a.key }), /has no certificate in it/);
  refused(() => read({ cert: a.cert, key: a.cert }), /--tls-key .* is no private key/);
  refused(() => read(a, new Date(Date.now() + 3 * 86_400_000)), /ended on \d{4}-\d\d-\d\d; renew it/);
  refused(() => read(a, new Date(Date.now() - 3 * 86_400_000)), /begins on .*; look at the clock/);
  writeFileSync(join(a.dir, 'bad.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  refused(() => read({ cert: join(a.dir, 'bad.pem'), key: a.key }), /is no certificate/);
  execFileSync('openssl', ['ec', '-in', a.key, '-aes256', '-passout', 'pass:x', '-out', join(a.dir, 'locked.pem')], { stdio: 'ignore' });
  refused(() => read({ cert: a.cert, key: join(a.dir, 'locked.pem') }), /has a passphrase/);
});

test('a key that the serving user may not read is refused', { skip: process.getuid() === 0 ? false : 'needs root to be somebody else' }, (t) => {
  const files = pair(t, 'DNS:hw.example');
  chmodSync(files.key, 0o600);
  refused(() => readCertificate(files, { uid: 65_534, gid: 65_534 }), /--tls-\w+ .* cannot be read by user id 65534/);
});
