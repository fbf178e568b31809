/** A real Cluster whose shards roll back each for itself: README.md, "Shards that roll back alone". */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCluster, type RunningCluster } from '../../../../infra/redis/cluster.mjs';
import { closeOf } from '../contract.ts';
import type { SegmentKey, SummaryStore, UnitId } from '../index.ts';
import { play, stepsWithShards, type World } from '../model.ts';
import { RedisSummaryStore } from './store.ts';

let cluster: RunningCluster;
const open = (undoMs?: number) => RedisSummaryStore.open({ kind: 'redis', url: 'redis://ignored', prefix: 'sh', cluster: cluster.nodes }, undoMs);
beforeAll(async () => void (cluster = await startCluster({ config: { 'enable-debug-command': 'yes' } })));
afterAll(() => cluster?.stop());

const shard: World['shard'] = {
  count: 3,
  async of({ topic, partition }) {
    const slot = Number(await cluster.masters[0]!.command('CLUSTER', 'KEYSLOT', `{${topic}:${partition}}`));
    return Math.min(2, Math.floor(((slot + 1) * 3) / 16384 - 1e-9));
  },
  snapshot: (n) => cluster.masters[n]!.snapshot(),
  rollback: (n) => cluster.masters[n]!.reloadSnapshot(),
};

test('nothing lost, nothing twice, when shards come back from snapshots of different times', async () => {
  const [kept, settled] = [await open(), await open(1)];
  const seen: Record<string, number> = {};
  try {
    await fc.assert(
      fc.asyncProperty(stepsWithShards, async (list) => {
        let store: SummaryStore = kept;
        const world: World = {
          store: () => store,
          actorsDie: false,
          snapshot: async () => {},
          rollback: async () => {},
          shard,
          settle: async () => void (store = settled),
        };
        await play(world, list, seen);
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 15), interruptAfterTimeLimit: 25_000 },
    );
    if (process.env['MODEL_SEEN']) console.log(seen);
    for (const what of ['shard rollback', 'commit ok', 'commit stale', 'close ok', 'roll-up of 1m ok']) expect(seen[what], what).toBeGreaterThan(0);
  } finally {
    await kept.end();
    await settled.end();
  }
});

describe.each([
  { undoMs: undefined, text: 'with what a close needs to be undone' },
  { undoMs: 0, text: 'without (the control: what it is for)' },
])('$text', ({ undoMs }) => {
  /** Two units on two shards: 0 gives, 1 closes. Both snapshots are of the time after the first commit, before the close. */
  async function closed(store: SummaryStore) {
    const topic = await apart();
    const [p, c] = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ];
    const key: SegmentKey = { resolution: '10s', start: 0, subject: 's:a' };
    const [owner, closer] = [await store.claim(p, 'bus'), await store.claim(c, 'bus')];
    const commit = (epoch: number, from: number | null, to: number, text: string, fresh: boolean) =>
      store.commit({
        unit: p,
        epoch,
        expectedOffset: from,
        nextOffset: to,
        agents: new Uint8Array(1),
        watermark: 0,
        silent: [],
        at: 0,
        segments: [{ ...key, bytes: Buffer.from(text), fresh }],
      });
    const seen = async () =>
      (await store.read({ topic, resolution: '10s', start: 0, end: 10_000 }))
        .flatMap((r) => [...(r.closed ? [r.closed] : []), ...r.partials].map((x) => Buffer.from(x.bytes).toString()))
        .join('+');
    const close = async (epoch: number) => store.close(topic, closeOf(c, { epoch }, key, await store.take(topic, key, c)));
    await commit(owner.epoch, null, 1, 'a', true);
    for (const unit of [p, c]) await cluster.masters[await shard!.of(unit)]!.snapshot();
    expect((await close(closer.epoch)).kind).toBe('ok');
    expect(await seen()).toBe('a');
    return { p, c, owner, closer, commit, seen, close, back: async (unit: UnitId) => cluster.masters[await shard!.of(unit)]!.reloadSnapshot() };
  }

  test('the freeze is lost, the close is not', async () => {
    const store = await open(undoMs);
    try {
      const { p, owner, closer, commit, seen, close, back } = await closed(store);
      await back(p);
      // Its owner goes on with what it has in memory, as the offset says it may.
      const went = await commit(owner.epoch, 1, 2, 'ab', false);
      if (undoMs === 0) return expect([went.kind, await seen()]).toEqual(['ok', 'a+ab']); // a counts twice
      expect(went).toEqual({ kind: 'stale', nextOffset: 1 });
      const again = await store.claim(p, 'bus');
      expect(again.open.map((o) => Buffer.from(o.bytes).toString())).toEqual(['a']);
      expect((await commit(again.epoch, 1, 2, 'ab', false)).kind).toBe('ok');
      expect(await seen()).toBe('ab');
      expect((await close(closer.epoch)).kind).toBe('ok');
      return expect(await seen()).toBe('ab');
    } finally {
      await store.end();
    }
  });

  test('the close is lost, the freeze is not', async () => {
    const store = await open(undoMs);
    try {
      const { c, closer, seen, close, back } = await closed(store);
      await back(c);
      expect(await seen()).toBe(undoMs === 0 ? '' : 'a'); // the partial had been dropped: a is lost
      if (undoMs === 0) return;
      expect((await close(closer.epoch)).kind).toBe('stale');
      expect((await close((await store.claim(c, 'bus')).epoch)).kind).toBe('ok');
      expect(await seen()).toBe('a');
    } finally {
      await store.end();
    }
  });

  test('a close that was under way while the unit went back is not made', async () => {
    const store = await open(undoMs);
    try {
      const { topic, partition } = (await closed(store)).p;
      const [p, c] = [
        { topic, partition },
        { topic, partition: 1 },
      ];
      const key: SegmentKey = { resolution: '10s', start: 10_000, subject: 's:a' };
      const { epoch } = await store.claim(p, 'bus');
      const closer = await store.claim(c, 'bus');
      await cluster.masters[await shard!.of(p)]!.snapshot();
      const segments = [{ ...key, bytes: Buffer.from('x'), fresh: true }];
      await store.commit({ unit: p, epoch, expectedOffset: 1, nextOffset: 2, agents: new Uint8Array(1), watermark: 0, silent: [], at: 0, segments });
      const taken = await store.take(topic, key, c);
      await cluster.masters[await shard!.of(p)]!.reloadSnapshot();
      expect((await store.claim(p, 'bus')).nextOffset).toBe(1);
      // x is replayed by the owner: made now, the close would count it twice
      expect((await store.close(topic, closeOf(c, closer, key, taken))).kind).toBe(undoMs === 0 ? 'ok' : 'stale');
    } finally {
      await store.end();
    }
  });
});

/** A topic whose units 0 and 1 lie on two shards. */
async function apart(): Promise<string> {
  for (;;) {
    const topic = `t-${randomUUID().slice(0, 8)}`;
    if ((await shard!.of({ topic, partition: 0 })) !== (await shard!.of({ topic, partition: 1 }))) return topic;
  }
}
