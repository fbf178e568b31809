// `npm start`'s options: what is unknown, bad or contradicts is refused with both named.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { GATEWAY_OPTIONS, checkGatewayFiles } from '../../tools/start/gateway.mjs';
import { HELP, RECORDINGS, parseOptions } from '../../tools/start/options.mjs';

const parse = (...argv) => parseOptions(argv, '/home/somebody');

test('defaults: the demo shop on the usual ports', () => {
  const o = parse();
  assert.deepEqual(
    { demo: o.demo, scopes: o.scopes, api: o.apiPort, identity: o.identityPort, install: o.install },
    { demo: true, scopes: [], api: 8470, identity: 8471, install: true },
  );
  assert.match(o.stateDir, /\/\.headwater$/);
});

test('scopes, ports and a state directory beside the caller', () => {
  const o = parse(
    '--no-demo',
    '--scope',
    'port=8080',
    '--scope=peer-port=5432',
    '--scope',
    'port=8080',
    '--state-dir',
    'a b',
    '--api-port=1',
    '--identity-port',
    '2',
    '--no-install',
  );
  assert.deepEqual(o.scopes, ['port=8080', 'peer-port=5432']);
  assert.equal(o.stateDir, '/home/somebody/a b');
  assert.deepEqual([o.apiPort, o.identityPort, o.demo, o.install], [1, 2, false, false]);
  assert.deepEqual(parse('--scope', 'all', '--i-mean-all').scopes, ['all']);
});

test('a replay takes a name or none, and no demo shop with it', () => {
  assert.deepEqual(parse('--replay').replay, { recording: RECORDINGS });
  assert.deepEqual(parse('--replay', '--no-demo').replay, { recording: RECORDINGS });
  const file = join(RECORDINGS, 'demo-shop.hwrec');
  const one = parse('--replay', file, '--api-port', '5');
  assert.deepEqual([one.replay.recording, one.demo, one.apiPort], [file, false, 5]);
  assert.equal(parse().replay, null);
});

test('files of a certificate are beside the caller', () => {
  assert.deepEqual(parse('--tls-cert', 'a b.pem', '--tls-key=/k').tls, { cert: '/home/somebody/a b.pem', key: '/k' });
});

test('a receiver of alerts', () => {
  assert.equal(parse('--webhook', 'https://u:p@hooks.test/a').webhook, 'https://u:p@hooks.test/a');
  assert.equal(parse().webhook, null);
});

test('a gateway for insights: none, or its settings as the app has them', () => {
  assert.equal(parse().gateway, null);
  assert.deepEqual(parse('--gateway-url', 'http://127.0.0.1:8787', '--gateway-model=m').gateway, { kind: 'openai-compatible', url: 'http://127.0.0.1:8787', model: 'm' });
  const all = parse(
    ...['--gateway-url', 'https://gw.test', '--gateway-model', 'gpt', '--gateway-preset', 'apipark', '--gateway-path', '/shop/chat/completions'],
    ...['--gateway-key-file', 'a b.key', '--gateway-headers-file', '/h'],
  ).gateway;
  assert.deepEqual(all, {
    ...{ kind: 'openai-compatible', preset: 'apipark', url: 'https://gw.test', model: 'gpt', path: '/shop/chat/completions' },
    ...{ key: { file: '/home/somebody/a b.key' }, headers_file: '/h' },
  });
  assert.equal(parse('--gateway-url', 'http://[::1]:1', '--gateway-model', 'm', '--gateway-kind', 'wealthsimple').gateway.kind, 'wealthsimple');
});

test("a gateway's files must be there and hold something, and what they hold is not said", (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hw gateway-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const owner = { uid: process.getuid(), gid: process.getgid() };
  const [empty, full] = [join(dir, 'empty'), join(dir, 'full')];
  writeFileSync(empty, '\n');
  writeFileSync(full, 'secret\n');
  checkGatewayFiles(null, owner);
  checkGatewayFiles({ key: { file: full }, headers_file: full }, owner);
  assert.throws(() => checkGatewayFiles({ key: { file: join(dir, 'none') } }, owner), /--gateway-key-file .*none cannot be read: there is no such file/);
  assert.throws(() => checkGatewayFiles({ key: { file: full }, headers_file: empty }, owner), /--gateway-headers-file .*empty is empty/);
});

const GATEWAY = ['--gateway-url', 'https://gw.test', '--gateway-model', 'm'];
const REFUSED = [
  [['--gateway-model', 'm'], /--gateway-model contradicts the absence of --gateway-url/],
  [['--gateway-url', 'https://gw.test'], /contradicts the absence of --gateway-model/],
  [['--gateway-url', 'gw.test', '--gateway-model', 'm'], /^--gateway-url names no URL that begins with http:\/\/ or https:\/\/$/],
  [['--gateway-url', 'https://u:geheim@gw.test', '--gateway-model', 'm'], /^(?!.*geheim).*put the key into a file: --gateway-key-file/],
  [['--gateway-url', 'http://gw.test', '--gateway-model', 'm'], /would send to gw\.test in clear; give an https URL/],
  [[...GATEWAY, '--gateway-kind', 'openai'], /--gateway-kind openai is not known; give openai-compatible or wealthsimple/],
  [[...GATEWAY, '--gateway-preset', 'x'], /--gateway-preset x is not known; give apipark, portkey or litellm/],
  [[...GATEWAY, '--gateway-preset', 'portkey', '--gateway-kind', 'wealthsimple'], /--gateway-kind wealthsimple contradicts --gateway-preset portkey/],
  [[...GATEWAY, '--gateway-preset', 'apipark'], /--gateway-preset apipark contradicts the absence of --gateway-path/],
  [[...GATEWAY, '--gateway-path', 'v1'], /--gateway-path v1 is no path; it begins with \//],
  [[...GATEWAY, '--gateway-key-file', ''], /--gateway-key-file "" is empty/],
  [['--webhook', 'ftp://u:p@x'], /^--webhook names no URL that begins with http:\/\/ or https:\/\/$/],
  [['--frobnicate'], /--frobnicate is not an option/],
  [['--nodemo'], /--nodemo is not an option; did you mean --no-demo\?/],
  [['start'], /start is not an option/],
  [['--no-demo=yes', '--scope', 'port=1'], /--no-demo takes no value/],
  [['--scope'], /--scope needs a value/],
  [['--scope', '--no-demo'], /--scope needs a value/],
  [['--scope', 'port=0'], /--scope port=0 names no port/],
  [['--scope', 'port=70000'], /--scope port=70000 names no port/],
  [['--scope', 'port=80x'], /--scope port=80x names no port/],
  [['--scope', '8080'], /--scope 8080 is not a scope; write kind=value/],
  [['--scope', 'host=a'], /--scope host=a is not a kind of scope; known: port/],
  [['--scope', 'pid=999999999'], /names no process that runs/],
  [['--scope', 'exe=/no/such/program'], /names no program/],
  [['--scope', 'cgroup=a'], /is not a path/],
  [['--scope', 'netns=/no/such'], /names no network namespace/],
  [['--api-port', 'x'], /--api-port x is not a port/],
  [['--api-port', '1', '--api-port', '2'], /--api-port 1 contradicts --api-port 2/],
  [['--api-port', '9000', '--identity-port', '9000'], /--api-port 9000 contradicts --identity-port 9000/],
  [['--api-port', '8471'], /--api-port 8471 contradicts --identity-port 8471 \(a default\)/],
  [['--no-demo'], /--no-demo contradicts the absence of --scope/],
  [['--scope', 'all'], /say so with --i-mean-all/],
  [['--scope', 'all', '--i-mean-all', '--scope', 'port=1'], /--scope all contradicts --scope port=1/],
  [['--i-mean-all'], /--i-mean-all contradicts the absence of --scope all/],
  [['--hooks', 'kprobe'], /--hooks kprobe is not known; give auto, sock or syscall/],
  [['--state-dir', ''], /names no directory/],
  [['--replay', '--scope', 'port=1'], /--replay contradicts --scope port=1/],
  [['--replay', '/no/such'], /--replay \/no\/such: there is no \/no\/such/],
  [['--replay', import.meta.filename], /is no recording; name a file \*\.hwrec/],
  [['--replay', '--scope', 'all', '--i-mean-all'], /--replay contradicts --scope all/],
  [['--tls-cert', 'a.pem'], /--tls-cert a\.pem contradicts the absence of --tls-key/],
  [['--tls-key', 'a.key'], /--tls-key a\.key contradicts the absence of --tls-cert/],
  [['--host', ''], /--host "" is empty/],
  [['--public-url='], /--public-url "" is empty/],
];

for (const [argv, expected] of REFUSED) {
  test(`refused with 2: ${argv.join(' ')}`, () => {
    assert.throws(
      () => parse(...argv),
      (error) => expected.test(error.message) && error.exitCode === 2,
    );
  });
}

test('every option is in the help', () => {
  for (const name of [
    'scope',
    'no-demo',
    'state-dir',
    'api-port',
    'identity-port',
    'no-install',
    'hooks',
    'i-mean-all',
    'help',
    'replay',
    'host',
    'public-url',
    'identity-public-url',
    'tls-cert',
    'tls-key',
    ...GATEWAY_OPTIONS,
  ])
    assert.ok(HELP.includes(`--${name}`), name);
});
