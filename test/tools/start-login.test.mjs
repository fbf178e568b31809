// The generated login: made once, kept, and given up when somebody sets another password.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { adminLogin, dashboardClient, generatePassword } from '../../tools/start/login.mjs';
import { screenLines } from '../../tools/start/screen.mjs';
import { writeClients } from '../../tools/start/secrets.mjs';

const owner = { uid: process.getuid(), gid: process.getgid() };
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

function scratch(t) {
  const dir = mkdtempSync(join(tmpdir(), 'hw login-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('made at the first start, the same at the second, 0600, and only its hash in the users file', (t) => {
  const dir = scratch(t);
  const first = adminLogin(dir, owner, 'http://127.0.0.1:1/');
  assert.match(first.password, /^([a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/);
  assert.deepEqual(json(first.file), { url: 'http://127.0.0.1:1/', user: 'admin', password: first.password });
  for (const file of [first.file, first.usersFile]) assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(json(first.usersFile).users[0].password, /^scrypt:32768:8:1:[\w-]{22}:[\w-]{43}$/);
  assert.ok(!readFileSync(first.usersFile, 'utf8').includes(first.password));
  const before = readFileSync(first.usersFile, 'utf8');
  assert.equal(adminLogin(dir, owner, 'http://127.0.0.1:2/').password, first.password);
  assert.equal(readFileSync(first.usersFile, 'utf8'), before);
  assert.equal(json(first.file).url, 'http://127.0.0.1:2/');
});

test('a password set by hand is not ours to print; other users stay; a removed admin comes back with the kept one', (t) => {
  const dir = scratch(t);
  const { usersFile, file } = adminLogin(dir, owner, 'u');
  const other = adminLogin(scratch(t), owner, 'u');
  const ann = { name: 'ann', password: 'scrypt:1:1:1:a:b', services: ['shop'] };
  writeFileSync(usersFile, JSON.stringify({ users: [ann, json(other.usersFile).users[0]] }), { mode: 0o600 });
  assert.equal(adminLogin(dir, owner, 'u').password, null);
  assert.equal(json(file).password, null);
  writeFileSync(usersFile, JSON.stringify({ users: [ann] }), { mode: 0o600 });
  assert.ok(adminLogin(dir, owner, 'u').password);
  assert.deepEqual(
    json(usersFile).users.map((u) => u.name),
    ['ann', 'admin'],
  );
  assert.deepEqual(json(usersFile).users[0], ann);
});

test('passwords differ and use every letter', () => {
  const many = Array.from({ length: 500 }, generatePassword);
  assert.equal(new Set(many).size, 500);
  assert.equal(new Set(many.join('').replaceAll('-', '')).size, 31);
});

test('clients: the command line keeps its secret, added ones stay, the redirect URI follows the URL', (t) => {
  const dir = scratch(t);
  const { file, cli } = writeClients(dir, owner, dashboardClient(dir, owner, 'http://127.0.0.1:1', ['metrics:read']).entry);
  const mine = { client_id: 'grafana', client_secret: 'x'.repeat(20), scopes: ['metrics:read'] };
  writeFileSync(file, JSON.stringify({ clients: [...json(file).clients, mine] }), { mode: 0o600 });
  const again = dashboardClient(dir, owner, 'https://hw.example', ['metrics:read']);
  assert.deepEqual(writeClients(dir, owner, again.entry).cli, cli);
  const clients = json(file).clients;
  assert.deepEqual(clients.map((c) => c.client_id).sort(), ['grafana', 'headwater-cli', 'headwater-dashboard']);
  assert.deepEqual(clients.find((c) => c.client_id === 'headwater-dashboard').redirect_uris, ['https://hw.example/bff/callback']);
  assert.equal(clients.find((c) => c.client_id === 'headwater-dashboard').client_secret, readFileSync(again.secretFile, 'utf8').trim());
});

test('the screen fits 80 by 24, but for lines to copy', () => {
  const base = {
    at: { api: 'http://127.0.0.1:8470' },
    options: { apiPort: 8470, identityPort: 8471, gateway: null },
    login: { user: 'admin', password: 'abcde-abcde-abcde-abcde' },
    demo: { shop: 12_345, payments: 12_346 },
    capture: { kind: 'live', scopes: ['port=12345', 'port=12346'] },
    curl: 'curl',
    stateDir: '/somewhere/.headwater',
    here: '/somewhere',
    seconds: 6.4,
    from: { host: '10.0.0.1', user: 'ann', sshPort: 22 },
  };
  const lines = screenLines(base);
  assert.ok(lines.length <= 24, String(lines.length));
  for (const text of lines.filter((l) => !l.includes('ssh '))) assert.ok(text.length <= 80, `${text.length}: ${text}`);
  const text = lines.join('\n');
  for (const wanted of [
    'http://127.0.0.1:8470/',
    'abcde-abcde',
    'ssh -L 8470:127.0.0.1:8470 -L 8471:127.0.0.1:8471 ann@10.0.0.1',
    'port=8080',
    'exe=',
    'peer-port=',
    'Ctrl-C',
    'npm run uninstall',
    'TLS, HTTP/2',
    'by rules; by a model too with --gateway-url URL --gateway-model M',
  ])
    assert.ok(text.includes(wanted), wanted);
  assert.ok(
    !screenLines({ ...base, at: { api: 'https://hw.example' } })
      .join('\n')
      .includes('ssh '),
  );
  assert.match(screenLines({ ...base, demo: null, capture: { kind: 'replay', reasons: ['no BTF'], recording: '/r' } }).join('\n'), /REPLAY of \/r.*\n +no BTF/);
  const gateway = { url: 'https://gw.test:8443/deep?key=geheim', model: 'm-1' };
  assert.match(screenLines({ ...base, options: { ...base.options, gateway } }).join('\n'), /by rules, and by m-1 behind gw\.test:8443, which gets aggregates\n/);
});
