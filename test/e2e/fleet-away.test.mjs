// Bus and store that are away at the start and later, and records that are not ours: the fleet waits, says so, goes on, and counts exactly.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../../infra/kafka/start.mjs';
import { startRedis } from '../../infra/redis/start.mjs';
import { healthy, metric, NODE, scratch, settingsFile, startApi } from './fleet.mjs';
import { freePort, startNginx } from './nginx.mjs';
import { eventually, getAll, ROOT, token } from './standalone.mjs';
import { CompressionTypes, Kafka, logLevel, readAll } from './topic.mjs';

const run = promisify(execFile);
const EVENTS = 'headwater.header-events.v1';
const DEAD = 'headwater.dead-letter.v1';

test(
  'bus or store away at the start or later: waits, says so, recovers, counts exact',
  { skip: process.getuid() === 0 ? false : 'capture needs root', timeout: 240_000 },
  async (t) => {
    const { dir, start } = scratch(t, 'hw-away-');
    const [kafkaPort, redisPort, agentPort, analyzerPort] = await Promise.all(Array.from({ length: 4 }, freePort));
    const bus = { kind: 'kafka', brokers: [`127.0.0.1:${kafkaPort}`] };
    const store = { kind: 'redis', url: `redis://127.0.0.1:${redisPort}` };
    const health = async (port, path = 'healthz') => {
      const r = await fetch(`http://127.0.0.1:${port}/${path}`);
      return { status: r.status, text: await r.text() };
    };

    // Everything of ours first; neither Kafka nor Redis exists.
    const nginx = await startNginx();
    t.after(() => nginx.stop());
    const socket = join(dir, 'probe.sock');
    const probe = start('probe', join(ROOT, 'bpf/build/headwater-probe'), ['--socket', socket, '--scope', `port=${nginx.port}`]);
    await probe.until(/ready/);
    const agent = start('agent', NODE, [
      'apps/agent/dist/main.js',
      '--config',
      settingsFile(dir, 'agent', {
        host_id: 'away-1',
        bus,
        probe: { socket },
        admin: { port: agentPort },
        services: [{ service: 'shop', port: nginx.port }],
        fingerprints: { enabled: false },
      }),
    ]);
    const analyzer = start('analyzer', NODE, [
      'apps/analyzer/dist/main.js',
      '--config',
      settingsFile(dir, 'analyzer', { bus, store, state: store, admin: { port: analyzerPort }, close_after_ms: 5_000 }),
    ]);
    await agent.until(/"msg":"capturing"/);
    await sleep(1_500);
    const load = (path, n) => run('ab', ['-q', '-k', '-n', String(n), '-c', '4', `http://127.0.0.1:${nginx.port}${path}`]);
    await load('/ok', 300);
    await agent.until(/the bus takes nothing at present/);
    await analyzer.until(/"msg":"waiting"/);
    assert.ok(await eventually(async () => (await health(agentPort)).text.includes('bus'), 20_000), "the agent's health does not name the bus");
    assert.match((await health(agentPort)).text, /waiting/);
    assert.deepEqual(await health(analyzerPort, 'readyz'), { status: 503, text: '{"status":"waiting"}\n' });

    // Redis, and a Kafka without topics: they are named, with the command that creates them.
    const redis = await startRedis({ dir: join(dir, 'redis'), port: redisPort, appendonly: true, config: { appendfsync: 'always' } });
    t.after(() => redis.stop());
    const kafka = await startKafka({ dir: join(dir, 'kafka'), port: kafkaPort });
    t.after(() => kafka.stop());
    await agent.until(/headwater-admin topics apply/);
    await analyzer.until(/headwater-admin topics apply/);
    const applied = await run(NODE, [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--brokers', kafka.bootstrap.join(',')]);
    assert.match(applied.stdout, /headwater\.header-events\.v1/);
    await agent.until(/the bus takes batches again/);
    await healthy(analyzer, `http://127.0.0.1:${analyzerPort}/readyz`);

    const info = await startApi({ dir, start, identityPort: await freePort(), apiPort: await freePort(), store });

    const folded = async () => (await metric(analyzerPort, 'headwater_analyzer_exchanges_total')) ?? 0;
    const allFolded = async () => {
      const n = [...nginx.counts().values()].reduce((a, b) => a + b, 0);
      return (await folded()) >= n;
    };
    assert.ok(await eventually(allFolded, 30_000), `what was captured before Kafka existed did not arrive: ${await folded()}\n${agent.output}\n${analyzer.output}`);

    // Traffic, with Kafka away for 5 s in the middle.
    const traffic = (async () => {
      for (let i = 0; i < 24; i += 1) {
        await load(['/ok', '/created', '/missing'][i % 3], 100);
        await sleep(400);
      }
    })();
    traffic.catch(() => undefined); // said where it is awaited
    await sleep(2_000);
    await kafka.stopBroker(0);
    const said = analyzer.output.length;
    await sleep(5_000);
    await kafka.restart(0);
    await traffic;
    assert.ok(await eventually(allFolded, 60_000), `after Kafka was away: folded ${await folded()}\n${agent.output.slice(-3_000)}\n${analyzer.output.slice(said)}`);

    // Records that are not ours, one after the other in the agent's own partition.
    const client9 = new Kafka({ clientId: 'stranger', brokers: kafka.bootstrap, logLevel: logLevel.NOTHING });
    const [ours] = await readAll(client9, EVENTS);
    const damaged = Buffer.from(ours.value);
    damaged[damaged.length >> 1] ^= 0x40;
    const producer = client9.producer({
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    const strange = [
      { reason: 'missing_header', value: Buffer.from('{"hello":"world"}'), headers: {} },
      { reason: 'foreign', value: Buffer.from('{"hello":"world"}'), headers: { 'content-type': 'application/json' } },
      { reason: 'crc_mismatch', value: damaged, headers: ours.headers },
      { reason: 'newer_schema', value: ours.value, headers: { ...ours.headers, 'headwater-schema': '99' } },
    ];
    await producer.send({
      topic: EVENTS,
      compression: CompressionTypes.ZSTD ?? 4,
      messages: strange.map(({ value, headers }) => ({ key: 'away-1', partition: ours.partition, value, headers })),
    });
    await producer.disconnect();
    await load('/created', 200);
    assert.ok(await eventually(allFolded, 30_000), 'the partition stands still behind records that are not ours');
    const dead = await readAll(client9, DEAD);
    for (const { reason, value } of strange) {
      const letters = dead.filter((d) => d.headers['headwater-dead-letter-reason'] === reason);
      assert.equal(letters.length, 1, `${reason}: ${JSON.stringify(dead.map((d) => d.headers))}`);
      assert.ok(letters[0].value.equals(value), `${reason}: the dead letter is not what came`);
      assert.match(letters[0].key, new RegExp(`^${EVENTS.replaceAll('.', '\\.')}/${ours.partition}/\\d+$`));
      assert.equal(await metric(analyzerPort, 'headwater_analyzer_dead_letters_total', `reason="${reason}"`), 1);
    }

    // Redis killed in the middle of traffic; what it had acknowledged is on disk.
    const more = (async () => {
      for (let i = 0; i < 12; i += 1) {
        await load('/missing', 100);
        await sleep(250);
      }
    })();
    more.catch(() => undefined);
    await sleep(1_000);
    await redis.kill();
    await sleep(3_000);
    await redis.restart();
    await more;
    await run('ab', ['-q', '-n', '50', '-c', '2', `http://127.0.0.1:${nginx.port}/broken?x=1`]);

    // nginx's access log and the API agree.
    const truth = new Map([...nginx.counts()].map(([k, n]) => [`shop ${k.replace('?x=1', '')}`, n]));
    const total = [...truth.values()].reduce((a, b) => a + b, 0);
    assert.ok(await eventually(async () => (await metric(agentPort, 'headwater_emitted_total', 'kind="request"')) >= total, 10_000), 'the agent has not captured all');
    assert.equal((await metric(agentPort, 'headwater_lost_total')) ?? 0, 0, 'the agent counted losses');
    assert.deepEqual(await agent.kill('SIGTERM'), { code: 0, signal: null }, agent.output);
    const bearer = await token(info);
    let sums = new Map();
    const equal = await eventually(
      async () => {
        const range = `start=${new Date(Date.now() - 600_000).toISOString()}&end=${new Date(Date.now() + 60_000).toISOString()}`;
        // 503 says that the store is away; it must end.
        sums = new Map(
          (
            await getAll(info, bearer, `/v1/request-patterns?${range}&group_by=service,method,route,status&limit=1000`).catch((e) => {
              if (!/ 503 /.test(e.message)) throw e;
              return { data: [] };
            })
          ).data.map((r) => [`${r.service} ${r.method} ${r.route} ${r.status}`, r.exchanges]),
        );
        return sums.size === truth.size && [...truth].every(([k, n]) => sums.get(k) === n);
      },
      30_000,
      1_000,
    );
    assert.ok(equal, `API ${JSON.stringify([...sums])}, nginx ${JSON.stringify([...truth])}\n${analyzer.output.slice(-4_000)}`);
    assert.equal(await metric(analyzerPort, 'headwater_analyzer_lost_records_total'), 0);
    const missing = (await metric(analyzerPort, 'headwater_analyzer_sequence_gap_batches_total')) - (await metric(analyzerPort, 'headwater_analyzer_sequence_gap_filled_total'));
    assert.equal(missing, 0, 'batches are missing');
    assert.deepEqual(await analyzer.kill('SIGTERM'), { code: 0, signal: null }, analyzer.output);
    t.diagnostic(`${total} exchanges; dead letters ${dead.length}; memory dropped ${/memory dropped/.test(analyzer.output)}`);
  },
);
