// Show 1 of the spine: real nginx, real traffic, the API's counts equal to nginx's access log; no secret anywhere.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startNginx } from './nginx.mjs';
import { eventually, get, getAll, startStandalone, token } from './standalone.mjs';

const run = promisify(execFile);
const root = process.getuid() === 0;

function files(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath ?? e.path, e.name));
}

test('nginx traffic is counted exactly by method, route and status, and no secret stays', { skip: root ? false : 'capture needs root', timeout: 180_000 }, async (t) => {
  const stateDir = join(mkdtempSync(join(tmpdir(), 'hw e2e-')), 'state dir');
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const standalone = await startStandalone(
    ['--no-demo', '--no-install', '--scope', `port=${nginx.port}`, '--api-port', String(await freePort()), '--identity-port', String(await freePort())],
    { stateDir },
  );
  t.after(() => standalone.stop());
  const { info } = standalone;
  assert.equal(info.schema, 1);
  assert.equal(statSync(join(stateDir, 'standalone.json')).mode & 0o777, 0o600);
  assert.equal(statSync(stateDir).mode & 0o777, 0o700);

  const base = `http://127.0.0.1:${nginx.port}`;
  const secret = `s3cr3t${randomBytes(12).toString('hex')}`;
  await run('ab', ['-q', '-n', '2000', '-c', '8', '-k', `${base}/ok`]);
  await run('ab', ['-q', '-n', '1500', '-c', '4', `${base}/created`]);
  await run('ab', ['-q', '-n', '1000', '-c', '4', '-k', `${base}/missing`]);
  await run('ab', ['-q', '-n', '500', '-c', '2', `${base}/broken`]);
  for (let i = 0; i < 10; i += 1) {
    await run('curl', [
      '-s',
      '-o',
      join(stateDir, '..', 'curl.out'),
      '-H',
      `Authorization: Bearer ${secret}`,
      '-H',
      `Cookie: session=${secret}`,
      '-H',
      `X-Api-Key: ${secret}`,
      '-H',
      'X-Known: yes',
      '-A',
      'headwater-e2e/1',
      '-X',
      i % 2 ? 'POST' : 'GET',
      '-d',
      i % 2 ? 'a=b' : '',
      `${base}/ok?token=${secret}`,
    ]);
  }
  const truth = nginx.counts();
  const total = [...truth.values()].reduce((a, b) => a + b, 0);
  assert.equal(total, 5010);

  const bearer = await token(info);
  let seen = new Map();
  const equal = await eventually(async () => {
    const { data } = await getAll(info, bearer, '/v1/request-patterns?start=now-15m&end=now&group_by=method,route,status&limit=1000');
    seen = new Map(data.map((r) => [`${r.method} ${r.route} ${r.status}`, r.exchanges]));
    return seen.size === truth.size && [...truth].every(([k, n]) => seen.get(k) === n);
  }, 5_000);
  assert.ok(equal, `the API does not agree with nginx within 5 s:\n${JSON.stringify([...seen])}\n${JSON.stringify([...truth])}`);

  const failures = await getAll(info, bearer, '/v1/failures?start=now-15m&end=now&group_by=method,route,status&limit=1000');
  const failed = new Map(failures.data.map((r) => [`${r.method} ${r.route} ${r.status}`, r.client_errors + r.server_errors]));
  assert.deepEqual(failed, new Map([...truth].filter(([k]) => Number(k.split(' ')[2]) >= 400)));

  const latency = await get(info, bearer, '/v1/latency?start=now-15m&end=now');
  assert.equal(
    latency.data.reduce((n, p) => n + p.exchanges, 0),
    total,
  );
  for (const point of latency.data.filter((p) => p.exchanges > 0)) {
    assert.ok(point.ttfb_ms.p50 > 0 && point.ttfb_ms.p50 <= point.ttfb_ms.p99, JSON.stringify(point));
    assert.ok(point.total_ms.p99 >= point.ttfb_ms.p50, JSON.stringify(point));
  }

  const headers = await getAll(info, bearer, '/v1/headers?start=now-15m&end=now&limit=1000');
  const row = (direction, name) => headers.data.find((h) => h.direction === direction && h.name === name);
  assert.equal(row('request', 'authorization')?.exchanges, 10);
  assert.equal(row('request', 'cookie')?.exchanges, 10);
  assert.equal(row('request', 'x-known')?.exchanges, 10);
  assert.equal(row('request', 'host')?.exchanges, total);
  assert.equal(row('response', 'content-type')?.exchanges, total);
  assert.ok(
    row('request', 'user-agent').top.some((v) => v.value === 'headwater-e2e/1' && v.exchanges === 10),
    JSON.stringify(row('request', 'user-agent')),
  );

  const patterns = await get(info, bearer, '/v1/request-patterns?start=now-15m&end=now');
  assert.deepEqual(patterns.quality.lost, 0, JSON.stringify(patterns.quality));
  const services = await get(info, bearer, '/v1/services?start=now-15m&end=now');
  assert.equal(services.data.find((s) => s.service === 'nginx')?.exchanges, total, JSON.stringify(services.data));
  const agents = await get(info, bearer, '/v1/fleet/agents');
  assert.equal(agents.data.length, 1);

  assert.deepEqual(await standalone.stop(), { code: 0, signal: null }, standalone.output);
  const needles = [secret, Buffer.from(secret).toString('base64').slice(0, 30)];
  for (const needle of needles) {
    assert.ok(!standalone.output.includes(needle), 'the secret is in the process output');
    for (const file of files(stateDir)) assert.ok(!readFileSync(file).includes(needle), `the secret is in ${file}`);
  }
  rmSync(join(stateDir, '..'), { recursive: true, force: true });
});

test('what was captured right before SIGTERM is kept', { skip: root ? false : 'capture needs root', timeout: 180_000 }, async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'hw-e2e-term-'));
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const args = async () => ['--no-demo', '--no-install', '--scope', `port=${nginx.port}`, '--api-port', String(await freePort()), '--identity-port', String(await freePort())];
  const first = await startStandalone(await args(), { stateDir });
  t.after(() => first.stop());
  await run('ab', ['-q', '-n', '3000', '-c', '8', '-k', `http://127.0.0.1:${nginx.port}/ok`]);
  assert.deepEqual(await first.stop(), { code: 0, signal: null }, first.output);
  const second = await startStandalone(await args(), { stateDir });
  t.after(() => second.stop());
  const bearer = await token(second.info);
  let exchanges;
  const kept = await eventually(async () => {
    const { data } = await get(second.info, bearer, '/v1/services?start=now-15m&end=now');
    exchanges = data.find((s) => s.service === 'nginx')?.exchanges;
    return exchanges === 3000;
  }, 5_000);
  assert.ok(kept, `${exchanges} of 3000 exchanges after the restart`);
  assert.deepEqual(await second.stop(), { code: 0, signal: null }, second.output);
  rmSync(stateDir, { recursive: true, force: true });
});
