import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSummaryStore, type SummaryStore } from '../index.ts';
import { play, rollingMet, steps, stepsWithRollback, type World } from '../model.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-model-'));
const path = join(dir, 'model.db');
let store: SummaryStore;
const reopened = async (between: () => void) => {
  await store.end(); // the last one to close the file checkpoints its log
  between();
  store = await openSummaryStore({ kind: 'embedded', path });
};
const world: World = {
  store: () => store,
  actorsDie: true,
  snapshot: () => reopened(() => copyFileSync(path, `${path}.kept`)),
  rollback: () => reopened(() => copyFileSync(`${path}.kept`, path)),
};
beforeAll(async () => void (store = await openSummaryStore({ kind: 'embedded', path })));
afterAll(async () => {
  await store.end();
  rmSync(dir, { recursive: true });
});

test('nothing lost, nothing twice', async () => {
  const seen: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(steps, (list) => play(world, list, seen)),
    { numRuns: 60, interruptAfterTimeLimit: 45_000 },
  );
  if (process.env['MODEL_SEEN']) console.log(seen);
  // the runs met what they are about
  for (const what of ['commit ok', 'commit taken', 'commit fenced', 'close ok', 'held', ...rollingMet]) expect(seen[what], what).toBeGreaterThan(0);
}, 120_000);

test('nothing lost, nothing twice, with files put back', async () => {
  await fc.assert(
    fc.asyncProperty(stepsWithRollback, (list) => play(world, list)),
    { numRuns: 8, interruptAfterTimeLimit: 45_000 },
  );
}, 120_000);
