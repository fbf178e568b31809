// `npm start`'s own script, run as a person would: privileges, refusals, what happens when something dies.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../tools/start/ports.mjs';
import { asked, running, start } from './harness.mjs';

const root = process.getuid() === 0;
const CAP = { dac_read_search: 1n << 2n, sys_ptrace: 1n << 19n, perfmon: 1n << 38n, bpf: 1n << 39n };
const alive = (pid) => existsSync(`/proc/${pid}/stat`);
const statuses = (pid) =>
  readdirSync(`/proc/${pid}/task`).map((task) =>
    Object.fromEntries(
      readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')
        .trim()
        .split('\n')
        .map((l) => l.split(/:\s*/, 2)),
    ),
  );
const caps = (status, set) => BigInt(`0x${status[set]}`);

/** Insights start last and are not waited for. */
async function insightsAnswer(info) {
  const there = () =>
    fetch(`${info.admin.insights}/healthz`).then(
      (a) => a.ok,
      () => false,
    );
  for (let waited = 0; !(await there()); waited += 50) {
    assert.ok(waited < 60_000, 'insights do not answer');
    await sleep(50);
  }
}

test('no thread of a Node process has a capability; the probe has what it needs and no more', { timeout: 150_000 }, async (t) => {
  const { info, run, stateDir } = await running(t);
  assert.ok(Object.keys(info.processes).length >= 5, JSON.stringify(info.processes));
  await insightsAnswer(info);
  for (const [name, pid] of Object.entries(info.processes)) {
    for (const status of statuses(pid)) {
      const at = `${name} ${status.Name}`;
      assert.equal(status.NoNewPrivs, '1', at);
      const most = name === 'probe' ? CAP.dac_read_search | CAP.sys_ptrace : 0n;
      for (const set of ['CapPrm', 'CapEff']) assert.equal(caps(status, set) & ~most, 0n, `${at}: ${set} ${status[set]}`);
      if (name !== 'probe') for (const set of ['CapInh', 'CapAmb']) assert.equal(caps(status, set), 0n, `${at}: ${set} ${status[set]}`);
      const bound = name === 'probe' ? CAP.dac_read_search | CAP.sys_ptrace | CAP.perfmon | CAP.bpf : 0n;
      if (root) assert.equal(caps(status, 'CapBnd') & ~bound, 0n, `${at}: CapBnd ${status.CapBnd}`);
    }
  }
  for (const file of ['standalone.json', 'clients.json', 'token.curl', 'fingerprint.key', 'logs/agent.log', 'config/agent.yaml'])
    assert.equal(statSync(join(stateDir, file)).mode & 0o777, 0o600, file);
  assert.equal(statSync(stateDir).mode & 0o777, 0o700);
  assert.ok(!run.output.includes(info.client_secret), 'the secret is printed');

  const second = start(['--state-dir', stateDir, '--no-demo', '--scope', 'port=1', '--api-port', String(await freePort()), '--identity-port', String(await freePort())]);
  assert.deepEqual(await second.gone, { code: 1, signal: null }, second.output);
  assert.match(second.output, new RegExp(`runs already on .* \\(pid ${run.child.pid}\\)`));
  assert.ok(existsSync(join(stateDir, 'standalone.json')), 'the second start left the first alone');

  const curl = /^curl -K .*$/m.exec(run.output)?.[0];
  const answer = await new Promise((ok) => {
    const sh = spawn('sh', ['-c', curl], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    sh.stdout.on('data', (d) => (out += d));
    sh.stderr.on('data', (d) => (out += d));
    sh.once('close', () => ok(out));
  });
  assert.ok(Array.isArray(JSON.parse(answer).data), `the printed line does not work: ${curl}\n${answer}`);

  run.child.kill('SIGTERM');
  assert.deepEqual(await run.gone, { code: 0, signal: null }, run.output);
  for (const [name, pid] of Object.entries(info.processes)) assert.ok(!alive(pid), `${name} is still there`);
  assert.ok(!existsSync(join(stateDir, 'standalone.json')));
});

test('a process that dies is named with its last words, and all end', { timeout: 150_000 }, async (t) => {
  const { info, run } = await running(t);
  process.kill(info.processes.analyzer, 'SIGKILL');
  assert.equal((await run.gone).code, 1);
  assert.match(run.output, /analyzer \(pid \d+\) ended by itself: signal SIGKILL/);
  for (const [name, pid] of Object.entries(info.processes)) assert.ok(!alive(pid), `${name} is still there`);
});

test('insights that die are named, and everything else goes on; told to stop while it starts, it stops in order', { timeout: 150_000 }, async (t) => {
  const { info, run } = await running(t);
  process.kill(info.processes.insights, 'SIGKILL');
  for (let waited = 0; !/insights \(pid \d+\) ended by itself: signal SIGKILL[\s\S]*everything else goes on/.test(run.output); waited += 50) {
    assert.ok(waited < 20_000, run.output);
    await sleep(50);
  }
  assert.ok(Array.isArray(await (await asked(info))('/v1/services')));
  for (const [name, pid] of Object.entries(info.processes)) assert.equal(alive(pid), name !== 'insights', name);
  run.child.kill('SIGTERM');
  await run.gone;
  assert.match(run.output, /insights: signal SIGKILL/);

  // The screen is there before insights are: SIGTERM meets a process that does not listen to it yet.
  const early = await running(t);
  early.run.child.kill('SIGTERM');
  assert.deepEqual(await early.run.gone, { code: 0, signal: null }, early.run.output);
});

test('when the start itself is killed, nothing of it stays', { timeout: 150_000 }, async (t) => {
  const { info, run } = await running(t);
  run.child.kill('SIGKILL');
  await run.gone;
  for (let waited = 0; Object.values(info.processes).some(alive); waited += 50) {
    assert.ok(
      waited < 20_000,
      `still there: ${Object.entries(info.processes)
        .filter(([, pid]) => alive(pid))
        .map(([n]) => n)
        .join(', ')}`,
    );
    await sleep(50);
  }
});

test('a taken port is refused with the name of who holds it', { timeout: 30_000 }, async (t) => {
  const server = net.createServer();
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  t.after(() => server.close());
  const { port } = server.address();
  const run = start(['--state-dir', join(tmpdir(), 'hw-never'), '--no-demo', '--scope', 'port=1', '--api-port', String(port)]);
  assert.equal((await run.gone).code, 1);
  assert.match(run.output, new RegExp(`port ${port} \\(--api-port\\) is taken by .* \\(pid ${process.pid}\\)`));
  assert.ok(!existsSync(join(tmpdir(), 'hw-never')));
});

/** "service METHOD status" -> how often, as the programs wrote it down themselves. */
function accessLogs(stateDir) {
  const counts = {};
  for (const service of ['shop', 'payments']) {
    const lines = readFileSync(join(stateDir, `logs/demo-${service}-access.ndjson`), 'utf8').split('\n');
    for (const text of lines.filter(Boolean)) {
      const { method, status } = JSON.parse(text);
      const key = `${service} ${method} ${status}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
}

test(
  'the demo shop is what is captured when nothing else is asked for, and the API counts what its logs do',
  { timeout: 150_000, skip: root ? false : 'capture needs root' },
  async (t) => {
    const { info, stateDir } = await running(t, ['--demo']);
    const get = await asked(info);
    const story = ['payments POST 401', 'shop POST 502', 'shop GET 401', 'shop GET 404', 'shop GET 500', 'shop POST 201', 'payments POST 201'];
    // The new release takes over half a minute after the start, and with it /checkout begins to fail.
    for (let waited = 0; !story.every((s) => accessLogs(stateDir)[s]); waited += 500) {
      assert.ok(waited < 60_000, `not within a minute: ${JSON.stringify(accessLogs(stateDir))}`);
      await sleep(500);
    }
    // No more visits: what is in the logs now is all there is, and all of it is to be seen.
    process.kill(info.processes.customers, 'SIGSTOP');
    t.after(() => alive(info.processes.customers) && process.kill(info.processes.customers, 'SIGCONT'));
    await sleep(1_500);
    const wanted = accessLogs(stateDir);
    let seen = {};
    for (let waited = 0; waited < 20_000; waited += 500) {
      seen = {};
      for (const d of await get('/v1/request-patterns?group_by=service,method,status&limit=1000')) seen[`${d.service} ${d.method} ${d.status ?? 0}`] = d.exchanges;
      if (JSON.stringify(Object.entries(seen).sort()) === JSON.stringify(Object.entries(wanted).sort())) break;
      await sleep(500);
    }
    assert.deepEqual(seen, wanted);
    const failures = await get('/v1/failures?group_by=service,method,route,status&limit=1000');
    assert.ok(
      failures.some((f) => f.service === 'shop' && f.route === '/checkout' && f.status === 502),
      JSON.stringify(failures),
    );
    const server = (await get('/v1/headers?limit=1000')).find((h) => h.name === 'server' && h.direction === 'response');
    const releases = server.top.map((v) => v.value ?? v.key ?? v);
    for (const release of ['shop/1.4.2', 'shop/1.5.0', 'payments/3.1.0']) assert.ok(JSON.stringify(releases).includes(release), JSON.stringify(server));
    const old = await get('/v1/headers?limit=1000');
    for (const name of ['deprecation', 'sunset', 'www-authenticate'])
      assert.ok(
        old.some((h) => h.name === name),
        name,
      );
    process.kill(info.processes.customers, 'SIGCONT');
  },
);
