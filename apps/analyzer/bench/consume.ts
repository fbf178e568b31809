/**
 * The measured half of `kafka.ts`: an analyzer's pipeline (and nothing of the load) in a process of its own. Takes the settings
 * as JSON, consumes a topic that is already there to its end and prints one JSON line. `tree` may be another checkout, so
 * that two versions are measured with the same load. Start-up (connecting, JIT) and steady state are told apart.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as BusModule from '@headwater/event-bus';
import type * as SummaryModule from '@headwater/summary-store';
import type * as StateModule from '@headwater/state-store';
import type * as OutboxModule from '../src/close/outbox.ts';
import type * as PipelineModule from '../src/pipeline.ts';
import type * as NothingModule from '../src/report/nothing.ts';
import type * as SamplerModule from '../src/sample/sampler.ts';
import type * as WindowsModule from '../src/aggregate/windows.ts';

export interface ConsumeSettings {
  /** repository root of the version to measure */
  tree: string;
  brokers: string[];
  redis: string;
  prefix: string;
  topic: string;
  summaries: string;
  group: string;
  /** exchanges in the topic; what was folded before `warm` of them is start-up */
  total: number;
  warm: number;
  /** measure for so long after `warm` instead of until `total`, ms */
  forMs?: number;
}

const TURN_MS = 4_000;

const settings = JSON.parse(process.argv[2]!) as ConsumeSettings;
const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(settings.tree, path)).href)) as T;
const { openBus } = await load<typeof BusModule>('libs/event-bus/src/index.ts');
const { openSummaryStore } = await load<typeof SummaryModule>('libs/summary-store/src/index.ts');
const { openStateStore } = await load<typeof StateModule>('libs/state-store/src/index.ts');
const { Outbox } = await load<typeof OutboxModule>('apps/analyzer/src/close/outbox.ts');
const { Pipeline } = await load<typeof PipelineModule>('apps/analyzer/src/pipeline.ts');
const { reportNothing } = await load<typeof NothingModule>('apps/analyzer/src/report/nothing.ts');
const { Sampler } = await load<typeof SamplerModule>('apps/analyzer/src/sample/sampler.ts');
const { serviceOf } = await load<typeof WindowsModule>('apps/analyzer/src/aggregate/windows.ts');

const bus = await openBus({ kind: 'kafka', brokers: settings.brokers, clientId: 'bench-analyzer', compression: 'zstd' });
const store = await openSummaryStore({ kind: 'redis', url: settings.redis, prefix: settings.prefix });
const state = await openStateStore({ kind: 'redis', url: settings.redis, prefix: settings.prefix });

let gcMs = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) gcMs += entry.duration;
}).observe({ entryTypes: ['gc'] });

let folded = 0;
let batches = 0;
let flushes = 0;
let peakBytes = 0;
const begin = { at: 0, cpu: process.cpuUsage(), folded: 0, gcMs: 0, batches: 0 };
let warm: typeof begin | null = null;
const mark = (): typeof begin => ({ at: performance.now(), cpu: process.cpuUsage(), folded, gcMs, batches });
const report = {
  ...reportNothing,
  folded: (_: number, r: { folded: number }) => {
    if (batches++ === 0) Object.assign(begin, mark());
    folded += r.folded;
    if (warm === null && folded >= settings.warm) warm = mark();
  },
};
const samples = new Sampler({ kept: () => undefined, lost: () => undefined, written: () => undefined }, serviceOf);
const pipeline = new Pipeline(
  { bus, store, outbox: new Outbox(store, state, bus, settings.topic, settings.summaries), report, samples },
  {
    topic: settings.topic,
    deadLetterTopic: `${settings.topic}.dead`,
    dirtyMaxBytes: 8 << 20,
    fencedPauseMs: 1000,
    clampAheadMs: 60_000,
    silentAfterMs: 30_000,
    retentionMs: 86_400_000,
    closeAfterMs: 30_000,
  },
  Date.now,
);
const subscription = await bus.consume(settings.group, [settings.topic], {
  assigned: (p) => pipeline.assigned(p),
  revoked: (p) => pipeline.revoked(p),
  batch: (b) => pipeline.batch(b),
});
pipeline.subscription = subscription;
const done = (): boolean => (settings.forMs === undefined ? folded >= settings.total : warm !== null && performance.now() - warm.at >= settings.forMs);
/** CPU us a batch, turn by turn */
const turns: number[] = [];
let turn: typeof begin | null = null;
for (let last = performance.now(), looked = 0; !done();) {
  await new Promise((r) => setTimeout(r, 10));
  // Seldom: on quiet hosts asking costs more than what is measured.
  if (performance.now() - looked > 200) {
    looked = performance.now();
    const { heapUsed, external } = process.memoryUsage();
    peakBytes = Math.max(peakBytes, heapUsed + external);
  }
  if (warm !== null && performance.now() - (turn ??= warm).at >= TURN_MS) {
    const { user, system } = process.cpuUsage(turn.cpu);
    turns.push((user + system) / (batches - turn.batches));
    turn = mark();
  }
  if (performance.now() - last < 1000) continue;
  last = performance.now();
  await pipeline.flush();
  flushes++;
  void samples.write(state, Date.now());
  // As the app: what a store that is away cannot do is done in the next round.
  await pipeline.close().catch((e: unknown) => console.error(String(e)));
}
await pipeline.flush();
const end = mark();
const of = (from: typeof begin) => {
  const { user, system } = process.cpuUsage(from.cpu);
  const n = end.folded - from.folded;
  return { exchanges: n, per_core_s: Math.round((n / (user + system)) * 1e6), per_s: Math.round((n / (end.at - from.at)) * 1000), us: (user + system) / n };
};
const from = warm ?? begin;
const { user, system } = process.cpuUsage(from.cpu);
console.log(
  JSON.stringify({
    whole: of(begin),
    steady: of(from),
    cores: (user + system) / 1000 / (end.at - from.at),
    batches_per_s: Math.round(((end.batches - from.batches) / (end.at - from.at)) * 1000),
    system_share: system / (user + system),
    gc_us: ((end.gcMs - from.gcMs) * 1000) / (end.folded - from.folded),
    flushes,
    turns_us: turns,
    peak_mb: Math.round(peakBytes / 2 ** 20),
  }),
);
await subscription.stop();
await pipeline.end();
await store.end();
await state.end();
await bus.close();
