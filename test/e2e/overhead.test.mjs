// The CPU ceiling, live: above it exchanges are sampled, which account, heartbeat, metrics and log say; errors stay whole;
// what is left out is counted; below it all are kept again.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildPace } from '../load/host.mjs';
import { metric, NODE, scratch, settingsFile } from './fleet.mjs';
import { freePort, startNginx } from './nginx.mjs';
import { eventually, ROOT } from './standalone.mjs';

const run = promisify(execFile);
/** Well over what an agent costs that is idle, well under what these small batches cost. */
const CEILING = 6;
const sum = (reasons) => Object.values(reasons).reduce((a, b) => a + b, 0);

test(
  'above its CPU ceiling the agent samples, says so everywhere, keeps errors, and stops',
  { skip: process.getuid() === 0 ? false : 'capture needs root', timeout: 150_000 },
  async (t) => {
    const { openBus } = await import('../../libs/event-bus/dist/index.js');
    const { TOPICS, openRecord, topicName } = await import('../../libs/header-event/dist/index.js');
    const { dir, start } = scratch(t, 'hw-overhead-');
    const bus = await openBus({ kind: 'embedded', path: join(dir, 'bus.db'), retentionMs: 3_600_000, retentionBytes: 1 << 30 });
    t.after(() => bus.close());
    const topics = Object.entries(TOPICS).map(([id, spec]) => ({ ...spec, name: topicName('headwater', id), partitions: 1 }));
    await bus.applyTopics(topics, { dryRun: false });
    const batches = [];
    const heartbeats = [];
    const [events, status] = [topicName('headwater', 'headerEvents'), topicName('headwater', 'agentStatus')];
    const subscription = await bus.consume('overhead-test', [events, status], {
      assigned: async () => [],
      revoked: async () => undefined,
      batch: async ({ topic, records }) => {
        for (const r of records) (topic === events ? batches : heartbeats).push(topic === events ? openRecord(r) : JSON.parse(Buffer.from(r.value).toString()));
        return { kind: 'next' };
      },
    });
    t.after(() => subscription.stop());

    const nginx = await startNginx();
    t.after(() => nginx.stop());
    const socket = join(dir, 'probe.sock');
    const probe = start('probe', join(ROOT, 'bpf/build/headwater-probe'), ['--socket', socket, '--scope', `port=${nginx.port}`]);
    await probe.until(/ready/);
    const port = await freePort();
    const file = settingsFile(dir, 'agent', {
      host_id: 'busy',
      bus: { kind: 'embedded', path: join(dir, 'bus.db') },
      probe: { socket },
      admin: { port },
      services: [{ service: 'shop', port: nginx.port }],
      fingerprints: { enabled: false },
      batch: { max_rows: 60, linger_ms: 20 },
      overhead: { cpu_ceiling_percent: CEILING },
    });
    const agent = start('agent', NODE, ['apps/agent/dist/main.js', '--config', file]);
    await agent.until(/"msg":"capturing"/);

    // Good answers at a rate that costs more than the ceiling, and a few that fail.
    const pace = await buildPace(dir);
    const args = (path, rate) => ['127.0.0.1', String(nginx.port), String(rate), '1', '8', path];
    const oneIn = () => metric(port, 'headwater_sampling_one_in');
    const load = () => Promise.all([run(pace, args('/ok', 6_000)), run(pace, args('/missing', 100))]);
    for (let second = 0; second < 60 && (await oneIn()) === 1; second += 1) await load();
    assert.ok((await oneIn()) > 1, `no sampling; ${await metric(port, 'headwater_cpu_percent')} % CPU\n${agent.output}`);
    await load();
    assert.match(agent.output, /above their CPU ceiling; exchanges are sampled more, errors and slow ones are kept/);
    assert.ok(await eventually(() => heartbeats.some((h) => h.sampling?.reason === 'governor' && h.sampling.one_in > 1), 10_000), 'no heartbeat says that it samples');
    const said = heartbeats.find((h) => h.sampling);
    assert.equal(said.cpu_ceiling_percent, CEILING);
    assert.ok(said.cpu_percent > 0 && Number.isFinite(Date.parse(said.sampling.since)));

    // Quiet: the rate is eased until all are kept.
    assert.ok(
      await eventually(async () => (await oneIn()) === 1, 70_000, 2_000),
      `the rate stays at 1 in ${await oneIn()}: ${await metric(port, 'headwater_cpu_percent')} % CPU\n${agent.output}`,
    );
    await run('ab', ['-q', '-n', '40', '-c', '2', `http://127.0.0.1:${nginx.port}/created`]);
    await sleep(1_000);
    assert.deepEqual(await agent.kill('SIGTERM'), { code: 0, signal: null }, agent.output);
    const served = nginx.counts();
    const a = { started: 0, emitted: 0, sampled: 0, lost: 0, in_flight: 0, through: 0, kept: 0 };
    const rows = new Map();
    const reasons = new Set();
    const reached = () => {
      Object.assign(a, { started: 0, emitted: 0, sampled: 0, lost: 0, through: 0, kept: 0 });
      rows.clear();
      for (const { account, columns } of batches) {
        a.started += account.request.started;
        a.emitted += account.request.emitted;
        a.sampled += account.request.filtered.sampled ?? 0;
        a.lost += sum(account.request.lost);
        for (const reason of Object.keys(account.request.lost)) reasons.add(reason);
        a.in_flight = account.request.in_flight;
        a.through += account.sampling?.exchanges ?? 0;
        a.kept += account.sampling?.kept ?? 0;
        for (let i = 0; i < columns.rows; i += 1) {
          const code = columns.columns['http.response.status_code'][i];
          const weight = columns.columns['headwater.weight'][i];
          const of = rows.get(code) ?? { rows: 0, weight: 0, ones: 0 };
          rows.set(code, { rows: of.rows + 1, weight: of.weight + weight, ones: of.ones + (weight === 1 ? 1 : 0) });
        }
      }
      return a.started >= [...served.values()].reduce((x, y) => x + y, 0);
    };
    assert.ok(await eventually(reached, 10_000), `not all came: ${JSON.stringify(a)}`);
    const ok = rows.get(200);
    const truth = served.get('GET /ok 200');
    assert.equal(a.lost, 0, [...reasons].join());
    assert.ok(a.sampled > 500, `sampled ${a.sampled}`);
    assert.equal(ok.rows + a.sampled, truth, 'rows and what was left out by declared sampling');
    assert.equal(a.through - a.kept, a.sampled);
    assert.equal(a.started, a.emitted + a.sampled + a.lost + a.in_flight);
    assert.ok(Math.abs(ok.weight - truth) / truth < 0.01, `weights say ${ok.weight} of ${truth}`);
    const errors = rows.get(404);
    assert.deepEqual([errors.rows, errors.ones], [served.get('GET /missing 404'), errors.rows]);
    assert.deepEqual(rows.get(201), { rows: 40, weight: 40, ones: 40 });
    t.diagnostic(
      `${truth} good ones served: ${ok.rows} rows that stand for ${ok.weight}, ${a.sampled} sampled out; ${errors.rows} errors, all kept; CPU ${said.cpu_percent} % over a ceiling of ${CEILING} %`,
    );
  },
);
