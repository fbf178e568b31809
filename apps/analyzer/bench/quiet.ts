/**
 * What an analyzer needs for many quiet hosts: each sends one small batch a second (its linger) over 12 partitions of a real Kafka, and
 * all goes into a real Redis, both started here. CPU of all threads of the analyzer's process, in cores, in steady state.
 * `node --conditions=@headwater/source bench/quiet.ts [--hosts 1000] [--rate 10] [--seconds 20] [--warm 10] [--against CHECKOUT]
 * [--profile DIR]`
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBus, topicsFor, type OutRecord } from '@headwater/event-bus';
import { partitionFor, topicName } from '@headwater/header-event';
import type { RunningRedis } from '../../../infra/redis/start.mjs';
import { batches } from '../src/aggregate/made-batches.ts';
import type { ConsumeSettings } from './consume.ts';
import type { Measured } from './kafka.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '20' },
    warm: { type: 'string', default: '10' },
    against: { type: 'string' },
    profile: { type: 'string' },
  },
});
const [hosts, rate, seconds, warm] = [Number(values.hosts), Number(values.rate), Number(values.seconds), Number(values.warm)];
/** Agents' batches do not come all at once: so many times a second some of them. */
const SLICES = 10;
const MADE = 5;
const { startKafka } = (await import(new URL('../../../infra/kafka/start.mjs', import.meta.url).href)) as { startKafka(): Promise<{ bootstrap: string[]; stop(): Promise<void> }> };
const { startRedis } = (await import(new URL('../../../infra/redis/start.mjs', import.meta.url).href)) as { startRedis(): Promise<RunningRedis> };
const kafka = await startKafka();
const redis = await startRedis();
const TOPIC = topicName('headwater', 'headerEvents');

/** The records in rounds, each with at most one of a partition. */
function oneOfEach(records: readonly OutRecord[]): OutRecord[][] {
  const rounds: OutRecord[][] = [];
  const sent = new Map<number, number>();
  for (const record of records) {
    const round = sent.get(record.partition!) ?? 0;
    sent.set(record.partition!, round + 1);
    (rounds[round] ??= []).push(record);
  }
  return rounds;
}

/** Runs an analyzer of each tree on the same stream at the same time, so that their ratio holds whatever else the machine does. */
async function measure(trees: readonly (readonly [name: string, tree: string])[]): Promise<Record<string, Measured>> {
  const bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'bench', compression: 'zstd' });
  const consumers = trees.map(async ([name, tree]): Promise<[string, Measured]> => {
    const settings: ConsumeSettings = {
      tree,
      brokers: kafka.bootstrap,
      redis: redis.url,
      prefix: `quiet-${name}`,
      topic: TOPIC,
      summaries: topicName('headwater', 'summaries'),
      group: `quiet-${name}`,
      total: Infinity,
      warm: hosts * rate * warm,
      forMs: seconds * 1000,
    };
    const profile = values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile, '--cpu-prof-name', `quiet-${name}.cpuprofile`];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@headwater/source', '--disable-warning=ExperimentalWarning', ...profile, join(ROOT, 'apps/analyzer/bench/consume.ts'), JSON.stringify(settings)],
      { cwd: tree, maxBuffer: 1 << 24, timeout: (4 * (warm + seconds) + 120) * 1000 },
    );
    return [name, JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured];
  });
  let over = false;
  const all = Promise.all(consumers).finally(() => (over = true));
  all.catch(() => undefined);
  for (let slice = 0, next = performance.now(); !over; slice++, next += 1000 / SLICES) {
    const records: OutRecord[] = [];
    const seq = Math.floor(slice / SLICES) + 1;
    // A few batches are made and sent under the names of many hosts: the checksum covers neither host nor number.
    const made = batches(MADE, rate, 1, () => seq, { endMs: Date.now(), services: 1 });
    for (let h = slice % SLICES; h < hosts; h += SLICES) {
      const host = `host-${h}`;
      const record = made[records.length % MADE]!;
      records.push({ ...record, key: host, partition: partitionFor(host, 12), headers: { ...record.headers, 'headwater-agent': `${host}/i` } });
    }
    // As agents do it, each record is a batch of its own on the log: one producer would put those of a partition into one, so a request has one of each.
    for (const round of oneOfEach(records)) await bus.publish(TOPIC, round);
    await sleep(Math.max(0, next - performance.now()));
  }
  await bus.close();
  return Object.fromEntries(await all);
}

const median = (all: number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!;

try {
  const bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'bench', compression: 'zstd' });
  await bus.applyTopics(topicsFor('kafka', 'headwater'), { dryRun: false });
  await bus.close();
  const trees = [...(values.against === undefined ? [] : [['against', values.against] as const]), ['here', ROOT] as const];
  const said = await measure(trees);
  for (const [name, m] of Object.entries(said)) {
    const turns = m.turns_us.map(Math.round).join(', ');
    console.log(
      `${name}: ${hosts} hosts, ${m.batches_per_s} batches and ${m.steady.per_s} exchanges a second: ${m.cores.toFixed(3)} cores (${Math.round((m.cores * 1e6) / m.batches_per_s)} us a batch: ${turns}; system ${(100 * m.system_share).toFixed(0)} %)`,
    );
  }
  const ratios = said['against']?.turns_us.flatMap((us, i) => (said['here']!.turns_us[i] === undefined ? [] : [us / said['here']!.turns_us[i]]));
  const ratio = ratios && { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
  if (ratio) console.log(`  against / here: x ${ratio.median.toFixed(2)} [${ratio.min.toFixed(2)}..${ratio.max.toFixed(2)}]`);
  console.log(JSON.stringify({ bench: 'quiet', hosts, rate, ...said, ...(ratio && { ratio }) }));
} finally {
  await kafka.stop();
  await redis.stop();
}
