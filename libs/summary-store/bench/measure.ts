/**
 * What the stores cost: node --conditions=@headwater/source bench/measure.ts [redis|embedded] [subjects]
 * Real redis-server on loopback without persistence; SQLite in the temporary folder. Medians of 30, after 5 to warm up.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../../../infra/redis/start.mjs';
import { openSummaryStore, type SegmentWrite, type SummaryStore } from '../src/index.ts';

const BYTES = 300;
const W = 1_700_000_000_000;
const noise = () => Uint8Array.from({ length: BYTES }, () => Math.floor(Math.random() * 256));

async function times(work: (i: number) => Promise<unknown>, runs = 30): Promise<string> {
  const all: number[] = [];
  for (let i = -5; i < runs; i++) {
    const began = performance.now();
    await work(i + 5);
    if (i >= 0) all.push(performance.now() - began);
  }
  all.sort((a, b) => a - b);
  return `median ${all[runs >> 1]!.toFixed(2)} ms, p90 ${all[Math.floor(runs * 0.9)]!.toFixed(2)}, max ${all.at(-1)!.toFixed(2)}`;
}

async function measure(name: string, store: SummaryStore, memory: () => Promise<number>): Promise<void> {
  const say = (what: string, value: string) => console.log(`${name.padEnd(9)} ${what.padEnd(64)} ${value}`);
  const common = { agents: new Uint8Array(500), watermark: W, silent: [], at: W };

  const one = { topic: 'commits', partition: 0 };
  let { epoch } = await store.claim(one, 'bus');
  let offset: number | null = null;
  const segments = (fresh: boolean): SegmentWrite[] =>
    Array.from({ length: 1000 }, (_, i) => ({ resolution: '10s', start: W + (i % 2) * 10_000, subject: `s:service-${i >> 1}`, bytes: noise(), fresh }));
  const sets = [segments(true), ...Array.from({ length: 4 }, () => segments(false))];
  say(
    'commit of 1000 segments of 300 B',
    await times(async (i) => {
      const result = await store.commit({ ...common, unit: one, epoch, expectedOffset: offset, nextOffset: i + 1, segments: sets[i === 0 ? 0 : 1 + (i % 4)]! });
      if (result.kind !== 'ok') throw new Error(result.kind);
      offset = i + 1;
    }),
  );
  say(
    'commit of nothing but the offset',
    await times(async () => {
      const result = await store.commit({ ...common, unit: one, epoch, expectedOffset: offset, nextOffset: offset! + 1, segments: [] });
      if (result.kind !== 'ok') throw new Error(result.kind);
      offset = offset! + 1;
    }),
  );
  say('claim with 1000 open segments', await times(() => store.claim(one, 'bus'), 10));

  for (const subjects of process.argv[3] ? [Number(process.argv[3])] : [50, 500]) {
    const topic = `reads-${subjects}`;
    const before = await memory();
    for (let partition = 0; partition < 12; partition++) {
      const unit = { topic, partition };
      epoch = (await store.claim(unit, 'bus')).epoch;
      if (partition > 0) continue;
      for (let w = 0; w < 60; w++) {
        const own = Array.from({ length: subjects }, (_, i): SegmentWrite => ({
          resolution: '10s',
          start: W + w * 10_000,
          subject: `s:service-${i}`,
          bytes: noise(),
          fresh: true,
        }));
        await store.commit({ ...common, unit, epoch, expectedOffset: w || null, nextOffset: w + 1, segments: own });
      }
    }
    const bytes = (await memory()) - before;
    if (bytes > 0) say(`memory per open segment of 300 B (${subjects} a window)`, `${(bytes / (60 * subjects)).toFixed(0)} B`);
    const range = { topic, resolution: '10s', start: W, end: W + 600_000 } as const;
    say(`read 60 windows x ${subjects} subjects, open, 12 units`, await times(() => store.read(range)));
    say(`read 60 windows x 1 of ${subjects} subjects, open, 12 units`, await times(() => store.read({ ...range, subjects: ['s:service-7'] })));

    const closer = { topic, partition: 0 };
    epoch = (await store.claim(closer, 'bus')).epoch;
    const keys = await store.closable(topic, '10s', W + 600_000);
    const began = performance.now();
    for (let i = 0; i < keys.length; i += 50) {
      await Promise.all(
        keys.slice(i, i + 50).map(async (key) => {
          const t = await store.take(topic, key, closer);
          await store.close(topic, {
            unit: closer,
            epoch,
            lease: t.lease,
            expectedRevision: 0,
            closed: { ...key, revision: 1, bytes: t.partials[0]!.bytes, holds: { 0: t.partials[0]!.revision }, missing: [], closedAt: W },
          });
        }),
      );
    }
    say(`take and close, each of ${keys.length}, 50 at a time, 12 units`, `${((performance.now() - began) / keys.length).toFixed(3)} ms each`);
    const after = (await memory()) - before;
    if (after > 0) say(`memory per closed segment of 300 B (${subjects} a window)`, `${(after / keys.length).toFixed(0)} B`);
    say(`read 60 windows x ${subjects} subjects, closed, 12 units`, await times(() => store.read(range)));
    say(`closable when all is closed`, await times(() => store.closable(topic, '10s', W + 600_000)));
  }
}

const chosen = process.argv[2];
if (chosen !== 'embedded') {
  const redis = await startRedis();
  const store = await openSummaryStore({ kind: 'redis', url: redis.url, prefix: 'bench' });
  await measure('redis', store, async () => Number(/used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory')))![1]));
  await store.end();
  await redis.stop();
}
if (chosen !== 'redis') {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'windows.db') });
  await measure('embedded', store, async () => 0);
  await store.end();
  rmSync(dir, { recursive: true });
}
