/**
 * Exchanges a second of CPU (of the thread that folds: a busy machine's wall clock says little) through decode (checksum included), fold and flush into the embedded store, in one process
 * on one core. `node --conditions=@headwater/source bench/fold.ts [seconds] [samples]`; with `samples` each
 * batch is also looked at for samples, as the analyzer does it. Prints a table and one JSON line.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSummaryStore } from '@headwater/summary-store';
import { UnitFold } from '../src/aggregate/unit-fold.ts';
import { inspect } from '../src/consume/inspect.ts';
import { serviceOf } from '../src/aggregate/windows.ts';
import { Sampler } from '../src/sample/sampler.ts';
import { T, batches } from './traffic.ts';

const SECONDS = Number(process.argv[2] ?? 4);
const SAMPLES = process.argv[3] === 'samples';
const RULES = { clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 30_000 };
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function run(rows: number, ids: number): Promise<{ rate: number; wall_rate: number; decode: number; fold: number; flush: number; samples: number; bytes: number }> {
  const made = batches(Math.max(4, Math.ceil(40_000 / rows)), rows, ids, () => 1);
  const dir = mkdtempSync(join(tmpdir(), 'hw-fold-'));
  const store = await openSummaryStore({ kind: 'embedded', path: join(dir, 's.db') });
  const unit = { topic: 't', partition: 0 };
  const fold = new UnitFold(await store.claim(unit, 'x'), RULES, T);
  const sampler = SAMPLES ? new Sampler({ kept: () => undefined, lost: () => undefined, written: () => undefined }, serviceOf) : null;
  const began0 = performance.now();
  const spent = { decode: 0, fold: 0, flush: 0, samples: 0 };
  let exchanges = 0;
  let seq = 0;
  const cycle = async (ms: number): Promise<void> => {
    const end = performance.now() + ms;
    let lastFlush = performance.now();
    while (performance.now() < end) {
      const { value, headers } = made[seq % made.length]!;
      const t0 = cpuMs();
      const seen = inspect({ offset: seq, timestampMs: T + 1000, key: 'h', value, headers }, T + 1000);
      if (!('ok' in seen)) throw new Error(seen.bad.detail);
      seen.ok.seq = ++seq;
      const t1 = cpuMs();
      exchanges += fold.fold(seen.ok, T + 1000).folded;
      const folded = cpuMs();
      sampler?.look(seen.ok, T + 1000 + performance.now() - began0);
      const t2 = cpuMs();
      spent.decode += t1 - t0;
      spent.fold += folded - t1;
      if (sampler) spent.samples += t2 - folded;
      if (performance.now() - lastFlush < 1000) continue;
      const commit = fold.commit(unit, [], T);
      const result = await store.commit(commit);
      if (result.kind !== 'ok') throw new Error(result.kind);
      fold.committed(commit, result.taken, T);
      await sampler?.write({ set: () => Promise.resolve() }, T + 1000 + performance.now() - began0);
      lastFlush = performance.now();
      spent.flush += cpuMs() - t2;
    }
  };
  await cycle(1000);
  exchanges = 0;
  spent.decode = spent.fold = spent.flush = spent.samples = 0;
  const began = performance.now();
  const cpu = cpuMs();
  await cycle(SECONDS * 1000);
  const took = performance.now() - began;
  const used = cpuMs() - cpu;
  await store.end();
  rmSync(dir, { recursive: true, force: true });
  const ns = (ms: number) => Math.round((ms * 1e6) / exchanges);
  return {
    rate: Math.round((exchanges / used) * 1000),
    wall_rate: Math.round((exchanges / took) * 1000),
    decode: ns(spent.decode),
    fold: ns(spent.fold),
    flush: ns(spent.flush),
    samples: ns(spent.samples),
    bytes: Math.round(made[0]!.value.length / rows),
  };
}

const results = [];
for (const [rows, ids] of [
  [2000, 0],
  [500, 0],
  [2000, 1],
  [2000, 2],
  [500, 2],
  [10, 0],
] as const) {
  const r = { rows, unique_headers: ids, ...(await run(rows, ids)) };
  results.push(r);
  console.log(
    `${rows} rows a batch, ${ids} unique header values an exchange: ${r.rate} exchanges a CPU second, ${r.wall_rate} a second (ns an exchange: decode ${r.decode}, fold ${r.fold}, flush ${r.flush}, samples ${r.samples}; ${r.bytes} B an exchange)`,
  );
}
console.log(JSON.stringify({ bench: 'fold', results }));
