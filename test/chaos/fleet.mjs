// A fleet to be hurt: real Kafka, real Redis, analyzers, API, and loads with their own count. Ends only what it started.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../../infra/kafka/start.mjs';
import { startRedis } from '../../infra/redis/start.mjs';
import { healthy, metric, NODE, scratch, settingsFile, startApi } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { eventually, ROOT } from '../e2e/standalone.mjs';
import { groupLag } from '../e2e/topic-count.mjs';
import { addRow } from './table.mjs';
import { askQuality, compare, countTopic } from './truth.mjs';
import { WINDOW_MS } from './traffic.mjs';

const run = promisify(execFile);
export const EVENTS = 'headwater.header-events.v1';
/** Short, so that a fault is seen closed within seconds; `silent` outlasts a session timeout of Kafka (10 s), so an owner's death leaves no window open. */
const QUICK = { close_after_ms: 4_000, silent_after_ms: 15_000 };
const SETTLE_MS = 60_000;

/**
 * @param {import('node:test').TestContext} t whose end ends all of it
 * @param {{ brokers?: number, kafka?: object, bus?: (kafka: object) => object, redis?: object, store?: object, analyzers?: number, analyzer?: object, api?: object | ((bus: object) => object), scopes?: string[], clients?: string[] }} [o]
 *   kafka, redis: options of infra/*\/start.mjs; bus: how the apps reach the bus (default: the plain listener); store: settings of a store that the caller runs (no Redis is started); analyzers: how many
 *   run at once; analyzer, api: more settings of theirs; scopes, clients: as `scopes` and `others` of startApi
 */
export async function openFleet(t, o = {}) {
  const { dir, start } = scratch(t, 'hw-chaos-');
  const kafka = await startKafka({ dir: join(dir, 'kafka'), brokers: o.brokers ?? 1, ...o.kafka });
  t.after(() => kafka.stop());
  const redis = o.store ? null : await startRedis({ dir: join(dir, 'redis'), ...o.redis });
  if (redis) t.after(() => redis.stop());
  const bus = o.bus?.(kafka) ?? { kind: 'kafka', brokers: kafka.bootstrap };
  const store = o.store ?? { kind: 'redis', url: redis.url };
  const applyTopics = () => run(NODE, [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--config', settingsFile(dir, 'admin', { bus })]);
  await applyTopics();
  const more = typeof o.api === 'function' ? o.api(bus) : o.api;
  const ports = { identityPort: await freePort(), apiPort: await freePort() };
  const info = await startApi({ dir, start, ...ports, store, scopes: o.scopes, others: o.clients, settings: { rate_limit: { requests: 100_000 }, ...more } });

  const fleet = { dir, start, kafka, redis, bus, store, info, analyzers: new Map(), applyTopics };

  /** Starts an analyzer and waits for its health; one of the same name is replaced. `main`: another build's. */
  fleet.analyzer = async (name, settings = {}, main = 'apps/analyzer/dist/main.js') => {
    const port = await freePort();
    const file = settingsFile(dir, name, { bus, store, state: store, admin: { port }, ...QUICK, ...o.analyzer, ...settings });
    const p = start(name, NODE, [main, '--config', file]);
    p.port = port;
    p.metric = (metricName, labels) => metric(port, `headwater_analyzer_${metricName}`, labels).catch(() => null);
    fleet.analyzers.set(name, p);
    await healthy(p, `http://127.0.0.1:${port}/healthz`);
    return p;
  };
  /** Sum of a metric over the analyzers that answer. */
  fleet.sum = async (metricName, labels) =>
    (await Promise.all([...fleet.analyzers.values()].filter((p) => !p.exit).map((p) => p.metric(metricName, labels)))).reduce((a, b) => a + (b ?? 0), 0);
  fleet.lag = () => groupLag({ brokers: kafka.bootstrap, topic: EVENTS, group: 'headwater-analyzer' });
  fleet.outputs = (chars = 3_000) => [...fleet.analyzers].map(([name, p]) => `--- ${name}\n${p.output.slice(-chars)}`).join('\n');

  /**
   * Plays agents (load.mjs), each with a bus connection of its own.
   * @param {{ name: string, hosts?: number, ids?: string[], rate?: number, seconds?: number, services?: number, seed?: number, tickMs?: number,
   *   offsetsMs?: number[], late?: { share: number, byMs: number }, withhold?: { host: number, from: number, count: number }[], repeatEvery?: number, bus?: object }} options
   *   name: begins its host ids and services, so that its counts are told from others'; rate: exchanges/s of all hosts; offsetsMs: by host how
   *   far its clock is ahead; late: rows whose exchange began earlier; withhold: batches that get a number and are not sent; bus: other bus settings
   */
  fleet.load = async (options) => {
    const file = join(dir, `${options.name}.counts.json`);
    const p = start(`load-${options.name}`, NODE, ['test/chaos/load.mjs', JSON.stringify({ bus: { brokers: kafka.bootstrap }, ...options, file })]);
    await p.until(/load started/);
    p.startMs = Date.now();
    p.options = options;
    /** Its own count, when it has ended by itself. */
    p.done = async () => {
      const exit = await p.gone;
      if (!existsSync(file)) throw new Error(`${p.name} ended with ${JSON.stringify(exit)} and wrote no count:\n${p.output}`);
      return JSON.parse(readFileSync(file, 'utf8'));
    };
    return p;
  };

  /**
   * Waits until the API counts, window by window, what the topic holds of the load, and until its windows are closed. Fails
   * saying what differs. Adds the fault's row to the table.
   * @param {{ fault: string, load: object, killed?: boolean, missing?: { batches: number, exchanges: number }, lost?: number, settleMs?: number }} what
   *   lost: exchanges that a host says it lost (then `complete` must be false); killed: the load left no count; missing: what the API must say is missing (then `complete` must be false); truth: answers
   *   { counts, exchanges, missing } where that is not what the topic holds now
   */
  fleet.exact = async ({ fault, load, killed = false, missing, lost = 0, settleMs = SETTLE_MS, truth }) => {
    const { name } = load.options;
    const sent = killed ? null : await load.done();
    let held = await truthOf({ name, truth, missing });
    // The load knows what was acknowledged, the topic what is there: a third count that agrees, unless a clock is set right.
    if (sent && !load.options.offsetsMs && !truth) assert.deepEqual(new Map([...held.counts].sort()), new Map(sent.counts.sort()), 'the topic does not hold what was acknowledged');
    let found;
    const equal = async () => {
      if (truth) held = await truthOf({ name, truth, missing }).catch(() => held);
      found = await compare(fleet.info, held.counts, name).catch(whileAway);
      return found.equal;
    };
    await eventually(equal, settleMs, 500);
    assert.ok(
      found.equal,
      `${fault}: ${found.windowsEqual} of ${found.windows} windows equal, missing ${JSON.stringify(held.missing)}\n${found.differ.slice(0, 20).join('\n')}\n${fleet.outputs()}`,
    );
    const wanted = held.missing;
    let quality;
    // Complete needs every window of the range closed with all partitions in it; with losses it stays false.
    const final = async () => {
      quality = await askQuality(fleet.info, found.start, found.end);
      return quality.lost_batches === wanted.batches && quality.lost_exchanges === wanted.exchanges && quality.lost === lost && quality.complete === (wanted.batches + lost === 0);
    };
    assert.ok(await eventually(final, settleMs, 500), `${fault}: quality ${JSON.stringify(quality)}, wanted ${JSON.stringify(wanted)} missing, ${lost} lost\n${fleet.outputs()}`);
    const row = {
      fault,
      produced: sent?.exchanges ?? held.produced ?? held.exchanges,
      counted: found.counted,
      windows: found.windows,
      windowsEqual: found.windowsEqual,
      missing:
        lost > 0
          ? `complete:false, ${lost} exchanges lost on the host`
          : wanted.batches > 0
            ? `complete:false, ${wanted.exchanges} exchanges in ${wanted.batches} batches`
            : 'none',
      seconds: (Date.now() - load.startMs) / 1_000,
    };
    addRow(row);
    return { ...row, sent, topic: held, quality };
  };

  const truthOf = async ({ name, truth, missing = { batches: 0, exchanges: 0 } }) =>
    truth ? truth() : { ...(await countTopic({ brokers: kafka.bootstrap, topic: EVENTS, name })), missing };

  /** Waits for the beginning of a window, so that a load's losses lie in windows of its own. */
  fleet.freshWindow = () => sleep(WINDOW_MS - (Date.now() % WINDOW_MS) + 50);

  /** Waits until the analyzers hold all partitions. */
  fleet.ready = async () => {
    const ready = await eventually(async () => (await fleet.sum('partitions')) === 12, 60_000, 100);
    assert.ok(ready, `the analyzers do not hold all partitions\n${fleet.outputs()}`);
  };

  const first = o.analyzers ?? 2;
  for (let i = 0; i < first; i += 1) await fleet.analyzer(`analyzer-${'abcdef'[i]}`);
  if (first > 0) await fleet.ready();
  return fleet;
}

/** While a store or the API is away there is nothing to compare. */
function whileAway(error) {
  return { equal: false, counted: 0, windows: 0, windowsEqual: 0, differ: [String(error.message).slice(0, 300)], start: 0, end: 0 };
}
