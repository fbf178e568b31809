// headwater-agent tail and doctor as a person calls them: real nginx, real probe, nginx's access log as the truth.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Ajv2020 from 'ajv/dist/2020.js';
import { freePort, startNginx } from './nginx.mjs';
import { ROOT, eventually, get, startStandalone, token } from './standalone.mjs';

const AGENT = join(ROOT, 'apps/agent/bin/headwater-agent');
const root = process.getuid() === 0;
const skip = root ? false : 'capture needs root';
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
  JSON.parse(readFileSync(join(ROOT, 'libs/header-event/schemas/header-event.v1.schema.json'), 'utf8')),
);

/** A tail that reads; `out`, `err` grow, `stop()` ends it as Ctrl-C does and answers how it ended. */
async function startTail(t, args, { stdout = 'pipe' } = {}) {
  const child = spawn(AGENT, ['tail', ...args], { stdio: ['ignore', stdout, 'pipe'] });
  const run = { child, out: '', err: '' };
  child.stdout?.on('data', (d) => (run.out += d));
  child.stderr.on('data', (d) => (run.err += d));
  run.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  run.stop = () => {
    child.kill('SIGINT');
    return run.ended;
  };
  t.after(() => child.kill('SIGKILL'));
  const reading = await eventually(() => run.err.includes('-- ') || child.exitCode !== null, 30_000, 20);
  assert.ok(reading && child.exitCode === null, `tail does not read: ${run.err}`);
  return run;
}

const events = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** "METHOD /path STATUS" -> n, as nginx's log has it. */
function counts(rows) {
  const n = new Map();
  for (const e of rows) {
    const key = `${e['http.request.method']} ${e['url.path']} ${e['http.response.status_code']}`;
    n.set(key, (n.get(key) ?? 0) + 1);
  }
  return n;
}

const byKey = (map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

async function ask(nginx, method, path, headers = {}) {
  const answer = await fetch(`http://127.0.0.1:${nginx.port}${path}`, { method, headers, body: method === 'POST' ? 'a=b' : undefined });
  await answer.arrayBuffer();
}

async function traffic(nginx, n, headers) {
  const paths = ['/ok', '/created', '/missing', '/broken'];
  for (let i = 0; i < n; i++) await ask(nginx, i % 5 === 4 ? 'POST' : 'GET', paths[i % 4], headers);
}

/** Processes that hold the port's probe: none may be left. */
const probesOn = (port) => spawnSync('pgrep', ['-f', `headwater-probe.*port=${port}( |$)`], { encoding: 'utf8' }).stdout.trim();

test('tail --scope shows what nginx logged, no more and no less, as valid events without a secret', { skip, timeout: 120_000 }, async (t) => {
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const secret = `s${randomBytes(16).toString('hex')}`;
  const tail = await startTail(t, ['--scope', `port=${nginx.port}`]);
  await traffic(nginx, 200, { authorization: `Bearer ${secret}`, cookie: `sid=${secret}`, 'x-known': 'yes' });
  await eventually(() => tail.out.split('\n').length > 200, 5_000, 50);
  assert.deepEqual(await tail.stop(), { code: 0, signal: null }, tail.err);
  const rows = events(tail.out);
  assert.deepEqual(byKey(counts(rows)), byKey(nginx.counts()));
  for (const row of rows) assert.ok(validate(row), JSON.stringify([validate.errors, row]));
  assert.ok(!tail.out.includes(secret) && !tail.err.includes(secret), 'the secret is in the output');
  assert.equal(rows[0]['http.request.headers'].find((h) => h.name.toLowerCase() === 'x-known').action, 'presence');
  assert.ok(!tail.err.includes('-- lost') && !tail.err.includes('-- dropped'), tail.err);
  assert.equal(await eventually(() => probesOn(nginx.port) === '', 5_000), true, 'the probe is still there');
});

test('tail --where shows exactly those, as columns too', { skip, timeout: 120_000 }, async (t) => {
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const scope = ['--scope', `port=${nginx.port}`];
  const json = await startTail(t, [...scope, '--where', 'status=4xx', '--where', 'method=POST,path=/ok', '--where', 'header.user-agent=probe/*,status=201']);
  const columns = await startTail(t, [...scope, '--format', 'columns', '--where', 'status=500-599,method!=POST', '--headers']);
  await traffic(nginx, 100, { 'user-agent': 'node' });
  await ask(nginx, 'GET', '/created', { 'user-agent': 'probe/1' });
  await sleep(1_000);
  assert.deepEqual(await json.stop(), { code: 0, signal: null }, json.err);
  assert.deepEqual(await columns.stop(), { code: 0, signal: null }, columns.err);

  const truth = nginx.counts();
  const wanted = new Map([...truth].filter(([key]) => / 4\d\d$/.test(key) || key === 'POST /ok 200'));
  wanted.set('GET /created 201', 1);
  assert.deepEqual(byKey(counts(events(json.out))), byKey(wanted));

  const [heading, ...lines] = columns.out.trimEnd().split('\n');
  const shown = lines.filter((line) => /^\d\d:/.test(line));
  const failed = [...truth].filter(([key]) => /^GET .* 5\d\d$/.test(key)).reduce((n, [, k]) => n + k, 0);
  assert.equal(shown.length, failed);
  const at = heading.indexOf('STATUS');
  for (const line of shown) assert.deepEqual([line.slice(at, at + 6), line.slice(heading.indexOf('PATH')).split(' ')[0]], ['   500', '/broken']);
  assert.ok(
    lines.some((line) => line === '    > user-agent: node'),
    columns.out.slice(0, 2_000),
  );
  assert.ok(!columns.out.includes('\u001b'), 'colour without a terminal');
});

test('tail --output rotates without losing a line; --limit ends; a reader that leaves is no fault', { skip, timeout: 120_000 }, async (t) => {
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const dir = mkdtempSync(join(tmpdir(), 'hw-tail-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const scope = ['--scope', `port=${nginx.port}`];
  const out = join(dir, 'x.ndjson');
  const file = await startTail(t, [...scope, '--output', out, '--rotate-size', '64k', '--rotate-keep', '20']);
  const limited = await startTail(t, [...scope, '--limit', '7']);
  // head -n 1 as a shell would have it: its end of the pipe goes after the first line
  const bash = spawn('bash', ['-c', `"${AGENT}" tail --scope port=${nginx.port} | head -n 1 >/dev/null; echo "\${PIPESTATUS[0]}"`], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => bash.kill('SIGKILL'));
  let status = '';
  bash.stdout.on('data', (d) => (status += d));
  let reads = '';
  bash.stderr.on('data', (d) => (reads += d));
  assert.ok(await eventually(() => reads.includes('-- '), 30_000, 20), reads);

  await traffic(nginx, 300);
  assert.deepEqual(await limited.ended, { code: 0, signal: null }, limited.err);
  assert.equal(events(limited.out).length, 7);
  // It sees that nobody reads with the next rows it writes.
  await sleep(500);
  await traffic(nginx, 20);
  await eventually(() => status !== '', 10_000, 50);
  assert.equal(status.trim(), '0', reads);

  await sleep(500);
  assert.deepEqual(await file.stop(), { code: 0, signal: null }, file.err);
  const names = readdirSync(dir).sort();
  assert.ok(names.length > 3 && names.every((n) => /^x\.ndjson(\.\d+)?$/.test(n)), names.join());
  let all = '';
  for (let n = 20; n > 0; n--) if (names.includes(`x.ndjson.${n}`)) all += readFileSync(`${out}.${n}`, 'utf8');
  all += readFileSync(out, 'utf8');
  for (const name of names) assert.ok(statSync(join(dir, name)).size <= 64 << 10, name);
  assert.deepEqual(byKey(counts(events(all))), byKey(nginx.counts()));
});

test('a reader that stands still costs rows, counted, and Ctrl-C still ends it', { skip, timeout: 120_000 }, async (t) => {
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const dir = mkdtempSync(join(tmpdir(), 'hw-tail-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const fifo = join(dir, 'f');
  assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
  const hold = openSync(fifo, 'r+'); // a reader that never reads
  t.after(() => closeSync(hold));
  const stuck = await startTail(t, ['--scope', `port=${nginx.port}`], { stdout: hold });
  assert.equal(spawnSync('ab', ['-q', '-n', '12000', '-c', '4', '-k', `http://127.0.0.1:${nginx.port}/ok`]).status, 0);
  assert.ok(await eventually(() => /-- dropped \d+ rows/.test(stuck.err), 20_000), stuck.err);
  const began = performance.now();
  assert.deepEqual(await stuck.stop(), { code: 0, signal: null }, stuck.err);
  assert.ok(performance.now() - began < 8_000, 'it took long to end');
});

test('what the ring lost is said, and rows and losses add up to what nginx served', { skip, timeout: 120_000 }, async (t) => {
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const dir = mkdtempSync(join(tmpdir(), 'hw-tail-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const tail = await startTail(t, ['--scope', `port=${nginx.port}`, '--output', join(dir, 'x')]);
  const reader = readFileSync(`/proc/${tail.child.pid}/task/${tail.child.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.js'));
  // Nobody empties the ring of 4 MiB while more than that comes.
  process.kill(Number(reader), 'SIGSTOP');
  assert.equal(spawnSync('ab', ['-q', '-n', '20000', '-c', '4', '-k', `http://127.0.0.1:${nginx.port}/ok`]).status, 0);
  process.kill(Number(reader), 'SIGCONT');
  await sleep(1_500);
  // What is in doubt is decided by what comes after it on the connection, or by its end.
  await traffic(nginx, 20);
  await sleep(1_500);
  assert.deepEqual(await tail.stop(), { code: 0, signal: null }, tail.err);
  const lost = [...tail.err.matchAll(/^-- lost (\d+) requests?: (.*)$/gm)].reduce((n, [, k]) => n + Number(k), 0);
  const shown = events(readFileSync(join(dir, 'x'), 'utf8')).length;
  // Whose response was the first that had no room: it never ends.
  const open = Number(/^-- (\d+) requests? (?:was|were) under way/m.exec(tail.err)?.[1] ?? 0);
  assert.ok(lost > 100 && open < 5, tail.err);
  assert.equal(
    shown + lost + open,
    [...nginx.counts().values()].reduce((a, b) => a + b, 0),
    tail.err,
  );
});

test('what cannot be done is refused with the fix', { timeout: 60_000 }, () => {
  for (const [args, message] of [
    [['--where', 'stat=5xx'], /there is no field stat; the fields are/],
    [['--state-dir', '/nonexistent'], /no Headwater runs on \/nonexistent .*npm start/],
    [['--since', '5'], /give a time before now/],
    [['--replay', '/no/such.hwrec'], /there is no such file/],
    [['--scope', 'port=1', '--since', '5m'], /--since reads what the bus holds/],
    ...(root ? [[['--scope', 'prot=80'], /prot=80/]] : []),
  ]) {
    const { status, stderr } = spawnSync(AGENT, ['tail', ...args], { encoding: 'utf8', cwd: tmpdir() });
    assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
  }
});

test('tail and doctor on a running set-up: the same rows as nginx logged, and the analyzer counts them too', { skip, timeout: 180_000 }, async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'hw-tail-sd-'));
  t.after(() => rmSync(stateDir, { recursive: true, force: true }));
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const standalone = await startStandalone(
    ['--no-demo', '--no-install', '--scope', `port=${nginx.port}`, '--api-port', String(await freePort()), '--identity-port', String(await freePort())],
    { stateDir },
  );
  t.after(() => standalone.stop());
  await traffic(nginx, 40);
  const tail = await startTail(t, ['--state-dir', stateDir, '--since', '10m']);
  await traffic(nginx, 60);
  const total = () => [...nginx.counts().values()].reduce((a, b) => a + b, 0);
  await eventually(() => events(tail.out.slice(0, tail.out.lastIndexOf('\n') + 1)).length >= total(), 10_000);
  assert.deepEqual(await tail.stop(), { code: 0, signal: null }, tail.err);
  assert.deepEqual(byKey(counts(events(tail.out))), byKey(nginx.counts()));

  const bearer = await token(standalone.info);
  let seen;
  const same = await eventually(async () => {
    const { data } = await get(standalone.info, bearer, '/v1/services?start=now-15m&end=now');
    seen = data.find((s) => s.service === 'nginx')?.exchanges;
    return seen === total();
  }, 10_000);
  assert.ok(same, `the analyzer counts ${seen} of ${total()}`);

  const doctor = spawnSync(AGENT, ['doctor', '--json', '--config', join(stateDir, 'config/agent.yaml')], { encoding: 'utf8' });
  const { ok, checks } = JSON.parse(doctor.stdout);
  const named = Object.fromEntries(checks.map((c) => [c.name, c.status]));
  assert.equal(doctor.status, ok ? 0 : 1, doctor.stderr);
  for (const name of ['capabilities', 'hooks', 'config', 'fingerprint_key', 'probe_socket', 'bus', 'topics']) assert.equal(named[name], 'ok', JSON.stringify(checks, null, 1));
  assert.deepEqual(await standalone.stop(), { code: 0, signal: null }, standalone.output);
});

test('doctor: a line a check, what to do below each that is not ok, and the status they say', { timeout: 60_000 }, () => {
  const run = (args) => spawnSync(AGENT, ['doctor', ...args], { encoding: 'utf8', cwd: tmpdir() });
  const text = run([]);
  const json = run(['--json']);
  const { ok, checks } = JSON.parse(json.stdout);
  assert.deepEqual([text.status, json.status], ok ? [0, 0] : [1, 1], text.stderr);
  const lines = text.stdout.trimEnd().split('\n');
  const width = Math.max(...checks.map((c) => c.name.length));
  for (const c of checks) {
    const at = lines.findIndex((line) => line.startsWith(`${c.status.padEnd(4)}  ${c.name.padEnd(width)}  `));
    assert.ok(at >= 0, `${c.name} in\n${text.stdout}`);
    assert.equal(lines[at + 1].trim().startsWith('-> '), c.status !== 'ok', lines[at + 1]);
  }
  assert.equal(run(['--nonsense']).status, 2);
});
