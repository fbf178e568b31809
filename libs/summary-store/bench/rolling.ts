/**
 * What roll-ups cost: node --conditions=@headwater/source bench/rolling.ts [redis|embedded] [hours = 1] [routes = 500]
 * One service with so many routes (three statuses each on a fifth of them), real ServiceWindows; 12 units, of which
 * one has the service's closed windows. Before and after in one run: the same closes with and without their roll-ups,
 * the same reads with and without `coarsest`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceWindow } from '@headwater/sketch';
import { startRedis } from '../../../infra/redis/start.mjs';
import { openSummaryStore, type Coarse, type SegmentKey, type SummaryStore } from '../src/index.ts';

const [kind = 'redis', hours = '1', routes = '500'] = process.argv.slice(2);
const HOUR = 3_600_000;
const H = Math.floor(1_790_000_000_000 / HOUR) * HOUR;
const topic = 'bench';
const subject = 's:shop';

/** One 10 s window: every route is hit a few times, latencies vary. */
function windowOf(seed: number): Uint8Array {
  const w = new ServiceWindow();
  let x = seed * 2_654_435_761;
  const next = (n: number) => (x = (x * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
  for (let r = 0; r < Number(routes); r++) {
    for (const status of r % 5 === 0 ? [200, 404, 500] : [200]) {
      const p = w.pattern('server', 'GET', `/api/v1/resource-${r}/{id}`, status);
      p.exchanges = 5;
      w.roleExchanges.server += 5;
      for (let i = 0; i < 5; i++) {
        p.ttfb.add(1e6 + next(2e7), 1);
        p.total.add(2e6 + next(4e7), 1);
      }
    }
  }
  return w.encode();
}

const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length >> 1]!;
const ms = (all: number[]) => `median ${median(all).toFixed(1)} ms, max ${Math.max(...all).toFixed(1)}`;
const say = (what: string, value: string) => console.log(`${kind.padEnd(9)} ${what.padEnd(66)} ${value}`);
async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const value = await work();
  into.push(performance.now() - began);
  return value;
}

function merged(parts: Uint8Array[]): Uint8Array {
  const w = new ServiceWindow();
  for (const part of parts) w.merge(ServiceWindow.decode(part));
  return w.encode();
}

async function measure(store: SummaryStore, memory: () => Promise<number>): Promise<void> {
  const windows = Array.from({ length: 60 }, (_, i) => windowOf(i + 1));
  say('bytes of one 10 s window', String(windows[0]!.length));
  const unit = { topic, partition: 0 };
  let epoch = 0;
  for (let partition = 0; partition < 12; partition++) {
    const claim = await store.claim({ topic, partition }, 'bus');
    if (partition === 0) ({ epoch } = claim);
  }
  const commits: number[] = [];
  const closes: number[] = [];
  const rolls: Record<Coarse, number[]> = { '1m': [], '1h': [] };
  const rollReads: Record<Coarse, number[]> = { '1m': [], '1h': [] };
  const start = await memory();
  let offset: number | null = null;
  // Windows repeat every 10 minutes: what is made of them is made once an hour's worth has been measured.
  const known = new Map<string, Uint8Array>();
  const roll = async (resolution: Coarse, at: number) => {
    const id = `${resolution} ${at % 600_000}`;
    const measured = at < H + 2 * HOUR;
    await timed(measured ? rolls[resolution] : [], async () => {
      const key = { resolution, start: at, subject };
      const found = (await timed(rollReads[resolution], () => store.sources(unit, key)))!;
      const bytes = (measured ? undefined : known.get(id)) ?? merged(found.finer.map((f) => f.bytes));
      known.set(id, bytes);
      const rollUp = { revision: found.revision + 1, bytes, missing: [], closedAt: at };
      const result = await store.rollUp({ unit, epoch, key, rollUp, mark: found.mark, lease: found.lease });
      if (result.kind !== 'ok') throw new Error(result.kind);
    });
  };
  const total = Number(hours) * 360;
  for (let i = 0; i < total; i++) {
    const key: SegmentKey = { resolution: '10s', start: H + i * 10_000, subject };
    const next: number = (offset ?? 0) + 1;
    const segment = { ...key, bytes: windows[i % 60]!, fresh: true };
    const result = await timed(commits, () =>
      store.commit({ unit, epoch, expectedOffset: offset, nextOffset: next, agents: new Uint8Array(500), watermark: H, silent: [], at: H, segments: [segment] }),
    );
    if (result.kind !== 'ok') throw new Error(result.kind);
    offset = next;
    await timed(i < 360 ? closes : [], async () => {
      const taken = await store.take(topic, key, unit);
      const bytes = i < 360 ? merged(taken.partials.map((p) => p.bytes)) : taken.partials[0]!.bytes;
      const closed = { ...key, revision: 1, bytes, holds: { 0: taken.partials[0]!.revision }, missing: [], closedAt: H };
      await store.close(topic, { unit, epoch, lease: taken.lease, expectedRevision: 0, closed });
    });
  }
  const fine = await memory();
  const range = { topic, resolution: '10s', start: H, end: H + total * 10_000 } as const;
  const reads = async (what: string, more: { coarsest?: '1m' | '1h'; end?: number }, runs: number) => {
    const all: number[] = [];
    let rows = 0;
    let bytes = 0;
    for (let i = 0; i < runs; i++) {
      const found = await timed(all, () => store.read({ ...range, ...more }));
      rows = found.length;
      bytes = found.reduce((sum, w) => sum + (w.closed?.bytes.length ?? 0), 0);
    }
    say(what, `${ms(all)}; ${rows} windows, ${(bytes / 1e6).toFixed(1)} MB`);
  };
  await reads('read the first hour, 10 s windows, nothing rolled up', { end: H + HOUR }, 7);
  await reads('read the first hour, coarsest 1h, nothing rolled up', { end: H + HOUR, coarsest: '1h' }, 7);
  for (let at = H; at < range.end; at += 60_000) await roll('1m', at);
  const minutes = await memory();
  await reads('read the first hour, coarsest 1m', { end: H + HOUR, coarsest: '1m' }, 7);
  if (total % 360 === 0) for (let at = H; at < range.end; at += HOUR) await roll('1h', at);
  const all = await memory();
  say('commit of one window', ms(commits));
  say('take, merge and close of one window, marks included', ms(closes));
  say('roll-up of a minute: read, merge, store', `${ms(rolls['1m'])} (of it reading ${median(rollReads['1m']).toFixed(1)})`);
  if (rolls['1h'].length > 0) say('roll-up of an hour: read, merge, store', `${ms(rolls['1h'])} (of it reading ${median(rollReads['1h']).toFixed(1)})`);
  const mb = (n: number) => `${(n / 1e6).toFixed(1)} MB`;
  if (start > 0) say(`memory of ${hours} h: 10 s windows, + minutes, + hours`, `${mb(fine - start)}, +${mb(minutes - fine)}, +${mb(all - minutes)}`);
  await reads('read the first hour, 10 s windows', { end: H + HOUR }, 7);
  await reads('read the first hour, coarsest 1h', { end: H + HOUR, coarsest: '1h' }, 7);
  if (Number(hours) > 1) {
    await reads(`read ${hours} h, coarsest 1m`, { coarsest: '1m' }, 3);
    await reads(`read ${hours} h, coarsest 1h`, { coarsest: '1h' }, 7);
    // As the API does it: 10 minutes at a time.
    const whole: number[] = [];
    await timed(whole, async () => {
      for (let at = H; at < range.end; at += 600_000) await store.read({ ...range, start: at, end: at + 600_000 });
    });
    say(`read ${hours} h, 10 s windows, 10 min at a time`, ms(whole));
  }
  const went: number[] = [];
  const retired = await timed(went, () => store.retire(topic, '10s', range.end, 0));
  say(`retire all 10 s windows (${retired.segments})`, ms(went));
  if (start > 0) say('memory then', mb((await memory()) - start));
}

if (kind === 'embedded') {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'windows.db') });
  await measure(store, async () => 0);
  await store.end();
  rmSync(dir, { recursive: true });
} else {
  const redis = await startRedis();
  const store = await openSummaryStore({ kind: 'redis', url: redis.url, prefix: 'bench' });
  await measure(store, async () => Number(/used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory')))![1]));
  await store.end();
  await redis.stop();
}
