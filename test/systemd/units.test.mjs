// The units of infra/systemd: what systemd thinks of them, and probe and agent run by their own words, capturing real HTTP.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBus, topicsFor } from '@headwater/event-bus';
import { EventColumnsBuilder, makeRecord } from '@headwater/header-event';
import { insightId } from '@headwater/insight-rules';
import { ROOT, node24 } from '../../tools/repo.mjs';
import { freePort } from '../../tools/start/ports.mjs';
import { INSTALLED, commandOf, confine, readUnit } from './unit.mjs';

const NAMES = ['headwater-probe.service', 'headwater-agent.service'];
/** What may run anywhere, beside a bus and a store. */
const SERVICES = ['relay', 'insights'];
const ALL = [...NAMES, ...SERVICES.map((name) => `headwater-${name}.service`)];
const FOUR = ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH'];
/** Exposure that we allow ourselves, of 10; systemd calls what is under 2.0 OK and an average service is at 9. */
const EXPOSURE_MAX = 2;
const USER = 47_000;
const skip = process.getuid() === 0 ? false : 'capture needs root';
const dir = mkdtempSync(join(tmpdir(), 'hw-units-'));
chmodSync(dir, 0o755);
const started = [];
after(async () => {
  for (const child of started) child.kill('SIGKILL');
  await sleep(100);
  rmSync(dir, { recursive: true, force: true });
});

const analyze = (...args) => {
  const { stdout, stderr, status, error } = spawnSync('systemd-analyze', args, { encoding: 'utf8', env: { ...process.env, SYSTEMD_COLORS: '0' } });
  return { status, text: `${stdout ?? ''}${stderr ?? ''}`, error: error && `systemd-analyze is missing: apt-get install systemd (${error.message})` };
};

for (const name of ALL) {
  const { status, text, error } = analyze('security', '--offline=true', '--no-pager', `--threshold=${EXPOSURE_MAX * 10}`, join(ROOT, 'infra/systemd', name));
  const exposure = /exposure level for \S+: ([\d.]+)/.exec(text)?.[1];
  test(`${name}: systemd-analyze security: exposure ${exposure} of 10, at most ${EXPOSURE_MAX}`, () => {
    assert.equal(error, undefined);
    assert.equal(status, 0, text);
    assert.ok(Number(exposure) <= EXPOSURE_MAX, text);
  });
  test(`${name}: systemd-analyze verify has nothing to say`, () => {
    // Where the unit looks for the programs there is nothing on this machine: it is shown the tree itself, by a name
    // without blanks, since a unit's words end at them.
    const tree = join(dir, 'tree');
    if (!existsSync(tree)) symlinkSync(ROOT, tree);
    const folder = mkdtempSync(join(dir, 'verify-'));
    for (const unit of ALL) writeFileSync(join(folder, unit), readFileSync(join(ROOT, 'infra/systemd', unit), 'utf8').replaceAll(INSTALLED, tree));
    const said = analyze('verify', '--man=no', join(folder, name));
    assert.deepEqual([said.error, said.status, said.text], [undefined, 0, '']);
  });
}

test('the units: the probe has exactly its four capabilities, the agent none, and neither is root', () => {
  const [probe, agent] = NAMES.map(readUnit);
  for (const key of ['CapabilityBoundingSet', 'AmbientCapabilities']) {
    assert.deepEqual(probe.all(key).sort(), FOUR.toSorted());
    assert.deepEqual(agent.all(key), []);
  }
  for (const unit of [probe, agent]) {
    assert.equal(unit.get('User'), 'headwater');
    for (const key of ['NoNewPrivileges', 'PrivateDevices', 'LockPersonality', 'RestrictNamespaces', 'RestrictRealtime', 'PrivateTmp']) assert.equal(unit.get(key), 'yes', key);
    assert.equal(unit.get('ProtectSystem'), 'strict');
  }
  assert.deepEqual([probe.get('PrivateNetwork'), probe.get('MemoryDenyWriteExecute'), agent.get('MemoryDenyWriteExecute')], ['yes', 'yes', 'no']);
  assert.deepEqual(probe.all('RestrictAddressFamilies'), ['AF_UNIX']);
});

for (const name of SERVICES) {
  test(`headwater-${name}.service: no capability, a user and a directory of its own, settings that only it reads`, () => {
    const unit = readUnit(`headwater-${name}.service`);
    for (const key of ['CapabilityBoundingSet', 'AmbientCapabilities']) assert.deepEqual(unit.all(key), []);
    for (const key of ['User', 'Group', 'StateDirectory']) assert.equal(unit.get(key), `headwater-${name}`);
    for (const key of ['NoNewPrivileges', 'PrivateDevices', 'PrivateUsers', 'LockPersonality', 'RestrictNamespaces', 'RestrictRealtime', 'PrivateTmp'])
      assert.equal(unit.get(key), 'yes', key);
    assert.equal(unit.get('ProtectSystem'), 'strict');
    const file = (of) => readFileSync(join(ROOT, 'infra/systemd', of), 'utf8');
    assert.match(file('sysusers.conf'), new RegExp(`^u headwater-${name} - `, 'm'));
    assert.match(file('tmpfiles.conf'), new RegExp(`^d /etc/headwater-${name} 0750 root headwater-${name} -$`, 'm'));
  });
}

function start(command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const run = { child, text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (d) => (run.text += d));
  run.said = async (words) => {
    for (const end = performance.now() + 30_000; !run.text.includes(words); await sleep(20)) {
      if (child.exitCode !== null || performance.now() > end) throw new Error(`not said: "${words}", but: ${run.text}`);
    }
  };
  run.stop = async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  };
  return run;
}

/** Of every thread: what the kernel says it may. */
const held = (pid) =>
  readdirSync(`/proc/${pid}/task`).map((task) =>
    Object.fromEntries([...readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8').matchAll(/^(Cap\w+|Uid|NoNewPrivs|Seccomp):\s*(\S+)/gm)].map((m) => [m[1], m[2]])),
  );
const NONE = '0000000000000000';

for (const hooks of ['sock', 'syscall']) {
  test(
    `run by the units' own words, --hooks ${hooks}: every exchange captured; capabilities, seccomp, mounts and network as the units say`,
    { skip, timeout: 120_000 },
    async (t) => {
      const home = mkdtempSync(join(dir, `${hooks}-`));
      const writable = { probe: join(home, 'run'), agent: join(home, 'lib') };
      for (const path of Object.values(writable)) {
        mkdirSync(path, { mode: 0o700 });
        chownSync(path, USER, USER);
      }
      chmodSync(home, 0o755);
      const config = join(home, 'agent.yaml');
      const server = http.createServer((request, response) => response.writeHead(request.url === '/absent' ? 404 : 200, { 'x-made-by': 'test' }).end('ok'));
      server.listen(0, '127.0.0.1');
      t.after(() => {
        server.closeAllConnections();
        server.close();
      });
      await once(server, 'listening');
      const { port } = server.address();
      const socket = `${writable.probe}/probe.sock`;
      const bus = `${writable.agent}/bus.db`;
      const topics = spawnSync(node24(), [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--path', bus], { encoding: 'utf8' });
      assert.equal(topics.status, 0, topics.stderr);
      for (const file of readdirSync(writable.agent)) chownSync(join(writable.agent, file), USER, USER);
      writeFileSync(
        config,
        JSON.stringify({
          host_id: 'unit',
          bus: { kind: 'embedded', path: bus },
          probe: { socket },
          admin: { port: 0 },
          overhead: { cpu_ceiling_percent: 0 },
          fingerprints: { key_file: `${writable.agent}/fingerprint.key`, create: true },
        }),
      );
      const helper = confine(dir);
      chmodSync(join(helper, '..'), 0o755);
      const replace = { '/run/headwater': writable.probe, '/etc/headwater/agent.yaml': config };
      const by = (name, mine, env = {}) => start(commandOf(readUnit(name), { uid: USER, writable: mine, replace, env, helper }));

      const probe = by(NAMES[0], writable.probe, { HEADWATER_PROBE_ARGS: `--scope port=${port} --hooks ${hooks}` });
      await probe.said('ready ');
      const { mode, uid } = statSync(socket);
      assert.deepEqual([mode & 0o777, uid], [0o600, USER]);
      const agent = by(NAMES[1], writable.agent);
      await agent.said('"msg":"capturing"');
      assert.ok(agent.text.includes(`"hooks":"${hooks}"`), agent.text);

      for (const s of held(probe.child.pid))
        assert.deepEqual(s, {
          Uid: `${USER}`,
          CapInh: NONE,
          CapPrm: '0000000000080004',
          CapEff: '0000000000080004',
          CapBnd: '000000c000080004',
          CapAmb: NONE,
          NoNewPrivs: '1',
          Seccomp: '2',
        });
      for (const s of held(agent.child.pid))
        assert.deepEqual(s, { Uid: `${USER}`, CapInh: NONE, CapPrm: NONE, CapEff: NONE, CapBnd: NONE, CapAmb: NONE, NoNewPrivs: '1', Seccomp: '2' });
      assert.doesNotMatch(readFileSync(`/proc/${probe.child.pid}/net/dev`, 'utf8'), /eth|ens|veth/, 'the probe has a network');

      const sent = [];
      for (let i = 0; i < 40; i++) {
        const target = i % 4 === 3 ? '/absent' : '/ok';
        const answer = await fetch(`http://127.0.0.1:${port}${target}`, { headers: { 'user-agent': `unit/${i}`, authorization: 'Bearer secret' } });
        await answer.arrayBuffer();
        sent.push(`unit/${i} GET ${target} ${answer.status}`);
      }
      await sleep(500);
      assert.deepEqual([await probe.stop(), await agent.stop()], [0, 0], `${probe.text}${agent.text}`);
      assert.match(agent.text, /everything captured was sent/);
      const rows = await tail(config);
      assert.deepEqual(
        rows
          .map((r) => `${r['http.request.headers'].find((h) => h.name === 'user-agent').value} ${r['http.request.method']} ${r['url.path']} ${r['http.response.status_code']}`)
          .sort(),
        sent.sort(),
      );
      assert.ok(rows.every((r) => r['process.executable.name'] === 'node' && r['http.response.headers'].some((h) => h.name === 'x-made-by')));
      server.closeAllConnections();
      server.close();
    },
  );
}

/** What is on the bus, as the agent's own tail tells it. */
async function tail(config) {
  const run = start([join(ROOT, 'apps/agent/bin/headwater-agent'), 'tail', '--config', config, '--format', 'json', '--since', '10m']);
  const rows = () => run.text.split('\n').filter((l) => l.startsWith('{'));
  for (let last = -1, quiet = 0; quiet < 20; await sleep(50)) {
    quiet = rows().length === last && last > 0 ? quiet + 1 : 0;
    last = rows().length;
    if (run.child.exitCode !== null) throw new Error(run.text);
  }
  await run.stop();
  return rows().map((l) => JSON.parse(l));
}

/** One exchange of `shop`, as an agent sends it. */
function anExchange() {
  const columns = new EventColumnsBuilder();
  columns.add({ start_time: BigInt(Date.now()) * 1_000_000n, 'service.name': 'shop', 'http.request.method': 'GET', 'http.route': '/ok', 'http.response.status_code': 200 });
  const starts = { started: 1, emitted: 1, filtered: {}, lost: {}, in_flight: 0 };
  const now = Date.now();
  const account = {
    ...{ watermark_unix_ms: now, since_unix_ms: now - 1, until_unix_ms: now, request: starts, response: starts },
    ...{ exchanges: 1, unread: {}, coverage: 1, source: 'live' },
  };
  return { ...makeRecord({ identity: { hostId: 'unit', incarnation: 'i' }, seq: 1, columns: columns.finish(), account }), partition: 0 };
}

/** The fleet is asked about. */
function aRequest() {
  const minute = Date.now() - (Date.now() % 60_000);
  const window = { start: new Date(minute - 600_000).toISOString(), end: new Date(minute - 60_000).toISOString() };
  const id = insightId('request', {}, window);
  const request = { schema: 1, id, subject: {}, window, requested_at: new Date().toISOString(), requested_by: 'unit' };
  return { key: id, value: Buffer.from(JSON.stringify(request)), headers: { 'content-type': 'application/json' } };
}

/** What each service is given, and the topic in which its work shows. */
const WORK = {
  relay: { topic: 'headwater.header-events.v1', record: anExchange, made: 'headwater.header-events.json.v1' },
  insights: { topic: 'headwater.insight-requests.v1', record: aRequest, made: 'headwater.insights.v1' },
};

for (const name of SERVICES) {
  test(`headwater-${name}.service, run by its own words: does its work; no capability, seccomp, mounts as the unit says`, { skip, timeout: 120_000 }, async (t) => {
    const unit = readUnit(`headwater-${name}.service`);
    const home = mkdtempSync(join(dir, `${name}-`));
    const writable = join(home, 'lib');
    mkdirSync(writable, { mode: 0o700 });
    chmodSync(home, 0o755);
    const config = join(home, `${name}.yaml`);
    const { topic, record, made } = WORK[name];
    const settings = { kind: 'embedded', path: join(writable, 'bus.db'), retention_ms: 3_600_000, retention_bytes: 16_777_216 };
    const bus = await openBus({ kind: 'embedded', path: settings.path, retentionMs: settings.retention_ms, retentionBytes: settings.retention_bytes });
    t.after(() => bus.close());
    await bus.applyTopics(topicsFor('embedded', 'headwater'), { dryRun: false });
    await bus.publish(topic, [record()]);
    for (const path of [writable, ...readdirSync(writable).map((f) => join(writable, f))]) chownSync(path, USER, USER);
    const port = await freePort();
    const embedded = (of) => ({ kind: 'embedded', path: join(writable, `${of}.db`) });
    writeFileSync(config, JSON.stringify({ bus: settings, state: embedded('state'), admin: { port }, ...(name === 'insights' ? { store: embedded('summaries') } : {}) }));
    const helper = confine(dir);
    chmodSync(join(helper, '..'), 0o755);
    const replace = { [`/etc/headwater-${name}/${name}.yaml`]: config };
    const service = start(commandOf(unit, { uid: USER, writable, replace, env: {}, helper }));
    const healthy = () =>
      fetch(`http://127.0.0.1:${port}/healthz`)
        .then((a) => a.ok)
        .catch(() => false);
    for (const end = performance.now() + 60_000; !(await healthy()); await sleep(50))
      assert.ok(service.child.exitCode === null && performance.now() < end, `not healthy: ${service.text}`);
    for (const s of held(service.child.pid))
      assert.deepEqual(s, { Uid: `${USER}`, CapInh: NONE, CapPrm: NONE, CapEff: NONE, CapBnd: NONE, CapAmb: NONE, NoNewPrivs: '1', Seccomp: '2' });
    const out = async () => (await bus.ranges(made)).some((r) => r.next > r.earliest);
    for (const end = performance.now() + 60_000; !(await out()); await sleep(100)) assert.ok(performance.now() < end, `nothing on ${made}: ${service.text}`);
    assert.equal(await service.stop(), 0, service.text);
  });
}
