// What capture adds to nginx in each mode: CPU of its one worker per request, and ns per program run (bpf_stats).
//   node test/kernel/bench.mjs [PAIRS] [SECONDS] [RING_BYTES]      (root; wrk, nginx, taskset)
// Method: nginx on core 0, wrk on core 1, 16 keep-alive connections, 8 + 8 headers; the worker's
// run time from /proc/PID/schedstat over its stub_status requests; rounds interleaved, medians told.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, modes, nginx, programTimes } from './harness.mjs';

const [pairs = 6, seconds = 1, ring = 4194304] = process.argv.slice(2).map(Number);
const port = 18190;
const extra = Array.from({ length: 6 }, (_, i) => `add_header X-Answer-${i} "value of header number ${i}";`).join(' ');
const web = await nginx(
  port,
  `location /api { ${extra} default_type application/json; return 200 '{"id":12345,"name":"something","price":9.95}'; }
  location /status { stub_status; }`,
  { worker: 'worker_cpu_affinity 01;' },
);
execFileSync('taskset', ['-pc', '0', String(web.pid)], { stdio: 'ignore' });
const script = join(web.dir, 'headers.lua');
writeFileSync(
  script,
  `for i = 1, 6 do wrk.headers["X-Request-" .. i] = "value of header number " .. i end
wrk.headers["User-Agent"] = "bench/1.0"`,
);

const runTime = () => Number(readFileSync(`/proc/${web.pid}/schedstat`, 'utf8').split(' ')[0]);
const requests = () => Number(/\n\s*\d+ \d+ (\d+)/.exec(execFileSync('curl', ['-s', `http://127.0.0.1:${port}/status`], { encoding: 'utf8' }))[1]);
async function load() {
  const [n0, t0] = [requests(), runTime()];
  await once(spawn('taskset', ['-c', '1', 'wrk', '-t1', '-c16', `-d${seconds}s`, '-s', script, `http://127.0.0.1:${port}/api/orders/1`], { stdio: 'ignore' }), 'exit');
  const [n1, t1] = [requests(), runTime()];
  return { us: (t1 - t0) / (n1 - n0) / 1000, requests: n1 - n0 };
}
const start = ([scope, hooks]) => capture([scope], { hooks, probeArgs: ['--ring-bytes', String(ring)], readerArgs: ['--quiet', '--poll-ms', '3'] });

/** ns per run and runs of our programs: bpf_stats on during one load. */
async function programs(scope) {
  const cap = await start(scope);
  let n = 0;
  const ns = await programTimes(cap.probe, async () => {
    n = (await load()).requests;
  });
  const c = await cap.counters();
  await cap.stop();
  return { requests: n, ns_per_run: ns, lost: c.HW_C_LOST_RECORDS };
}

/** What runs: nothing, and each mode with nginx's port out of scope and in scope. */
const kinds = { none: null };
for (const hooks of modes) {
  const suffix = hooks === 'sock' ? '' : `_${hooks}`;
  kinds[`out_of_scope${suffix}`] = ['port=1', hooks];
  kinds[`captured${suffix}`] = [`port=${port}`, hooks];
}
const rounds = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
const drain = {};
let lost = 0;
await load();
for (let i = 0; i < pairs; i++) {
  const order = Object.keys(kinds);
  for (const kind of i % 2 ? order.toReversed() : order) {
    const cap = kinds[kind] && (await start(kinds[kind]));
    const cpu = await cap?.ask('cpu');
    const round = await load();
    rounds[kind].push(round.us);
    if (kind.startsWith('captured')) {
      lost += (await cap.counters()).HW_C_LOST_RECORDS;
      (drain[kind] ??= []).push(((await cap.ask('cpu')).us - cpu.us) / round.requests);
    }
    await cap?.stop();
  }
}
const median = (a) => a.toSorted((x, y) => x - y)[a.length >> 1];
const report = Object.fromEntries(
  Object.entries(rounds).map(([k, v]) => [k, { median: +median(v).toFixed(2), min: +Math.min(...v).toFixed(2), all: v.map((x) => +x.toFixed(2)) }]),
);
const added = (k) => median(rounds[k].map((us, i) => us - rounds.none[i])).toFixed(2);
const captures = Object.keys(kinds).filter((kind) => kinds[kind]);
const perProgram = {};
for (const kind of captures) perProgram[kind] = await programs(kinds[kind]);
console.log(
  JSON.stringify(
    {
      pairs,
      seconds,
      ring,
      nginx_us_per_request: report,
      added_us: Object.fromEntries(captures.map((kind) => [kind, added(kind)])),
      reader_us_per_request: Object.fromEntries(Object.entries(drain).map(([kind, us]) => [kind, +median(us).toFixed(2)])),
      lost_records: lost,
      programs: perProgram,
    },
    null,
    1,
  ),
);
await web.stop();
