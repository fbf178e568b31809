// Show 2 of the spine: agents -> real Kafka -> two analyzers -> real Redis -> API, through kills and a rolled-back Redis.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../../infra/kafka/start.mjs';
import { startRedis } from '../../infra/redis/start.mjs';
import { healthy, metric, NODE, scratch, settingsFile, startApi } from './fleet.mjs';
import { freePort, startNginx } from './nginx.mjs';
import { eventually, getAll, ROOT, token } from './standalone.mjs';
import { countTopic, groupLag } from './topic-count.mjs';

const run = promisify(execFile);
const HOSTS = 4;
const RATE = 400;
const SECONDS = 60;

function fnv1a32(text) {
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(text)) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  return h;
}

/** Host ids whose partitions differ, so that both analyzers have work. */
function hostIds(n) {
  const ids = [];
  const taken = new Set();
  for (let i = 0; ids.length < n; i += 1) {
    const id = `host-${i}`;
    const p = fnv1a32(id) % 12;
    if (taken.has(p) || p % n !== ids.length) continue;
    taken.add(p);
    ids.push(id);
  }
  return ids;
}

test(
  'two analyzers, three SIGKILLs, one Redis rolled back: counts exact per window',
  { skip: process.getuid() === 0 ? false : 'capture needs root', timeout: 300_000 },
  async (t) => {
    const { dir, start } = scratch(t, 'hw-fleet-');
    const kafka = await startKafka({ dir: join(dir, 'kafka') });
    t.after(() => kafka.stop());
    const redis = await startRedis({ dir: join(dir, 'redis') });
    t.after(() => redis.stop());
    const bus = { kind: 'kafka', brokers: kafka.bootstrap };
    const store = { kind: 'redis', url: redis.url };
    const applied = await run(NODE, [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--brokers', kafka.bootstrap.join(',')]);
    assert.match(applied.stdout, /headwater\.header-events\.v1/);

    const info = await startApi({ dir, start, identityPort: await freePort(), apiPort: await freePort(), store });

    const analyzerOf = async (name) => {
      const port = await freePort();
      const p = start(name, NODE, ['apps/analyzer/dist/main.js', '--config', settingsFile(dir, name, { bus, store, state: store, admin: { port }, close_after_ms: 5_000 })]);
      p.port = port;
      return healthy(p, `http://127.0.0.1:${port}/healthz`);
    };
    const analyzers = [await analyzerOf('analyzer-a'), await analyzerOf('analyzer-b')];

    const hosts = [];
    for (const [i, id] of hostIds(HOSTS).entries()) {
      const nginx = await startNginx();
      t.after(() => nginx.stop());
      const socket = join(dir, `${id}.sock`);
      const probe = start(`probe-${id}`, join(ROOT, 'bpf/build/headwater-probe'), ['--socket', socket, '--scope', `port=${nginx.port}`]);
      await probe.until(/ready/);
      const adminPort = await freePort();
      const agent = start(`agent-${id}`, NODE, [
        'apps/agent/dist/main.js',
        '--config',
        settingsFile(dir, id, {
          host_id: id,
          bus,
          probe: { socket },
          admin: { port: adminPort },
          services: [{ service: `shop-${i}`, port: nginx.port }],
          fingerprints: { enabled: false },
        }),
      ]);
      await healthy(agent, `http://127.0.0.1:${adminPort}/healthz`);
      hosts.push({ id, nginx, probe, agent, service: `shop-${i}` });
    }
    await sleep(2_000);

    await run('cc', ['-O2', '-o', join(dir, 'pace'), join(ROOT, 'test/load/pace.c')]);
    const paths = ['/ok', '/created', '/missing', '/broken?x=1'];
    const loads = Promise.all(
      hosts.map(async ({ nginx }, i) => {
        // /broken answers 500 and closes; it goes last and short, on connections of its own.
        const result = await run(join(dir, 'pace'), ['127.0.0.1', String(nginx.port), String(RATE), String(SECONDS), '8', paths[i % 3], 'X-Load: yes']);
        await run('ab', ['-q', '-n', '200', '-c', '2', `http://127.0.0.1:${nginx.port}${paths[3]}`]);
        return JSON.parse(result.stdout);
      }),
    );
    loads.catch(() => undefined); // said where it is awaited

    const folded = async (p) => (await metric(p.port, 'headwater_analyzer_exchanges_total')) ?? 0;
    const lag = () => groupLag({ brokers: kafka.bootstrap, topic: 'headwater.header-events.v1', group: 'headwater-analyzer' });
    const kills = [];
    let snapshotAt = 0;
    for (let k = 0; k < 3; k += 1) {
      await sleep(randomInt(500, 3_000));
      const which = k % 2;
      const victim = analyzers[which];
      // It must have done a good part of the work: more than 20 % of all that has been folded by the two that run now.
      const share = async () => {
        const all = await Promise.all(analyzers.map(folded));
        return all[which] / Math.max(1, all[0] + all[1]);
      };
      const ready = await eventually(async () => (await folded(victim)) > 1_000 && (await share()) > 0.2, 40_000, 100);
      assert.ok(ready, `${victim.name} had folded ${await folded(victim)}, ${await share()} of all`);
      // A backlog, so that the kill meets it in the middle of catching up.
      for (const a of analyzers) a.child.kill('SIGSTOP');
      await sleep(randomInt(800, 2_000));
      for (const a of analyzers) a.child.kill('SIGCONT');
      await sleep(randomInt(0, 60));
      const behind = await lag();
      await victim.kill('SIGKILL');
      kills.push({ victim: victim.name, lag_records: behind });
      assert.ok(behind > 0, 'nothing was waiting at the kill');
      if (k === 1) {
        await redis.snapshot();
        snapshotAt = Date.now();
      }
      analyzers[which] = await analyzerOf(`${victim.name}${k}`);
    }
    await sleep(Math.max(0, snapshotAt + 4_000 - Date.now()));
    await redis.kill();
    await redis.restoreSnapshot();
    const sent = await loads;
    assert.ok(
      sent.every((s) => s.errors === 0),
      JSON.stringify(sent),
    );

    const truth = new Map();
    for (const { nginx, service } of hosts) for (const [k, n] of nginx.counts()) truth.set(`${service} ${k}`, n);
    for (const h of hosts) assert.deepEqual(await h.agent.kill('SIGTERM'), { code: 0, signal: null }, h.agent.output);

    const topic = await countTopic({ brokers: kafka.bootstrap, topic: 'headwater.header-events.v1' });
    assert.equal(
      topic.rows,
      [...truth.values()].reduce((a, b) => a + b, 0),
      'what the topic holds is not what nginx served',
    );

    const bearer = await token(info);
    const windows = new Map();
    const starts = new Set([...topic.windows.keys()].map((k) => Number(k.split('|')[0])));
    const equal = await eventually(
      async () => {
        windows.clear();
        for (const start of starts) {
          const range = `start=${new Date(start).toISOString()}&end=${new Date(start + 10_000).toISOString()}`;
          const { data } = await getAll(info, bearer, `/v1/request-patterns?${range}&group_by=service,method,route,status&limit=1000`);
          for (const r of data) windows.set([start, r.service, r.method, r.route, r.status].join('|'), r.exchanges);
        }
        return windows.size === topic.windows.size && [...topic.windows].every(([k, n]) => windows.get(k) === n);
      },
      30_000,
      1_000,
    );
    const differ = [...topic.windows].filter(([k, n]) => windows.get(k) !== n).map(([k, n]) => `${k}: topic ${n}, API ${windows.get(k)}`);
    assert.ok(equal, `windows differ:\n${differ.slice(0, 20).join('\n')}\n${analyzers.map((a) => a.output.slice(-3_000)).join('\n---\n')}`);

    const sums = new Map();
    for (const [k, n] of windows) {
      const [, service, method, route, status] = k.split('|');
      const key = `${service} ${method} ${route} ${status}`;
      sums.set(key, (sums.get(key) ?? 0) + n);
    }
    assert.deepEqual(sums, truth);
    for (const a of analyzers) assert.deepEqual(await a.kill('SIGTERM'), { code: 0, signal: null }, a.output);
    t.diagnostic(`${topic.rows} exchanges in ${topic.batches} records, ${starts.size} windows; kills ${JSON.stringify(kills)}`);
  },
);
