/**
 * Exchanges a second of CPU (of the thread that folds: a busy machine's wall clock says little) through decode (checksum
 * included), fold and flush into the embedded store, without a bus. `node --conditions=@headwater/source bench/fold.ts
 * [--seconds 4] [--samples] [--against CHECKOUT] [--only ROWS,IDS]`. With `--against` another checkout's code folds the same batches in the same process
 * in turns of 100 ms, so that their ratio holds whatever else the machine does. Prints a table and one JSON line.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { EventRecord } from '@headwater/header-event';
import { openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import type * as FoldModule from '../src/aggregate/unit-fold.ts';
import type * as InspectModule from '../src/consume/inspect.ts';
import type * as WindowsModule from '../src/aggregate/windows.ts';
import type * as SamplerModule from '../src/sample/sampler.ts';
import { T, batches } from '../src/aggregate/made-batches.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, samples: { type: 'boolean', default: false }, against: { type: 'string' }, only: { type: 'string' } },
});
const RULES = { clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 30_000 };
const TURN_MS = 100;
const STAGES = ['decode', 'fold', 'flush', 'samples'] as const;
type Spent = Record<(typeof STAGES)[number], number>;

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** One version's code with a fold and a store of its own. */
class Lane {
  readonly name: string;
  private readonly made: EventRecord[];
  private readonly step: (at: number, spent: Spent) => number;
  private readonly flush: () => Promise<void>;
  private seq = 0;
  private lastFlush = 0;
  exchanges = 0;
  spent: Spent = { decode: 0, fold: 0, flush: 0, samples: 0 };
  /** CPU ms an exchange, turn by turn */
  readonly turns: number[] = [];

  private constructor(name: string, made: EventRecord[], step: Lane['step'], flush: Lane['flush']) {
    this.name = name;
    this.made = made;
    this.step = step;
    this.flush = flush;
  }

  static async of(name: string, tree: string, made: EventRecord[], store: SummaryStore, topic: string): Promise<Lane> {
    const load = async <M>(path: string): Promise<M> => (await import(pathToFileURL(join(tree, 'apps/analyzer/src', path)).href)) as M;
    const { UnitFold } = await load<typeof FoldModule>('aggregate/unit-fold.ts');
    const { inspect } = await load<typeof InspectModule>('consume/inspect.ts');
    const { serviceOf } = await load<typeof WindowsModule>('aggregate/windows.ts');
    const { Sampler } = await load<typeof SamplerModule>('sample/sampler.ts');
    const unit = { topic, partition: 0 };
    const fold = new UnitFold(await store.claim(unit, 'x'), RULES, T);
    const sampler = values.samples ? new Sampler({ kept: () => undefined, lost: () => undefined, written: () => undefined }, serviceOf) : null;
    const step = (seq: number, spent: Spent): number => {
      const { value, headers } = made[seq % made.length]!;
      const t0 = cpuMs();
      const seen = inspect({ offset: seq, timestampMs: T + 1000, key: 'h', value, headers }, T + 1000);
      if (!('ok' in seen)) throw new Error(seen.bad.detail);
      seen.ok.seq = seq + 1;
      const t1 = cpuMs();
      const { folded } = fold.fold(seen.ok, T + 1000);
      const t2 = cpuMs();
      sampler?.look(seen.ok, T + 1000 + performance.now());
      spent.decode += t1 - t0;
      spent.fold += t2 - t1;
      if (sampler) spent.samples += cpuMs() - t2;
      return folded;
    };
    const flush = async (): Promise<void> => {
      const commit = fold.commit(unit, [], T);
      const result = await store.commit(commit);
      if (result.kind !== 'ok') throw new Error(result.kind);
      fold.committed(commit, result.taken, T);
      await sampler?.write({ set: () => Promise.resolve() }, T + 1000 + performance.now());
    };
    return new Lane(name, made, step, flush);
  }

  async turn(counted: boolean): Promise<void> {
    const spent: Spent = { decode: 0, fold: 0, flush: 0, samples: 0 };
    const began = cpuMs();
    let folded = 0;
    while (cpuMs() - began < TURN_MS) folded += this.step(this.seq++, spent);
    if (performance.now() - this.lastFlush > 1000) {
      const before = cpuMs();
      await this.flush();
      spent.flush = cpuMs() - before;
      this.lastFlush = performance.now();
    }
    if (!counted) return;
    this.turns.push((cpuMs() - began) / folded);
    this.exchanges += folded;
    for (const s of STAGES) this.spent[s] += spent[s];
  }

  result(): { rate: number } & Spent {
    const ns = (s: keyof Spent) => Math.round((this.spent[s] * 1e6) / this.exchanges);
    return { rate: Math.round(1000 / median(this.turns)), decode: ns('decode'), fold: ns('fold'), flush: ns('flush'), samples: ns('samples') };
  }
}

const median = (all: number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!;

const results = [];
const wanted = values.only?.split(',').map(Number);
for (const [rows, ids] of wanted
  ? [wanted as [number, number]]
  : ([
      [2000, 0],
      [500, 0],
      [2000, 1],
      [2000, 2],
      [500, 2],
      [10, 0],
    ] as const)) {
  const made = batches(Math.max(4, Math.ceil(40_000 / rows)), rows, ids, () => 1);
  const dir = mkdtempSync(join(tmpdir(), 'hw-fold-'));
  const store = await openSummaryStore({ kind: 'embedded', path: join(dir, 's.db') });
  const lanes = [await Lane.of('here', ROOT, made, store, 'here')];
  if (values.against !== undefined) lanes.push(await Lane.of('against', values.against, made, store, 'against'));
  const turns = (Number(values.seconds) * 1000) / TURN_MS;
  for (let i = 0; i < turns + 10; i++) for (const lane of lanes) await lane.turn(i >= 10);
  await store.end();
  rmSync(dir, { recursive: true, force: true });
  const said = Object.fromEntries(lanes.map((lane) => [lane.name, lane.result()]));
  const ratio = lanes[1] && median(lanes[1].turns.map((t, i) => t / lanes[0]!.turns[i]!));
  results.push({ rows, unique_headers: ids, bytes: Math.round(made[0]!.value.length / rows), ...said, ...(ratio && { ratio }) });
  for (const [name, r] of Object.entries(said)) {
    console.log(
      `${rows} rows, ${ids} unique header values, ${name}: ${r.rate} exchanges a CPU second (ns an exchange: decode ${r.decode}, fold ${r.fold}, flush ${r.flush}, samples ${r.samples})`,
    );
  }
  if (ratio) console.log(`  here / against: x ${ratio.toFixed(2)}`);
}
console.log(JSON.stringify({ bench: 'fold', results }));
