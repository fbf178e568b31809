// Analyzers that die, stop, and come and go, under load. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../e2e/standalone.mjs';
import { openFleet } from './fleet.mjs';

const JOINS = 8;

test('analyzers', { timeout: 400_000 }, async (t) => {
  const fleet = await openFleet(t);

  await t.test('SIGKILL, three times, with a lag', async () => {
    const load = await fleet.load({ name: 'kill', seconds: 15, repeatEvery: 17 });
    let skipped = 0;
    for (let k = 0; k < 3; k += 1) {
      await sleep(2_000);
      const name = ['analyzer-a', 'analyzer-b'][k % 2];
      const both = [...fleet.analyzers.values()];
      // Stopped for a moment, so that the kill meets them in the middle of catching up.
      for (const p of both) p.child.kill('SIGSTOP');
      await sleep(1_000);
      for (const p of both) p.child.kill('SIGCONT');
      await sleep(k * 15);
      // What a process counted goes with it.
      skipped +=
        (await fleet.analyzers
          .get(name)
          .metric('batches_total', 'outcome="repeated"')
          .catch(() => 0)) ?? 0;
      await fleet.analyzers.get(name).kill('SIGKILL');
      await fleet.analyzer(name);
    }
    const { topic } = await fleet.exact({ fault: 'analyzer SIGKILL x3, with lag', load });
    assert.ok(topic.repeats > 0, 'the load repeated nothing');
    skipped += (await fleet.sum('batches_total', 'outcome="repeated"')) ?? 0;
    assert.ok(skipped > 0, 'no analyzer says that it skipped a repeat');
  });

  await t.test('SIGSTOP past the session timeout: the zombie that wakes is fenced', async () => {
    const load = await fleet.load({ name: 'zombie', seconds: 20 });
    await sleep(4_000);
    const zombie = fleet.analyzers.get('analyzer-a');
    const other = fleet.analyzers.get('analyzer-b');
    const held = await zombie.metric('partitions');
    assert.ok(held > 0 && held < 12, `the zombie holds ${held} partitions`);
    const fenced = (await zombie.metric('memory_dropped_total', 'why="fenced"')) ?? 0;
    zombie.child.kill('SIGSTOP');
    // The group gives it up 10 s after its last heartbeat; then its partitions have another owner.
    assert.ok(await eventually(async () => (await other.metric('partitions')) === 12, 30_000, 200), `nobody took over\n${other.output.slice(-2_000)}`);
    await sleep(1_500);
    const said = zombie.output.length;
    zombie.child.kill('SIGCONT');
    await zombie.until(/"why":"fenced"/, 15_000);
    assert.match(zombie.output.slice(said), /memory dropped; reloading from the store/);
    assert.match(zombie.output.slice(said), /the store holds epoch/);
    assert.ok((await zombie.metric('memory_dropped_total', 'why="fenced"')) > fenced);
    await fleet.exact({ fault: 'analyzer SIGSTOP 10 s and more, SIGCONT (zombie fenced)', load });
  });

  await t.test('rebalance storm: analyzers join and leave all the time', async () => {
    const load = await fleet.load({ name: 'storm', seconds: 120 });
    const ends = [];
    // In order, and by SIGKILL, which the group notices after the session timeout only.
    for (let joins = 0; joins < JOINS; joins += 1) {
      const name = `storm-${joins % 3}`;
      const before = fleet.analyzers.get(name);
      if (before) ends.push(before.kill(joins % 4 === 0 ? 'SIGKILL' : 'SIGTERM'));
      const p = await fleet.analyzer(name);
      await Promise.race([p.until(/partition taken over/, 5_000).catch(() => undefined), sleep(1_500)]);
    }
    await Promise.all(ends);
    for (const name of ['storm-0', 'storm-1', 'storm-2']) await fleet.analyzers.get(name).kill('SIGTERM');
    load.child.kill('SIGTERM');
    await fleet.exact({ fault: `rebalance storm (${JOINS} joined and left)`, load });
    for (const [name, p] of fleet.analyzers) if (p.exit) fleet.analyzers.delete(name);
  });
});
