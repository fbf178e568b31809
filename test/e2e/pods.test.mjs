// A container of a pod, as far as a kernel knows one (its cgroup), and a kubelet over TLS that knows its names: the rows have them.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { NODE, scratch, settingsFile } from './fleet.mjs';
import { startNginx } from './nginx.mjs';
import { eventually, ROOT } from './standalone.mjs';

const run = promisify(execFile);
const UID = '3f8a2f64-9d1c-4c55-8a3e-0d6a5f0b7e21';
const CONTAINER = '4c01ce7cbe5b2e7c1c0a9d8e7f6a5b4c3d2e1f00112233445566778899aabbcc';
const CGROUPS = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((d) => existsSync(join(d, 'cgroup.procs')) && existsSync(join(d, 'cgroup.controllers')));
const POD_LIST = JSON.parse(readFileSync(join(ROOT, 'apps/agent/src/attribution/fixtures/pods.json'), 'utf8'));

test('rows of a pod carry its name, namespace and container, as the kubelet says', { skip: process.getuid() === 0 ? false : 'capture needs root', timeout: 90_000 }, async (t) => {
  const { openBus } = await import('../../libs/event-bus/dist/index.js');
  const { TOPICS, DictionaryStrings, openRecord, topicName } = await import('../../libs/header-event/dist/index.js');
  const { dir, start } = scratch(t, 'hw-pods-');
  assert.ok(CGROUPS, 'no cgroup v2 tree');

  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const scope = join(CGROUPS, `hw-pods-${process.pid}`, 'kubepods.slice', `kubepods-pod${UID.replaceAll('-', '_')}.slice`, `cri-containerd-${CONTAINER}.scope`);
  mkdirSync(scope, { recursive: true });
  writeFileSync(join(scope, 'cgroup.procs'), String(nginx.pid));
  t.after(async () => {
    await nginx.stop();
    for (let d = scope; d !== CGROUPS; d = dirname(d)) rmdirSync(d);
  });

  const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-keyout', 'tls.key', '-out', 'tls.pem', '-subj', '/CN=node', '-addext', 'subjectAltName=IP:127.0.0.1');
  writeFileSync(join(dir, 'token'), 'node-token\n', { mode: 0o600 });
  const kubelet = https.createServer({ key: readFileSync(join(dir, 'tls.key')), cert: readFileSync(join(dir, 'tls.pem')) }, (req, res) => {
    const known = req.url === '/pods' && req.headers.authorization === 'Bearer node-token';
    res.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end(known ? JSON.stringify(POD_LIST) : '');
  });
  await new Promise((ok) => kubelet.listen(0, '127.0.0.1', ok));
  t.after(() => {
    kubelet.closeAllConnections();
    kubelet.close();
  });

  const settings = { kind: 'embedded', path: join(dir, 'bus.db') };
  const bus = await openBus({ ...settings, retentionMs: 3_600_000, retentionBytes: 1 << 30 });
  t.after(() => bus.close());
  await bus.applyTopics(
    Object.entries(TOPICS).map(([id, spec]) => ({ ...spec, name: topicName('headwater', id), partitions: 1 })),
    { dryRun: false },
  );
  const rows = [];
  const subscription = await bus.consume('pods-test', [topicName('headwater', 'headerEvents')], {
    assigned: async () => [],
    revoked: async () => undefined,
    batch: async ({ records }) => {
      for (const { columns } of records.map(openRecord)) {
        const strings = new DictionaryStrings(columns.dictionary);
        const text = (name, i) => strings.get(columns.columns[name][i]);
        for (let i = 0; i < columns.rows; i += 1) rows.push(['k8s.pod.uid', 'k8s.pod.name', 'k8s.namespace.name', 'container.id', 'container.name'].map((name) => text(name, i)));
      }
      return { kind: 'next' };
    },
  });
  t.after(() => subscription.stop());
  const socket = join(dir, 'probe.sock');
  const probe = start('probe', join(ROOT, 'bpf/build/headwater-probe'), ['--socket', socket, '--scope', `port=${nginx.port}`]);
  await probe.until(/ready/);
  const agent = start('agent', NODE, [
    'apps/agent/dist/main.js',
    '--config',
    settingsFile(dir, 'agent', {
      bus: settings,
      probe: { socket },
      admin: { port: 0 },
      fingerprints: { enabled: false },
      kubelet: { url: `https://127.0.0.1:${kubelet.address().port}/pods`, token_file: join(dir, 'token'), ca_file: join(dir, 'tls.pem'), interval_s: 2 },
    }),
  ]);
  await agent.until(/"msg":"capturing"/);
  await agent.until(/the kubelet names the pods/);
  await run('ab', ['-q', '-n', '20', '-c', '2', `http://127.0.0.1:${nginx.port}/ok`]);
  assert.ok(await eventually(() => rows.length >= 20, 15_000), `${rows.length} rows\n${agent.output}`);
  for (const row of rows) assert.deepEqual(row, [UID, 'checkout-7d9c5b8f6b-x2lqp', 'shop', CONTAINER, 'checkout']);
  assert.doesNotMatch(agent.output, /node-token/);
  assert.deepEqual(await agent.kill('SIGTERM'), { code: 0, signal: null }, agent.output);
});
