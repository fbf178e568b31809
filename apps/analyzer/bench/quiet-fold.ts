/**
 * What quiet hosts cost the folding thread, without bus and store: every simulated second each host's small batch is decoded, folded and looked
 * at for samples, all partitions are flushed, and windows are merged when their time comes. `node --conditions=@headwater/source
 * bench/quiet-fold.ts [--hosts 1000] [--rate 10] [--seconds 40] [--against CHECKOUT]`: with `--against` both versions take turns of a second in
 * one process. CPU us a batch over the seconds after the first ten, as median and least, since other work on the machine only adds to it.
 */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { EventRecord } from '@headwater/header-event';
import type { SegmentWrite } from '@headwater/summary-store';
import type * as FoldModule from '../src/aggregate/unit-fold.ts';
import type * as InspectModule from '../src/consume/inspect.ts';
import type * as MergeModule from '../src/close/merge.ts';
import type * as WindowsModule from '../src/aggregate/windows.ts';
import type * as SamplerModule from '../src/sample/sampler.ts';
import { T, batches } from '../src/aggregate/made-batches.ts';

const { values } = parseArgs({
  options: { hosts: { type: 'string', default: '1000' }, rate: { type: 'string', default: '10' }, seconds: { type: 'string', default: '40' }, against: { type: 'string' } },
});
const [hosts, rate, seconds] = [Number(values.hosts), Number(values.rate), Number(values.seconds)];
const RULES = { clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 30_000 };
const FLOORS = { '10s': 0, '1m': 0, '1h': 0 };
const PARTITIONS = 12;
const WARM = 10;

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** One version's code with partitions of its own; answers what plays one second. */
async function laneOf(tree: string): Promise<(second: number, made: readonly EventRecord[]) => void> {
  const load = async <M>(path: string): Promise<M> => (await import(pathToFileURL(join(tree, 'apps/analyzer/src', path)).href)) as M;
  const { UnitFold } = await load<typeof FoldModule>('aggregate/unit-fold.ts');
  const { inspect } = await load<typeof InspectModule>('consume/inspect.ts');
  const { mergeTaken } = await load<typeof MergeModule>('close/merge.ts');
  const { serviceOf } = await load<typeof WindowsModule>('aggregate/windows.ts');
  const { Sampler } = await load<typeof SamplerModule>('sample/sampler.ts');
  const sampler = new Sampler({ kept: () => undefined, lost: () => undefined, written: () => undefined }, serviceOf);
  const claim = { epoch: 1, busIncarnation: 'x', nextOffset: null, agents: null, watermark: 0, open: [], floors: FLOORS };
  const folds = Array.from({ length: PARTITIONS }, () => new UnitFold(claim, RULES, T));
  /** window -> partition -> what was written last */
  const written = new Map<string, Map<number, SegmentWrite>>();
  return (second, made) => {
    const now = T + (second + 1) * 1000;
    for (let h = 0; h < hosts; h++) {
      const { value, headers } = made[h % made.length]!;
      const fold = folds[h % PARTITIONS]!;
      const said = { ...headers, 'headwater-agent': `host-${h}/i`, 'headwater-seq': String(second + 1) };
      const seen = inspect({ offset: fold.nextOffset, timestampMs: now, key: 'h', value, headers: said }, now);
      if (!('ok' in seen)) throw new Error(seen.bad.detail);
      fold.fold(seen.ok, now);
      sampler.look(seen.ok, now);
      if (fold.dirtyBytes < 0) throw new Error('unreachable');
    }
    folds.forEach((fold, partition) => {
      const commit = fold.commit({ topic: 't', partition }, fold.settle(now, true), now);
      for (const segment of commit.segments) {
        const id = `${segment.start} ${segment.subject}`;
        const of = written.get(id) ?? new Map<number, SegmentWrite>();
        written.set(id, of.set(partition, segment));
      }
      fold.committed(commit, [], now);
    });
    for (const [id, of] of written) {
      const [{ resolution, start, subject }] = of.values() as Iterable<SegmentWrite> as [SegmentWrite];
      if (start + 10_000 > now - RULES.closeAfterMs) continue;
      const partials = Array.from(of, ([partition, segment]) => ({ ...segment, partition, revision: 1 }));
      mergeTaken({ resolution, start, subject }, { closed: null, partials, lease: '' }, [], now);
      written.delete(id);
    }
  };
}

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!;
const trees = [['here', ROOT] as const, ...(values.against === undefined ? [] : [['against', values.against] as const])];
const lanes: { name: string; play: (second: number, made: readonly EventRecord[]) => void; us: number[] }[] = [];
for (const [name, tree] of trees) lanes.push({ name, play: await laneOf(tree), us: [] });
for (let s = 0; s < WARM + seconds; s++) {
  const made = batches(25, rate, 1, () => 1, { endMs: T + s * 1000 + 900, services: 1 });
  for (const { play, us } of s % 2 === 0 ? lanes : lanes.toReversed()) {
    const began = cpuUs();
    play(s, made);
    if (s >= WARM) us.push((cpuUs() - began) / hosts);
  }
}
const said = Object.fromEntries(lanes.map(({ name, us }) => [name, { median: Math.round(median(us)), least: Math.round(Math.min(...us)) }]));
for (const [name, r] of Object.entries(said)) console.log(`${name}: ${r.median} us a batch of ${rate} rows, at least ${r.least}`);
const ratios = lanes[1]?.us.map((us, i) => us / lanes[0]!.us[i]!).sort((a, b) => a - b);
const ratio = ratios && { median: median(ratios), quarter: ratios[ratios.length >> 2]!, three_quarters: ratios[(ratios.length * 3) >> 2]! };
if (ratio) console.log(`  against / here: x ${ratio.median.toFixed(2)}, half of the seconds within ${ratio.quarter.toFixed(2)} to ${ratio.three_quarters.toFixed(2)}`);
console.log(JSON.stringify({ bench: 'quiet-fold', hosts, rate, seconds, ...said, ...(ratio && { ratio }) }));
