// A consumer that is not ours: kafka-python and pyarrow read what our bus published to a real Kafka, by the published
// schemas alone, and must find the same exchanges. Needs the built libraries (npm run build), Java, Maven, python3-venv.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openBus, topicsFor } from '@headwater/event-bus';
import { EventColumnsBuilder, makeRecord, partitionFor, toJson, topicName } from '@headwater/header-event';
import { startKafka } from '../../infra/kafka/start.mjs';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const TOPIC = topicName('headwater', 'headerEvents');
const PARTITIONS = 12;

/** A virtual environment of the pinned packages, made again when the pins change. */
async function python() {
  const venv = join(root, '.cache', 'consumer');
  const program = join(venv, 'bin', 'python');
  const pins = join(here, 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(pins)).digest('hex');
  const stamp = join(venv, 'requirements.sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return program;
  rmSync(venv, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', venv]);
  await run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '-r', pins], { maxBuffer: 16 << 20 });
  writeFileSync(stamp, digest);
  return program;
}

let seed = 20_261_122;
const random = (n) => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) % n;
const pick = (list) => list[random(list.length)];

/** Rows that use every column and every corner: absent values, repeats, all latin-1 bytes, 64-bit extremes. */
function row(host, i) {
  const latin1 = String.fromCharCode(...Array.from({ length: 40 }, (_, k) => 1 + ((i * 37 + k * 7) % 255)));
  return {
    start_time: 1_795_000_000_000_000_000n + BigInt(i) * 1_234_567n,
    'headwater.phase': pick(['complete', 'complete', 'begin', 'end']),
    'headwater.role': pick(['server', 'client']),
    'service.name': `shop-${host}`,
    'http.request.method': pick(['GET', 'POST', 'DELETE']),
    'url.scheme': 'http',
    'http.route': pick(['/a/{int}', '/b', '/']),
    'server.port': random(65_536),
    'http.response.status_code': pick([200, 201, 404, 500, 0]),
    'error.type': pick(['', '', 'connection_reset']),
    'headwater.ttfb_ns': pick([-1, random(1e9), 2 ** 52]),
    'headwater.total_ns': random(1e9),
    'http.request.size': random(1e6),
    'http.request.headers': Array.from({ length: random(6) }, (_, h) => ({
      name: pick(['Host', 'X-Trace', 'cookie']),
      value: `${latin1}${h}`,
      action: pick(['keep', 'hash', 'mask', 'presence', 'summary']),
    })),
    'http.response.headers': [
      { name: 'Set-Cookie', value: `a${i}` },
      { name: 'Set-Cookie', value: '' },
    ],
    'process.pid': random(2 ** 31),
    'headwater.connection': (1n << 63n) + BigInt(i),
    'headwater.ordinal': i,
    'headwater.weight': 1 + random(10),
    'rpc.grpc.status_code': pick([-1, 0, 14]),
    'headwater.flags': pick([[], ['gap'], ['replayed', 'end_inferred', 'head_malformed']]),
  };
}
const starts = (n) => ({ started: n + 1, emitted: n, filtered: { scope: 1 }, lost: {}, in_flight: 0 });
const account = (n, seq) => ({
  watermark_unix_ms: 1_795_000_000_000 + seq,
  since_unix_ms: 1_795_000_000_000 + seq - 1,
  until_unix_ms: 1_795_000_000_000 + seq,
  request: starts(n),
  response: starts(n),
  exchanges: n,
  unread: {},
  coverage: 1,
  source: 'live',
});

let kafka;
let bus;
before(async () => {
  kafka = await startKafka();
  bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'consumer-test', compression: 'zstd' });
  await bus.applyTopics(topicsFor('kafka', 'headwater'), { dryRun: false });
});
after(async () => {
  await bus?.close();
  await kafka?.stop();
});

const read = async () => {
  const { stdout } = await run(
    await python(),
    [join(here, 'consumer.py'), '--bootstrap', kafka.bootstrap.join(), '--topic', TOPIC, '--schemas', join(root, 'libs', 'header-event', 'schemas')],
    { maxBuffer: 256 << 20 },
  );
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
};

test('kafka-python and pyarrow find the same exchanges in the topic', { timeout: 300_000 }, async () => {
  const expected = new Map();
  let exchanges = 0;
  for (const host of ['host-a', 'host-b', 'host-c']) {
    const identity = { hostId: host, incarnation: `inc-${host}` };
    for (const [k, rows] of [0, 1, 3, 250, 2000].entries()) {
      const builder = new EventColumnsBuilder();
      for (let i = 0; i < rows; i++) builder.add(row(host, i));
      const columns = builder.finish();
      const record = makeRecord({ identity, seq: k + 1, columns, account: account(rows, k + 1) });
      const [{ partition, offset }] = await bus.publish(TOPIC, [{ ...record, partition: partitionFor(host, PARTITIONS) }]);
      expected.set(`${partition}/${offset}`, {
        key: host,
        agent: `${host}/inc-${host}`,
        seq: k + 1,
        account: account(rows, k + 1),
        rows: Array.from({ length: rows }, (_, i) => toJson(columns, i)),
      });
      exchanges += rows;
    }
  }
  const found = await read();
  assert.equal(found.length, expected.size);
  for (const { partition, offset, rows, ...about } of found) {
    const { rows: wanted, ...wantedAbout } = expected.get(`${partition}/${offset}`);
    assert.deepEqual(about, wantedAbout);
    assert.equal(rows.length, wanted.length);
    rows.forEach((r, i) => assert.deepEqual(r, wanted[i]));
  }
  assert.equal(
    found.reduce((n, r) => n + r.rows.length, 0),
    exchanges,
  );
});

test('the consumer refuses a record whose bytes were changed', { timeout: 120_000 }, async () => {
  const record = makeRecord({ identity: { hostId: 'host-x', incarnation: 'i' }, seq: 1, columns: new EventColumnsBuilder().add(row('x', 1)).finish(), account: account(1, 1) });
  record.value[record.value.length - 100] ^= 1;
  await bus.publish(TOPIC, [{ ...record, partition: 0 }]);
  await assert.rejects(read(), /checksum/);
});
