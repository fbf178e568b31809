// Show 4 of trusted capture: the bus is away under 2,000 exchanges/s, and nothing is lost and nothing counts twice; with a
// spool of 1 MB what is lost is counted exactly; an agent that is killed meanwhile leaves all that it had written.
// HW_AWAY_S=60 is the long form.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../../infra/kafka/start.mjs';
import { buildPace } from '../load/host.mjs';
import { launch, metric, NODE, scratch, settingsFile } from './fleet.mjs';
import { freePort, startNginx } from './nginx.mjs';
import { eventually, ROOT } from './standalone.mjs';
import { readRows } from './topic-rows.mjs';

const run = promisify(execFile);
const AWAY_S = Number(process.env.HW_AWAY_S ?? 15);
const RATE = 2_000;
const TOPIC = 'headwater.header-events.v1';
const NAMES = ['one', 'two', 'three'];
const LOCATIONS = NAMES.map((n) => `location = /${n} { default_type application/json; return 200 '{"ok":true}'; }`).join('\n');

const sum = (reasons) => Object.values(reasons).reduce((a, b) => a + b, 0);

/** Probe, nginx and agent of one host. */
async function host(t, { dir, start, bus, name, spool, queue = {} }) {
  const nginx = await startNginx({ extra: LOCATIONS });
  t.after(() => nginx.stop());
  const socket = join(dir, `${name}.sock`);
  const probe = start(`probe ${name}`, join(ROOT, 'bpf/build/headwater-probe'), ['--socket', socket, '--scope', `port=${nginx.port}`]);
  await probe.until(/ready/);
  const port = await freePort();
  const settings = {
    host_id: name,
    bus,
    probe: { socket },
    admin: { port },
    services: [{ service: 'shop', port: nginx.port }],
    fingerprints: { enabled: false },
    spool: { dir: join(dir, `${name}-spool`), ...spool },
    queue,
  };
  const file = settingsFile(dir, name, settings);
  const agent = async () => {
    const p = start(`agent ${name}`, NODE, ['apps/agent/dist/main.js', '--config', file]);
    await p.until(/"msg":"capturing"/);
    return p;
  };
  return {
    nginx,
    port,
    file,
    settings,
    agent,
    served: () => [...nginx.counts().values()].reduce((a, b) => a + b, 0),
    value: async (metricName, labels) => (await metric(port, metricName, labels)) ?? 0,
  };
}

/** What a host's batches in the topic add up to, each number once. */
function account(records, name) {
  const seen = new Set();
  const exchanges = new Set();
  const a = { rows: 0, batches: 0, repeated: 0, incarnations: new Set(), started: 0, emitted: 0, filtered: 0, lost: {}, in_flight: 0, until: 0 };
  for (const r of records) {
    const [hostId, incarnation] = r.agent.split('/');
    if (hostId !== name) continue;
    if (seen.has(`${r.agent}#${r.seq}`)) {
      a.repeated += 1;
      continue;
    }
    seen.add(`${r.agent}#${r.seq}`);
    a.incarnations.add(incarnation);
    a.batches += 1;
    a.rows += r.exchanges.length;
    for (const e of r.exchanges) exchanges.add(e);
    const { request } = r.account;
    a.started += request.started;
    a.emitted += request.emitted;
    a.filtered += sum(request.filtered);
    for (const [reason, n] of Object.entries(request.lost)) a.lost[reason] = (a.lost[reason] ?? 0) + n;
    if (r.account.until_unix_ms >= a.until) [a.until, a.in_flight] = [r.account.until_unix_ms, request.in_flight];
  }
  return { ...a, distinct: exchanges.size };
}

test('a disk that is full refuses batches and nothing else, and what it has is sent all the same', { skip: process.getuid() === 0 ? false : 'mounts need root' }, async (t) => {
  const { Spool } = await import('../../apps/agent/dist/spool/spool.js');
  const at = mkdtempSync(join(tmpdir(), 'hw-full-'));
  await run('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'hw-spool-test', at]);
  t.after(async () => {
    await run('umount', [at]);
    rmdirSync(at);
  });
  const said = [];
  let seq = 0;
  const open = (incarnation) =>
    new Spool(
      {
        dir: join(at, 'spool'),
        maxBytes: 10_000_000,
        maxAgeMs: 60_000,
        identity: { hostId: 'h', incarnation },
        nextPlace: (_, exchanges) => ({ seq: ++seq, before: 0, exchanges }),
        say: (level, facts, text) => said.push(`${level} ${text} ${facts.reason ?? ''}`),
      },
      0,
    );
  const side = { started: 1, emitted: 1, filtered: {}, lost: {}, in_flight: 0 };
  const account = { watermark_unix_ms: 1, since_unix_ms: 0, until_unix_ms: 1, request: side, response: side, exchanges: 1, unread: {}, coverage: 1, source: 'live' };
  const put = (spool, n, now) => spool.append({ number: null, account, value: Buffer.alloc(50_000, n) }, now);
  const first = open('i-1');
  let kept = 0;
  while (typeof put(first, kept + 1, 0) !== 'string') kept += 1;
  assert.ok(kept >= 15 && kept <= 20, `${kept} batches of 50 kB on 1 MiB`);
  assert.equal(put(first, 99, 5_000), 'spool_error');
  assert.equal(said.length, 1, said.join('\n'));
  assert.match(said[0], /^error the spool cannot be written.*ENOSPC/);
  // Numbers overwrite bytes that are there, so the backlog drains from a full disk.
  const head = await first.head(120_000, 11_000);
  assert.equal(head.length, 2);
  first.delivered(head.map((b) => b.entry));
  await first.close();

  const second = open('i-2');
  assert.equal(second.batches, kept - 2);
  const values = [];
  for (let batches = await second.head(900_000, 30_000); batches.length > 0; batches = await second.head(900_000, 30_000)) {
    values.push(...batches.map((b) => b.value[0]));
    second.delivered(batches.map((b) => b.entry));
  }
  assert.deepEqual(
    values,
    Array.from({ length: kept - 2 }, (_, i) => i + 3),
  );
  assert.equal(second.lostInherited.spool_corrupt, undefined);
  assert.ok(typeof put(second, 1, 60_000) === 'object', 'there is room again');
  await second.close();
});

test(
  `bus away for ${AWAY_S} s under ${RATE} exchanges/s: all arrives once; with a spool of 1 MB the loss is exact; an agent killed meanwhile leaves its batches`,
  { skip: process.getuid() === 0 ? false : 'capture needs root', timeout: 150_000 + AWAY_S * 3_000 },
  async (t) => {
    const { dir, start } = scratch(t, 'hw-spool-');
    const [kafka, pace] = await Promise.all([startKafka({ dir: join(dir, 'kafka') }), buildPace(dir)]);
    t.after(() => kafka.stop());
    const bus = { kind: 'kafka', brokers: kafka.bootstrap };
    await run(NODE, [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--brokers', kafka.bootstrap.join(',')]);
    const load = async (nginx, path, rate, seconds) => {
      const { stdout } = await run(pace, ['127.0.0.1', String(nginx.port), String(rate), String(seconds), '8', `/${path}`, 'User-Agent: pace', 'Accept: application/json']);
      const { answered, errors } = JSON.parse(stdout);
      assert.equal(errors, 0, `the load had errors: ${stdout}`);
      return answered;
    };
    const roomy = await host(t, { dir, start, bus, name: 'roomy' });
    const tight = await host(t, { dir, start, bus, name: 'tight', spool: { max_bytes: 1_000_000 }, queue: { max_bytes: 1_000_000 } });
    let agent = await roomy.agent();
    const small = await tight.agent();

    // A second agent on the same directory is refused, with the pid of the first; the first notices nothing.
    const second = launch('second', NODE, ['apps/agent/dist/main.js', '--config', settingsFile(dir, 'second', { ...roomy.settings, admin: { port: 0 } })]);
    assert.equal((await second.gone).code, 1, second.output);
    assert.match(second.output, new RegExp(`spool\\.dir .* is used by another agent \\(pid ${agent.pid}\\)`));
    assert.equal(statSync(join(dir, 'roomy-spool')).mode & 0o777, 0o700);

    // First outage: the broker stands still, as a host does that is cut off.
    const under = Promise.all([load(roomy.nginx, 'one', RATE, AWAY_S + 5), load(tight.nginx, 'one', RATE / 2, AWAY_S + 5)]);
    under.catch(() => undefined); // said where it is awaited
    await sleep(2_500);
    const [broker] = kafka.pids();
    process.kill(broker, 'SIGSTOP');
    let peak = 0;
    let tightPeak = 0;
    try {
      for (const end = Date.now() + AWAY_S * 1_000; Date.now() < end; await sleep(500)) {
        peak = Math.max(peak, await roomy.value('headwater_spool_batches'));
        const names = readdirSync(join(dir, 'tight-spool')).filter((f) => f.endsWith('.seg'));
        tightPeak = Math.max(
          tightPeak,
          names.reduce((bytes, f) => bytes + (statSync(join(dir, 'tight-spool', f), { throwIfNoEntry: false })?.size ?? 0), 0),
        );
      }
    } finally {
      process.kill(broker, 'SIGCONT');
    }
    await under;
    assert.ok(peak > 0, 'nothing went to the spool');
    assert.ok(tightPeak > 500_000 && tightPeak <= 1_050_000, `the spool of 1 MB took ${tightPeak} bytes`);
    const caughtUp = async (h) => (await h.value('headwater_spool_batches')) === 0 && (await h.value('headwater_queue_batches')) === 0;
    const all = async (h) => (await h.value('headwater_started', 'kind="request"')) >= h.served() || (await h.value('headwater_starts_total', 'kind="request"')) >= h.served();
    assert.ok(
      await eventually(async () => (await all(roomy)) && (await all(tight)) && (await caughtUp(roomy)) && (await caughtUp(tight)), 60_000),
      `the backlog does not end\n${agent.output}`,
    );
    const tightLost = await tight.value('headwater_lost_total', 'kind="request"');
    assert.deepEqual(await small.kill('SIGTERM'), { code: 0, signal: null }, small.output);

    // Second outage: the broker dies; the agent is killed when all is on disk; the next one sends what it left.
    await kafka.kill(0);
    const before = await load(roomy.nginx, 'two', RATE, 6);
    const written = async () => {
      const there = (await roomy.value('headwater_emitted_total', 'kind="request"')) >= roomy.served();
      return there && (await roomy.value('headwater_queue_batches')) === 0 && (await roomy.value('headwater_in_flight', 'kind="request"')) === 0;
    };
    assert.ok(await eventually(written, 30_000), `memory is not empty: ${await roomy.value('headwater_queue_batches')} batches\n${agent.output}`);
    await sleep(1_000); // whatever the capture still held has come
    const left = await roomy.value('headwater_spool_batches');
    await agent.kill('SIGKILL');
    agent = await roomy.agent();
    assert.match(agent.output, /an earlier agent left batches in the spool/);
    const after = await load(roomy.nginx, 'three', RATE, 2);
    await kafka.restart(0);
    assert.ok(
      await eventually(async () => (await roomy.value('headwater_starts_total', 'kind="request"')) >= after && (await caughtUp(roomy)), 60_000),
      `what was left does not arrive\n${agent.output}`,
    );
    assert.deepEqual(await agent.kill('SIGTERM'), { code: 0, signal: null }, agent.output);
    assert.deepEqual(
      readdirSync(join(dir, 'roomy-spool')).filter((f) => f.endsWith('.seg')),
      [],
    );

    // nginx's log, and the topic as a stranger reads it.
    const records = await readRows({ brokers: kafka.bootstrap, topic: TOPIC });
    const a = account(records, 'roomy');
    assert.deepEqual({ rows: a.rows, distinct: a.distinct, lost: a.lost }, { rows: roomy.served(), distinct: roomy.served(), lost: {} });
    assert.equal(a.incarnations.size, 2);
    const b = account(records, 'tight');
    assert.equal(b.rows, b.distinct, 'an exchange is there twice');
    assert.deepEqual(Object.keys(b.lost), ['spool_full']);
    assert.ok(b.lost.spool_full > 0);
    assert.equal(b.rows + b.lost.spool_full, tight.served());
    assert.equal(tightLost, b.lost.spool_full, 'metrics and topic disagree');
    for (const x of [a, b]) assert.equal(x.started, x.emitted + x.filtered + sum(x.lost) + x.in_flight);
    t.diagnostic(
      `away ${AWAY_S} s: ${roomy.served()} served, ${a.rows} in the topic, ${a.repeated} records repeated under their number, at most ${peak} batches on disk; ` +
        `killed with ${left} batches (${before} exchanges) on disk; 1 MB: ${tight.served()} served, ${b.rows} in the topic, ${b.lost.spool_full} lost (spool_full), at most ${tightPeak} bytes`,
    );
  },
);
