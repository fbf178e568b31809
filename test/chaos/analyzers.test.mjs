// Analyzers that die, stop, and come and go, under load. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../e2e/standalone.mjs';
import { openFleet } from './fleet.mjs';

test('analyzers', { timeout: 400_000 }, async (t) => {
  const fleet = await openFleet(t);

  await t.test('SIGKILL, four times, with a lag', async () => {
    const load = await fleet.load({ name: 'kill', seconds: 20, repeatEvery: 17 });
    for (let k = 0; k < 4; k += 1) {
      await sleep(2_000);
      const name = ['analyzer-a', 'analyzer-b'][k % 2];
      const both = [...fleet.analyzers.values()];
      // Stopped for a moment, so that the kill meets them in the middle of catching up.
      for (const p of both) p.child.kill('SIGSTOP');
      await sleep(1_000);
      for (const p of both) p.child.kill('SIGCONT');
      await sleep(k * 15);
      await fleet.analyzers.get(name).kill('SIGKILL');
      await fleet.analyzer(name);
    }
    const { topic } = await fleet.exact({ fault: 'analyzer SIGKILL x4, with lag', load });
    assert.ok(topic.repeats > 0, 'the load repeated nothing');
    assert.ok((await fleet.sum('batches_total', 'outcome="repeated"')) > 0, 'no analyzer says that it skipped a repeat');
  });
});
