import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis, type RunningRedis } from '../../../../infra/redis/start.mjs';
import { openSummaryStore, type SummaryStore } from '../index.ts';
import { play, rollingMet, steps, stepsWithRollback, type World } from '../model.ts';

let redis: RunningRedis;
let store: SummaryStore;
const world: World = {
  store: () => store,
  actorsDie: false, // owners and closers go on with what they have in memory
  snapshot: () => redis.snapshot(),
  async rollback() {
    await redis.restoreSnapshot();
    await expect
      .poll(
        () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 5000, interval: 10 },
      )
      .toBe(true);
  },
};
beforeAll(async () => {
  redis = await startRedis();
  store = await openSummaryStore({ kind: 'redis', url: redis.url, prefix: 'model' });
});
afterAll(async () => {
  await store?.end();
  await redis?.stop();
});

test('nothing lost, nothing twice', async () => {
  const seen: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(steps, (list) => play(world, list, seen)),
    { numRuns: 60, interruptAfterTimeLimit: 45_000 },
  );
  for (const what of ['commit ok', 'commit taken', 'commit fenced', 'close ok', 'held', ...rollingMet]) expect(seen[what], what).toBeGreaterThan(0);
});

test('nothing lost, nothing twice, when Redis comes back from an older snapshot', async () => {
  const seen: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(stepsWithRollback, (list) => play(world, list, seen)),
    { numRuns: 30, interruptAfterTimeLimit: 45_000 },
  );
  for (const what of ['rollback', 'commit stale', 'commit taken', 'close ok', 'held']) expect(seen[what], what).toBeGreaterThan(0);
});
