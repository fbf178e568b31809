// Ways to start that a stranger may need: logging in with what the screen says, a replay, TLS, and what is refused.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../tools/start/ports.mjs';
import { asked, running, start } from './harness.mjs';
import { Person } from './person.mjs';

/** Logs in with STATE_DIR/login.json as a person would; answers what the dashboard then gets of /v1/services. */
async function logIn(person, stateDir) {
  const { url, user, password } = JSON.parse(readFileSync(join(stateDir, 'login.json'), 'utf8'));
  const api = new URL(url).origin;
  const closed = await person.send(`${api}/v1/services`, { headers: { accept: 'application/json' } });
  assert.equal(closed.status, 401, 'nothing is open before the login');
  const page = await person.follow(`${api}/bff/login?return_to=/failures`);
  assert.equal(page.status, 200, page.text);
  assert.match(page.text, /name="password"/);
  const wrong = await person.submit(page, { username: user, password: `${password}x` }, 'Sign in');
  assert.match(wrong.text, /name="password"/, 'a wrong password leads back to the form');
  let next = await person.submit(wrong, { username: user, password }, 'Sign in');
  if (/>\s*Allow/.test(next.text)) next = await person.submit(next, {}, 'Allow');
  assert.equal(next.url, `${api}/failures`, next.text.slice(0, 500));
  assert.equal(next.status, 200);
  const me = await person.send(`${api}/bff/me`, { headers: { accept: 'application/json' } });
  assert.deepEqual([me.status, JSON.parse(me.text).name], [200, user]);
  const services = await person.send(`${api}/v1/services`, { headers: { accept: 'application/json' } });
  assert.equal(services.status, 200, services.text);
  return { api, services: JSON.parse(services.text) };
}

const curlOf = (output) => /^curl -K .*$/m.exec(output)?.[0];

async function sh(command) {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (out += d));
  await new Promise((ok) => child.once('close', ok));
  return out;
}

test('a replay on demand: marked, counted, and the generated login opens the dashboard', { timeout: 150_000 }, async (t) => {
  const began = performance.now();
  const { info, run, stateDir } = await running(t, ['--replay']);
  t.diagnostic(`a start that finds everything built took ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  assert.deepEqual([info.source, info.processes.probe, info.dashboard], ['replay', undefined, `${info.api}/`]);
  assert.match(run.output, /REPLAY of the demo shop, marked as such/);
  assert.ok(run.output.includes(JSON.parse(readFileSync(join(stateDir, 'login.json'), 'utf8')).password), 'the screen has the password');
  const get = await asked(info);
  const services = async () => (await get('/v1/services')).map((s) => s.service).sort();
  for (let waited = 0; (await services()).length < 2; waited += 250) {
    assert.ok(waited < 30_000, `of the recording arrives: ${await services()}`);
    await sleep(250);
  }
  assert.deepEqual(await services(), ['payments', 'shop']);
  const person = new Person();
  const page = await logIn(person, stateDir);
  assert.deepEqual(page.services.data.map((s) => s.service).sort(), ['payments', 'shop']);
  // An insight on it, as the dashboard asks for one: by rules, since no gateway is named, and the screen says how to name one.
  assert.match(run.output, /Insights +by rules; by a model too with --gateway-url URL --gateway-model M/);
  const headers = { accept: 'application/json' };
  const taken = await person.send(`${page.api}/v1/insights`, { method: 'POST', json: {}, headers: { ...headers, 'x-headwater-csrf': '1' } });
  assert.equal(taken.status, 202, taken.text);
  let insight = JSON.parse(taken.text);
  for (let waited = 0; insight.state !== 'done'; waited += 250) {
    assert.ok(waited < 60_000, JSON.stringify(insight));
    await sleep(250);
    insight = JSON.parse((await person.send(`${page.api}${insight.links.self}`, { headers })).text);
  }
  assert.deepEqual([insight.model.state, insight.model.reason], ['off', 'no_gateway']);
  const names = [...person.cookies(page.api).keys()];
  assert.ok(names.includes('headwater_session') && !names.some((n) => n.startsWith('__Host-')), names.join());
});

test('TLS by a pair of files: https only, the login and the curl line work, the cookie is bound to the host', { timeout: 150_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hw tls-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=headwater',
    '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
  ];
  execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const { info, run, stateDir } = await running(t, ['--replay', '--host', '0.0.0.0', '--tls-cert', cert, '--tls-key', key]);
  assert.match(info.api, /^https:\/\/localhost:\d+$/);
  assert.ok(!run.output.includes('ssh -L'), 'who comes by https needs no tunnel');
  const person = new Person({ ca: readFileSync(cert, 'utf8') });
  const { api } = await logIn(person, stateDir);
  assert.ok(person.cookies(api).has('__Host-headwater_session'), [...person.cookies(api).keys()].join());
  await assert.rejects(new Person().send(`${api}/healthz`), /self-signed|certificate/);
  await assert.rejects(new Person().send(`${api.replace('https', 'http')}/healthz`), 'plain http is not answered');
  const answer = await sh(curlOf(run.output));
  assert.ok(Array.isArray(JSON.parse(answer).data), `the printed line does not work: ${curlOf(run.output)}\n${answer}`);
});

test('off loopback without TLS is refused before anything is written, with the line to type instead', { timeout: 30_000 }, async () => {
  const stateDir = join(tmpdir(), `hw-never-${process.pid}`);
  const ports = ['--api-port', String(await freePort()), '--identity-port', String(await freePort())];
  const run = start(['--state-dir', stateDir, ...ports, '--host', '0.0.0.0']);
  assert.deepEqual(await run.gone, { code: 2, signal: null });
  assert.match(run.output, /--host 0\.0\.0\.0 would send the password .* in clear/);
  assert.match(run.output, new RegExp(`ssh (-p \\d+ )?-L ${ports[1]}:127\\.0\\.0\\.1:${ports[1]} -L ${ports[3]}:127\\.0\\.0\\.1:${ports[3]} `));
  assert.ok(!existsSync(stateDir));
});
