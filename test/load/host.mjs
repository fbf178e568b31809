// The bench's part on one host: what capture costs nginx, what the agent costs, whether every exchange is there, how fresh.
// nginx's worker is pinned to core 0; the load, the agent and everything else to core 1.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startNginx } from '../e2e/nginx.mjs';
import { eventually, get, getAll, startStandalone, token } from '../e2e/standalone.mjs';
import { cpuUs, peakRssMb, quantile, rssMb, runNs, spread } from './proc.mjs';

const run = promisify(execFile);
const BODY = `{"items":[${Array.from({ length: 18 }, (_, i) => `{"id":${i}}`).join(',')}]}`.padEnd(201, ' ');
const REQUEST_HEADERS = [
  'User-Agent: bench/1.0 (X11; Linux x86_64)',
  'Accept: application/json',
  'Accept-Language: en-GB,en;q=0.8',
  'Accept-Encoding: gzip, br',
  'Authorization: Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJiZW5jaCJ9.',
  'X-Request-Id: 7f3c2a1b9d8e4f60',
  'Cache-Control: no-cache',
];
const RESPONSE_HEADERS = ['X-Request-Id 7f3c2a1b9d8e4f60', 'Cache-Control no-store', 'X-Frame-Options DENY', 'Vary Accept', 'X-RateLimit-Remaining 99'];
const LOCATION = `
    location = /bench { default_type application/json; ${RESPONSE_HEADERS.map((h) => `add_header ${h.replace(' ', ' "')}";`).join(' ')} return 200 '${BODY}'; }
    location = /stub { access_log off; stub_status; }`;
const JSON_LOG_FIELDS = [
  'request_method',
  'request_uri',
  'status',
  'request_time',
  'body_bytes_sent',
  'remote_addr',
  'http_host',
  'http_user_agent',
  'http_accept',
  'http_accept_language',
  'http_accept_encoding',
  'http_authorization',
  'http_x_request_id',
  'http_cache_control',
  'sent_http_server',
  'sent_http_date',
  'sent_http_content_type',
  'sent_http_content_length',
  'sent_http_connection',
  'sent_http_x_request_id',
  'sent_http_cache_control',
  'sent_http_vary',
];

async function pinned(nginx) {
  await run('taskset', ['-cp', '0', String(nginx.pid)]);
  return nginx;
}

/** Requests nginx says it served (stub_status), less the reads of stub_status themselves. */
async function served(nginx) {
  const text = await (await fetch(`http://127.0.0.1:${nginx.port}/stub`)).text();
  const [, , requests] = /\n\s*(\d+) (\d+) (\d+)/.exec(text).slice(1).map(Number);
  nginx.stubs = (nginx.stubs ?? 0) + 1;
  return requests - nginx.stubs;
}

const headerArgs = REQUEST_HEADERS.flatMap((h) => ['-H', h]);

async function wrk(nginx, seconds) {
  const { stdout } = await run('taskset', ['-c', '1', 'wrk', '-t1', '-c16', `-d${seconds}s`, ...headerArgs, `http://127.0.0.1:${nginx.port}/bench`]);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0);
}

/** us of nginx CPU a request under saturation, over `seconds`. */
async function saturate(nginx, seconds) {
  const before = { ns: runNs(nginx.pid), n: await served(nginx) };
  const rps = await wrk(nginx, seconds);
  const after = { ns: runNs(nginx.pid), n: await served(nginx) };
  return { us: (after.ns - before.ns) / 1000 / (after.n - before.n), requests: after.n - before.n, rps };
}

async function onCore1(pid) {
  await run('taskset', ['-acp', '1', String(pid)]);
}

async function start(nginx) {
  const stateDir = mkdtempSync(join(tmpdir(), 'hw-bench-'));
  const standalone = await startStandalone(
    ['--no-demo', '--no-install', '--scope', `port=${nginx.port}`, '--api-port', String(await freePort()), '--identity-port', String(await freePort())],
    { stateDir },
  );
  for (const pid of Object.values(standalone.info.processes)) await onCore1(pid);
  return {
    ...standalone,
    stateDir,
    async end() {
      const exit = await standalone.stop();
      rmSync(stateDir, { recursive: true, force: true });
      return exit;
    },
  };
}

/** Exchanges the API shows for /bench, and what it says was lost, once both stand still. */
async function counted(info) {
  const bearer = await token(info);
  let before = -1;
  let answer;
  await eventually(
    async () => {
      const { data, quality } = await getAll(info, bearer, '/v1/request-patterns?start=now-1h&end=now&group_by=route&limit=1000');
      answer = { exchanges: data.find((r) => r.route === '/bench')?.exchanges ?? 0, quality };
      const still = answer.exchanges === before;
      before = answer.exchanges;
      return still && answer.exchanges > 0;
    },
    30_000,
    2_000,
  );
  return answer;
}

const lostCount = (q) => (typeof q.lost === 'number' ? q.lost : Object.values(q.lost ?? {}).reduce((a, b) => a + b, 0));

/** nginx CPU a request: nothing, its own buffered JSON log, captured; interleaved, in one run. */
export async function nginxCost({ rounds, seconds, say }) {
  const plain = await pinned(await startNginx({ extra: `access_log off;${LOCATION}` }));
  const logDir = mkdtempSync(join(tmpdir(), 'hw-bench-log-'));
  const logged = await pinned(
    await startNginx({
      extra: `access_log ${logDir}/json.log bench buffer=64k flush=1s;${LOCATION}`,
      http: `log_format bench escape=json '{${JSON_LOG_FIELDS.map((f) => `"${f}":"$${f}"`).join(',')}}';`,
    }),
  );
  const rows = { nothing: [], json_log: [], captured: [] };
  const rps = { nothing: [], json_log: [], captured: [] };
  const losses = [];
  try {
    await saturate(plain, 1);
    for (let i = 0; i < rounds; i += 1) {
      const order = i % 2 ? ['json_log', 'nothing'] : ['nothing', 'json_log'];
      for (const what of order) {
        const r = await saturate(what === 'nothing' ? plain : logged, seconds);
        rows[what].push(r.us);
        rps[what].push(r.rps);
      }
      const headwater = await start(plain);
      const before = await served(plain);
      const r = await saturate(plain, seconds);
      rows.captured.push(r.us);
      rps.captured.push(r.rps);
      const total = (await served(plain)) - before;
      await sleep(1_500);
      const c = await counted(headwater.info);
      losses.push({ served: total, delivered: c.exchanges, lost: lostCount(c.quality) });
      await headwater.end();
      say(
        `  round ${i + 1}/${rounds}: nothing ${rows.nothing.at(-1).toFixed(2)}, JSON log ${rows.json_log.at(-1).toFixed(2)}, captured ${r.us.toFixed(2)} us; ${total} served, ${c.exchanges} delivered, ${losses.at(-1).lost} lost`,
      );
    }
  } finally {
    await plain.stop();
    await logged.stop();
    rmSync(logDir, { recursive: true, force: true });
  }
  const added = (k) => spread(rows[k].map((us, i) => us - rows.nothing[i]));
  const ratio = (k) =>
    spread(
      rows[k].map((us, i) => us / rows.nothing[i]),
      3,
    );
  return {
    nginx_us: { nothing: spread(rows.nothing), json_log: spread(rows.json_log), captured: spread(rows.captured) },
    added_us: { json_log: added('json_log'), captured: added('captured') },
    ratio: { json_log: ratio('json_log'), captured: ratio('captured') },
    requests_per_s: { nothing: spread(rps.nothing, 0), json_log: spread(rps.json_log, 0), captured: spread(rps.captured, 0) },
    saturation: losses,
  };
}

/** Paced load: CPU of agent and probe an exchange, memory, completeness. */
export async function agentCost({ pace, rate, seconds, rounds, say }) {
  const nginx = await pinned(await startNginx({ extra: `access_log off;${LOCATION}` }));
  const headwater = await start(nginx);
  const { agent, probe } = headwater.info.processes;
  const us = { agent: [], probe: [], sum: [] };
  let total = 0;
  try {
    for (let i = 0; i < rounds; i += 1) {
      const before = { agent: cpuUs(agent), probe: cpuUs(probe) };
      const { stdout } = await run('taskset', ['-c', '1', pace, '127.0.0.1', String(nginx.port), String(rate), String(seconds), '16', '/bench', ...REQUEST_HEADERS]);
      const load = JSON.parse(stdout);
      await sleep(1_500); // the drain and the last batch belong to the load
      const after = { agent: cpuUs(agent), probe: cpuUs(probe) };
      us.agent.push((after.agent - before.agent) / load.answered);
      us.probe.push((after.probe - before.probe) / load.answered);
      us.sum.push((after.agent - before.agent + after.probe - before.probe) / load.answered);
      total += load.answered;
      say(`  ${rate}/s, round ${i + 1}/${rounds}: agent ${us.agent.at(-1).toFixed(2)}, probe ${us.probe.at(-1).toFixed(2)} us an exchange; late ${load.late}`);
    }
    const idle0 = cpuUs(agent) + cpuUs(probe);
    await sleep(5_000);
    const idle = (cpuUs(agent) + cpuUs(probe) - idle0) / 5;
    const c = await counted(headwater.info);
    return {
      rate,
      us_per_exchange: { agent: spread(us.agent), probe: spread(us.probe), sum: spread(us.sum) },
      idle_us_per_s: Math.round(idle),
      rss_mb: { agent: +rssMb(agent).toFixed(1), agent_peak: +peakRssMb(agent).toFixed(1), probe: +rssMb(probe).toFixed(1) },
      completeness: { served: total, delivered: c.exchanges, lost: lostCount(c.quality) },
    };
  } finally {
    await headwater.end();
    await nginx.stop();
  }
}

/** Response received by the client -> visible in the API, ms. */
export async function freshness({ samples, say }) {
  const nginx = await startNginx({ extra: 'location /fresh { return 200; }' });
  const headwater = await start(nginx);
  const ms = [];
  try {
    const bearer = await token(headwater.info);
    for (let i = 1; i <= samples; i += 1) {
      await (await fetch(`http://127.0.0.1:${nginx.port}/fresh`)).text();
      const sent = performance.now();
      const seen = await eventually(
        async () => {
          const { data } = await get(headwater.info, bearer, '/v1/request-patterns?start=now-15m&end=now&group_by=route&limit=100');
          return (data.find((r) => r.route.startsWith('/fresh'))?.exchanges ?? 0) >= i;
        },
        10_000,
        150,
      ); // the API lets a client ask ten times a second
      if (!seen) throw new Error(`exchange ${i} was not visible within 10 s`);
      ms.push(performance.now() - sent);
      await sleep(Math.random() * 300);
    }
    say(`  freshness: p50 ${quantile(ms, 0.5).toFixed(0)}, p99 ${quantile(ms, 0.99).toFixed(0)} ms of ${samples}`);
    return { p50_ms: Math.round(quantile(ms, 0.5)), p99_ms: Math.round(quantile(ms, 0.99)), max_ms: Math.round(Math.max(...ms)), n: samples };
  } finally {
    await headwater.end();
    await nginx.stop();
  }
}

/** The paced client, compiled. */
export async function buildPace(dir) {
  const out = join(dir, 'pace');
  await run('cc', ['-O2', '-o', out, new URL('./pace.c', import.meta.url).pathname.replaceAll('%20', ' ')]);
  return out;
}
