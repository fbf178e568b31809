// An agent is killed under load, with real capture of a real nginx: every exchange that nginx served is counted or said to be lost, but for
// what the killed agent had taken from the ring and not yet handed over: at most what was served between the end of its last batch and the
// kill. What passes while no agent reads waits in the kernel's ring. Scoped to the test's own port. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE, settingsFile } from '../e2e/fleet.mjs';
import { freePort, startNginx } from '../e2e/nginx.mjs';
import { ROOT } from '../e2e/standalone.mjs';
import { readRows } from '../e2e/topic-rows.mjs';
import { buildPace } from '../load/host.mjs';
import { EVENTS, openFleet } from './fleet.mjs';

const run = promisify(execFile);
const NAME = 'agentkill';
const RATE = 1_000;
/** nginx writes its log when an answer is out, the agent says when a request began: at the edges they may differ by so much. */
const EDGE_MS = 50;

test('agent SIGKILL under load, real capture', { timeout: 300_000, skip: process.getuid() === 0 ? false : 'capture needs root' }, async (t) => {
  const fleet = await openFleet(t);
  const { dir, start } = fleet;
  const pace = await buildPace(dir);
  const log = join(dir, 'served.log');
  const nginx = await startNginx({ http: "log_format at '$msec';", extra: `access_log ${log} at; location = /x { default_type application/json; return 200 '{"ok":true}'; }` });
  t.after(() => nginx.stop());
  const socket = join(dir, 'probe.sock');
  await start('probe', join(ROOT, 'bpf/build/headwater-probe'), ['--socket', socket, '--scope', `port=${nginx.port}`]).until(/ready/);
  const file = settingsFile(dir, 'agent', {
    host_id: `${NAME}-host`,
    bus: fleet.bus,
    probe: { socket },
    admin: { port: await freePort() },
    services: [{ service: `${NAME}-shop`, port: nginx.port }],
    fingerprints: { enabled: false },
    // A sampled row stands for several, about: the count is to be exact on a busy machine too.
    overhead: { cpu_ceiling_percent: 0 },
    spool: { dir: join(dir, 'spool') },
  });
  const agent = () => start('agent', NODE, ['apps/agent/dist/main.js', '--config', file]).until(/"msg":"capturing"/);

  const first = await agent();
  const startMs = Date.now();
  const load = run(pace, ['127.0.0.1', String(nginx.port), String(RATE), '14', '8', '/x', 'User-Agent: pace', 'Accept: application/json']);
  load.catch(() => undefined); // said where it is awaited
  await sleep(5_000);
  const killedMs = Date.now();
  await first.kill('SIGKILL');
  const second = await agent();
  const capturingMs = Date.now();
  const { answered, errors } = JSON.parse((await load).stdout);
  assert.equal(errors, 0);
  await sleep(2_000);
  assert.deepEqual(await second.kill('SIGTERM'), { code: 0, signal: null }, second.output);

  const served = readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((s) => Math.round(Number(s) * 1_000));
  assert.equal(served.length, answered);
  const records = await readRows({ brokers: fleet.kafka.bootstrap, topic: EVENTS });
  const incarnations = [...Map.groupBy(records, (r) => r.agent).values()].sort((a, b) => Math.min(...a.map(since)) - Math.min(...b.map(since)));
  assert.equal(incarnations.length, 2);
  const ended = Math.max(...incarnations[0].map((r) => r.account.until_unix_ms));
  // A connection outlives the agent that numbers its exchanges: each agent begins at 1.
  const distinct = new Set(records.flatMap((r) => r.exchanges.map((id) => `${r.agent} ${id}`))).size;
  const said = records.reduce((n, r) => n + Object.values(r.account.request.lost).reduce((a, b) => a + b, 0), 0);
  const unseen = served.length - distinct - said;
  const inMemory = served.filter((ms) => ms > ended - EDGE_MS && ms < killedMs + EDGE_MS).length;
  assert.ok(
    unseen >= 0 && unseen <= inMemory,
    `${served.length} served, ${distinct} in the topic, ${said} said to be lost; ${unseen} in neither, but ${inMemory} were served between the killed agent's last batch (${ended}) and its end (${killedMs})`,
  );
  // What passed while no agent read is not thrown away: the next one takes it from the ring.
  const waited = served.filter((ms) => ms > killedMs && ms < capturingMs).length;
  assert.ok(waited > 100 && said < waited / 2, `${waited} waited in the ring, ${said} of all are said to be lost`);
  await fleet.exact({
    fault: `agent SIGKILL under load: ${served.length} served by nginx = ${distinct} counted + ${said} counted lost + ${unseen} in the killed agent's memory`,
    load: { options: { name: NAME }, startMs },
    killed: true,
    lost: said,
  });
});

function since(record) {
  return record.account.since_unix_ms;
}
