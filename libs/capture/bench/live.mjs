// CPU of a live capture at a paced rate: a small server of ours on a port of its own, test/load/pace.c as the client,
// headwater-probe scoped to that port, this process as the agent that only takes batches. Run as root, after the builds:
//   node libs/capture/bench/live.mjs [RATE] [SECONDS] [PORT]
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DEFAULT_CAPTURE_OPTIONS, openLive } from '../dist/index.js';

const [rate = 10_000, seconds = 5, port = 18280] = process.argv.slice(2).map(Number);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'hw-live-'));
const children = [];
const start = (name, args) => (children.push(spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'] })), children.at(-1));
const ns = (pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);

/** CPU ns per thread name of this process. */
function threads() {
  const out = {};
  for (const t of readdirSync('/proc/self/task')) {
    try {
      const name = readFileSync(`/proc/self/task/${t}/comm`, 'utf8').trim();
      out[name] = (out[name] ?? 0) + Number(readFileSync(`/proc/self/task/${t}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // a thread that ended meanwhile
    }
  }
  return out;
}

try {
  execFileSync('gcc', ['-O2', '-o', join(dir, 'pace'), join(root, 'test/load/pace.c')]);
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error; events { worker_connections 256; }
http { access_log off; keepalive_requests 100000000; server { listen 127.0.0.1:${port};
add_header Cache-Control no-store; add_header Vary Accept-Encoding; add_header X-Request-Id $request_id; add_header X-Frame-Options DENY;
location / { default_type application/json; return 200 '{"ok":true}'; } } }`,
  );
  start('nginx', ['-c', join(dir, 'nginx.conf'), '-p', dir]);
  const probe = start(join(root, 'bpf/build/headwater-probe'), ['--socket', join(dir, 'p.sock'), '--scope', `port=${port}`]);
  await new Promise((resolve) => probe.stdout.on('data', (d) => /ready/.test(d) && resolve()));
  const capture = await openLive({ socketPath: join(dir, 'p.sock'), options: { ...DEFAULT_CAPTURE_OPTIONS, key: { id: 'k1', hex: '42'.repeat(32) } } });
  let rows = 0,
    batches = 0;
  capture.start(
    (b) => ((rows += b.columns.rows), batches++),
    (e) => e && console.error(e),
  );
  const measure = async (what) => {
    const before = threads(),
      p = ns(probe.pid),
      r = rows,
      b = batches,
      t = performance.now();
    await what();
    const ms = performance.now() - t,
      n = rows - r,
      after = threads();
    const cpu = Object.fromEntries(
      Object.entries(after)
        .map(([k, v]) => [k, v - (before[k] ?? 0)])
        .filter(([, v]) => v > 1e5),
    );
    return {
      ms: Math.round(ms),
      rows: n,
      batches: batches - b,
      cpu_ms: Object.fromEntries(Object.entries(cpu).map(([k, v]) => [k, +(v / 1e6).toFixed(1)])),
      probe_ms: +((ns(probe.pid) - p) / 1e6).toFixed(1),
      us_per_exchange: n > 0 ? +(Object.values(cpu).reduce((x, y) => x + y, 0) / n / 1000).toFixed(2) : null,
    };
  };
  await sleep(500);
  console.log('idle', JSON.stringify(await measure(() => sleep(3000))));
  let told = '';
  const load = async () => {
    const client = start(join(dir, 'pace'), [
      '127.0.0.1',
      String(port),
      String(rate),
      String(seconds),
      '16',
      '/api/orders/17?page=1',
      'User-Agent: bench/1.0',
      'Accept: application/json',
      'Accept-Encoding: gzip, br',
      'Authorization: Bearer abcdef0123456789',
      'X-Request-Id: 00000000-0000-4000-8000-100000000000',
      'Accept-Language: en',
    ]);
    client.stdout.on('data', (d) => (told += d));
    await new Promise((resolve) => client.on('exit', resolve));
  };
  console.log('load', JSON.stringify(await measure(load)), told.trim());
  await sleep(600);
  const t = capture.totals();
  console.log('lost', JSON.stringify(t.lost), 'records', t.kernel.records);
  await capture.stop();
} finally {
  for (const c of children) c.kill('SIGTERM');
  await sleep(200);
  rmSync(dir, { recursive: true, force: true });
}
