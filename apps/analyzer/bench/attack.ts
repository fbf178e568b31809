/**
 * Exchanges of which nothing repeats (paths, header names and values, methods, statuses, clients, error types, latencies; services and
 * hosts beyond their budgets; times over the last minute), through decode, fold, flush, close and roll-up on a real Redis started
 * here. Says the most memory held, the longest steps and what Redis took, and exits 1 when the stored windows do not hold every exchange once.
 * `node --conditions=@headwater/source bench/attack.ts [exchanges 10000000] [services 5000] [hosts 5000]`
 */
import { ServiceWindowScan } from '@headwater/sketch';
import { openSummaryStore, type SegmentKey } from '@headwater/summary-store';
import type { RunningRedis } from '../../../infra/redis/start.mjs';
import { attackBatch } from '../src/aggregate/made-batches.ts';
import { UnitFold } from '../src/aggregate/unit-fold.ts';
import { HOSTS_SUBJECT } from '../src/aggregate/windows.ts';
import { closeWindow } from '../src/close/closer.ts';
import type { Outbox } from '../src/close/outbox.ts';
import { rollUpWindow } from '../src/close/roller.ts';
import { inspect } from '../src/consume/inspect.ts';

const [exchanges = 10_000_000, services = 5_000, hosts = 5_000] = process.argv.slice(2).map(Number);
const ROWS = 1000;
const DIRTY_BYTES = 8 << 20;
const BEGIN = 1_790_000_000_000;
/** 2,000 exchanges a second of the attack's own time */
const BATCH_MS = 500;
const RULES = { clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 30_000 };
const unit = { topic: 'attack', partition: 0 };

const { startRedis } = (await import(new URL('../../../infra/redis/start.mjs', import.meta.url).href)) as { startRedis(): Promise<RunningRedis> };
const redis = await startRedis();
const store = await openSummaryStore({ kind: 'redis', url: redis.url, prefix: 'attack' });
const silent = { intend: () => Promise.resolve(), send: () => Promise.resolve() } as unknown as Outbox;

const most = { memory_mb: 0, unfolded_mb: 0, windows: 0, fold_ms: 0, flush_ms: 0, close_ms: 0, roll_ms: 0, segment_kb: 0 };
const spent = { make: 0, fold: 0, flush: 0, close: 0, roll: 0 };
const cpuMs = (): number => process.threadCpuUsage().user / 1000 + process.threadCpuUsage().system / 1000;
async function timed<T>(step: keyof typeof spent, work: () => T | Promise<T>): Promise<T> {
  const began = cpuMs();
  const answer = await work();
  const took = cpuMs() - began;
  spent[step] += took;
  if (step !== 'make') most[`${step}_ms`] = Math.max(most[`${step}_ms`], took);
  return answer;
}

const fold = new UnitFold(await store.claim(unit, 'x'), RULES, BEGIN);
let folded = 0;
let now = BEGIN;

async function flush(): Promise<void> {
  await timed('flush', async () => {
    const commit = fold.commit(unit, fold.settle(now, true), now);
    for (const s of commit.segments) most.segment_kb = Math.max(most.segment_kb, s.bytes.length / 1024);
    const result = await store.commit(commit);
    if (result.kind !== 'ok') throw new Error(`commit: ${result.kind}`);
    fold.committed(commit, result.taken, now);
  });
}

/** As a round of the analyzer, but all that is due. */
async function close(before: number): Promise<void> {
  const keys: SegmentKey[] = await store.closable(unit.topic, '10s', before);
  for (const key of keys) await timed('close', () => closeWindow(store, silent, unit, fold.epoch, key, [], now));
  for (const due of await store.rollable(unit, '1m', before, 5_000)) await timed('roll', () => rollUpWindow(store, silent, unit, fold.epoch, due as never, now));
}

try {
  for (let n = 1; folded < exchanges; n++) {
    now = BEGIN + n * BATCH_MS;
    const made = await timed('make', () => attackBatch(n, { rows: ROWS, endMs: now, spreadMs: 20_000, hosts, services }));
    await timed('fold', () => {
      const seen = inspect({ offset: n - 1, timestampMs: now, key: 'h', value: made.value, headers: made.headers }, now);
      if ('bad' in seen) throw new Error(seen.bad.detail);
      folded += fold.fold(seen.ok, now).folded;
    });
    most.unfolded_mb = Math.max(most.unfolded_mb, fold.unfoldedBytes / 2 ** 20);
    most.windows = Math.max(most.windows, fold.windowCount);
    const { heapUsed, external } = process.memoryUsage();
    most.memory_mb = Math.max(most.memory_mb, (heapUsed + external) / 2 ** 20);
    if (fold.dirtyBytes > DIRTY_BYTES || n % 10 === 0) await flush();
    if (n % 100 === 0) await close(now - 60_000);
    if (n % 500 === 0) console.log(`${folded} folded; at most ${JSON.stringify(Object.fromEntries(Object.entries(most).map(([k, v]) => [k, Math.round(v)])))}`);
  }
  await flush();
  await close(now - 30_000);
  let stored = 0;
  for (let start = BEGIN - 60_000; start <= now; start += 10_000) {
    for (const { subject, closed, partials } of await store.read({ topic: unit.topic, resolution: '10s', start, end: start + 10_000 })) {
      if (subject === HOSTS_SUBJECT) continue;
      for (const { bytes } of [...(closed ? [closed] : []), ...partials]) {
        const scan = new ServiceWindowScan(bytes);
        stored += scan.roleExchanges.server + scan.roleExchanges.client;
      }
    }
  }
  const info = String(await redis.command('INFO', 'memory'));
  const round = (o: Record<string, number>): Record<string, number> => Object.fromEntries(Object.entries(o).map(([k, v]) => [k, Math.round(v)]));
  const result = {
    bench: 'attack',
    exchanges: folded,
    stored,
    exact: stored === folded,
    most: round(most),
    cpu_ms: round(spent),
    redis_mb: Math.round(Number(/used_memory:(\d+)/.exec(info)?.[1]) / 2 ** 20),
  };
  console.log(JSON.stringify(result));
  if (!result.exact) process.exitCode = 1;
} finally {
  await store.end();
  await redis.stop();
}
