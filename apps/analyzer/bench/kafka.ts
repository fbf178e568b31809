/**
 * Exchanges a core second of the analyzer from a real Kafka into a real Redis (both started here, on loopback), all threads of its
 * process counted, full batches of 8 + 8 headers. `node --conditions=@headwater/source bench/kafka.ts [--against CHECKOUT]
 * [--rounds 5] [--batches 900] [--rows 2000] [--ids 1] [--partitions 4] [--profile DIR]`: rounds alternate between this version and the
 * one in CHECKOUT, so their ratio holds on a busy machine. The first quarter of a round is start-up and told apart.
 * `--profile` keeps a CPU profile of each round; `stages.ts` says from it where the time goes.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { openBus, topicsFor } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import type { RunningRedis } from '../../../infra/redis/start.mjs';
import type { ConsumeSettings } from './consume.ts';
import { batches } from '../src/aggregate/made-batches.ts';

export interface Measured {
  whole: { exchanges: number; per_core_s: number; per_s: number; us: number };
  steady: { exchanges: number; per_core_s: number; per_s: number; us: number };
  cores: number;
  batches_per_s: number;
  system_share: number;
  gc_us: number;
  flushes: number;
  /** of each 4 s after the start-up, CPU us a batch */
  turns_us: number[];
  peak_mb: number;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    batches: { type: 'string', default: '900' },
    rows: { type: 'string', default: '2000' },
    ids: { type: 'string', default: '1' },
    partitions: { type: 'string', default: '4' },
    profile: { type: 'string' },
  },
});
const n = (name: 'rounds' | 'batches' | 'rows' | 'ids' | 'partitions'): number => Number(values[name]);

const { startKafka } = (await import(new URL('../../../infra/kafka/start.mjs', import.meta.url).href)) as { startKafka(): Promise<{ bootstrap: string[]; stop(): Promise<void> }> };
const { startRedis } = (await import(new URL('../../../infra/redis/start.mjs', import.meta.url).href)) as { startRedis(): Promise<RunningRedis> };
const kafka = await startKafka();
const redis = await startRedis();
const dir = mkdtempSync(join(tmpdir(), 'hw-bench-kafka-'));
const TOPIC = topicName('headwater', 'headerEvents');

async function fill(): Promise<void> {
  const bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'bench', compression: 'zstd' });
  await bus.applyTopics(topicsFor('kafka', 'headwater'), { dryRun: false });
  const distinct = Math.min(n('batches'), 100);
  const hosts = Array.from({ length: n('partitions') }, (_, p) => `host-${p}`);
  const made = batches(distinct, n('rows'), n('ids'), (i) => i + 1, { endMs: Date.now() });
  for (let i = 0; i < n('batches'); i++) {
    // Renamed and numbered on: the checksum covers account and value, not agent and number.
    const record = made[i % distinct]!;
    const partition = i % hosts.length;
    const headers = { ...record.headers, 'headwater-agent': `${hosts[partition]}/i`, 'headwater-seq': String(Math.floor(i / hosts.length) + 1) };
    await bus.publish(TOPIC, [{ ...record, key: hosts[partition]!, partition, headers }]);
  }
  await bus.close();
}

async function round(tree: string, name: string): Promise<Measured> {
  const total = n('batches') * n('rows');
  const settings: ConsumeSettings = {
    tree,
    brokers: kafka.bootstrap,
    redis: redis.url,
    prefix: `bench-${name}`,
    topic: TOPIC,
    summaries: topicName('headwater', 'summaries'),
    group: `bench-${name}`,
    total,
    warm: total / 4,
  };
  const profile = values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile, '--cpu-prof-name', `${name}.cpuprofile`];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@headwater/source', '--disable-warning=ExperimentalWarning', ...profile, join(ROOT, 'apps/analyzer/bench/consume.ts'), JSON.stringify(settings)],
    { cwd: tree, maxBuffer: 1 << 24, timeout: 300_000 },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured;
}

const median = (all: number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!;

try {
  await fill();
  const trees: [string, string][] = [['here', ROOT]];
  if (values.against !== undefined) trees.unshift(['against', values.against]);
  const all: Record<string, Measured[]> = {};
  for (let r = 0; r < n('rounds'); r++) {
    for (const [name, tree] of trees) {
      const m = await round(tree, `${name}-${r}`);
      (all[name] ??= []).push(m);
      console.log(
        `${name}: steady ${m.steady.per_core_s} exchanges a core second (${m.steady.us.toFixed(2)} us each), with start-up ${m.whole.per_core_s}; GC ${m.gc_us.toFixed(2)} us, system ${(100 * m.system_share).toFixed(0)} %, at most ${m.peak_mb} MB`,
      );
    }
  }
  const said = Object.fromEntries(
    Object.entries(all).map(([name, rounds]) => {
      const rates = rounds.map((m) => m.steady.per_core_s);
      return [
        name,
        {
          steady: median(rates),
          min: Math.min(...rates),
          max: Math.max(...rates),
          whole: median(rounds.map((m) => m.whole.per_core_s)),
          peak_mb: median(rounds.map((m) => m.peak_mb)),
        },
      ];
    }),
  );
  const ratios = all['against']?.map((m, i) => all['here']![i]!.steady.per_core_s / m.steady.per_core_s);
  const ratio = ratios && { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
  console.log(JSON.stringify({ bench: 'kafka', rows: n('rows'), unique_headers: n('ids'), partitions: n('partitions'), rounds: n('rounds'), ...said, ...(ratio && { ratio }) }));
} finally {
  await kafka.stop();
  await redis.stop();
  rmSync(dir, { recursive: true, force: true });
}
