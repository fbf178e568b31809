// What every output is tested on: real Kafka and Redis, identity and API, two analyzers that push to an OTLP receiver, two relays, insights by rules.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { startKafka } from '../../infra/kafka/start.mjs';
import { startRedis } from '../../infra/redis/start.mjs';
import { NODE, healthy, scratch, settingsFile, startApi } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { ROOT } from '../e2e/standalone.mjs';
import { python } from './python.mjs';
import { Traffic } from './traffic.mjs';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
export const TOPIC = topicName('headwater', 'headerEvents');
export const OTLP_KEY = 'a-key-of-the-test';

/** Ends everything in reverse. */
function cleaner() {
  const work = [];
  return {
    after: (f) => work.unshift(f),
    end: async () => {
      for (const f of work) await f();
    },
  };
}

/** The receiver in Python; `received` grows with what it decoded. */
async function startReceiver(start, refusals) {
  const p = start('otlp receiver', await python(ROOT, 'outputs', join(here, 'requirements.txt')), [join(here, 'receiver.py'), String(refusals)]);
  const received = [];
  let rest = '';
  p.child.stdout.on('data', (d) => {
    const lines = (rest + d).split('\n');
    rest = lines.pop();
    received.push(...lines.map((line) => JSON.parse(line)));
  });
  await p.until(/"port"/);
  return { received, url: `http://127.0.0.1:${JSON.parse(p.output.split('\n')[0]).port}/v1/metrics` };
}

export async function startWorld() {
  const t = cleaner();
  const { dir, start } = scratch(t, 'hw outputs-');
  const [kafka, redis] = await Promise.all([startKafka({ dir: join(dir, 'kafka') }), startRedis({ dir: join(dir, 'redis') })]);
  t.after(() => kafka.stop());
  t.after(() => redis.stop());
  const bus = { kind: 'kafka', brokers: kafka.bootstrap };
  const store = { kind: 'redis', url: redis.url };
  await run(NODE, [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--brokers', kafka.bootstrap.join(',')]);
  const info = await startApi({ dir, start, identityPort: await freePort(), apiPort: await freePort(), store, scopes: ['insights:submit', 'insights:read'], settings: { bus } });
  const receiver = await startReceiver(start, 2);
  const headers = join(dir, 'otlp.headers');
  writeFileSync(headers, `# for the receiver\nx-receiver-key: ${OTLP_KEY}\n`, { mode: 0o600 });
  const process = async (name, app, settings) => {
    const port = await freePort();
    const p = start(name, NODE, [`apps/${app}/dist/main.js`, '--config', settingsFile(dir, name, { bus, state: store, admin: { port }, ...settings })]);
    p.port = port;
    return healthy(p, `http://127.0.0.1:${port}/healthz`);
  };
  const analyzer = (name) =>
    process(name, 'analyzer', { store, close_after_ms: 5_000, series: { max_patterns: 10, otlp: { endpoint: receiver.url, headers_file: headers, interval_ms: 5_000 } } });
  const relay = (name) => process(name, 'relay', {});
  const insights = (name) => process(name, 'insights', { store, triggers: { coalesce_ms: 0 } });
  const publisher = await openBus({ ...bus, clientId: 'outputs', compression: 'zstd' });
  t.after(() => publisher.close());
  return { dir, start, kafka, bus, store, info, receiver, analyzer, relay, insights, publisher, traffic: new Traffic(publisher, TOPIC, 20_261_123), end: t.end };
}
