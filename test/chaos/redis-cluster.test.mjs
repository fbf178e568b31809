// A Redis Cluster of three masters: one dies and its replica follows; one dies with its replica and comes back; one shard alone is put
// back to a backup. See README.md, and libs/summary-store/README.md, "Shards that roll back alone".
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSummaryStore } from '@headwater/summary-store';
import { startCluster } from '../../infra/redis/cluster.mjs';
import { scratch } from '../e2e/fleet.mjs';
import { eventually } from '../e2e/standalone.mjs';
import { EVENTS, openFleet } from './fleet.mjs';
import { verdicts } from './redis-verdicts.mjs';

test('Redis Cluster of three masters', { timeout: 400_000 }, async (t) => {
  const { dir } = scratch(t, 'hw-chaos-cluster-');
  const cluster = await startCluster({ masters: 3, replicas: 1, dir, appendonly: true, config: { 'cluster-require-full-coverage': 'no' } });
  t.after(() => cluster.stop());
  const [first] = cluster.masters;
  const store = { kind: 'redis', url: first.url, cluster: cluster.nodes };
  // As in production: an owner that waits for a shard is not silent, and a window closed without it would say so for ever.
  const fleet = await openFleet(t, { store, analyzer: { silent_after_ms: 30_000 } });
  const { later, all } = verdicts(fleet);
  const shardOf = async (key) => Math.floor((Number(await alive().command('CLUSTER', 'KEYSLOT', key)) * 3) / 16_384);
  const alive = () => cluster.masters.find((m) => m.pid) ?? cluster.replicas[0];
  const units = await Promise.all(Array.from({ length: 12 }, (_, p) => shardOf(`{${EVENTS}:${p}}`)));
  /** Loses neither the set of units nor the state store: those fail as on a single Redis. */
  const beside = new Set([await shardOf(`{${EVENTS}}`)]);
  const victim = [0, 1, 2].filter((n) => !beside.has(n) && units.includes(n));
  assert.ok(victim.length > 0, `units on shards ${units}`);

  await t.test('one shard alone is put back to a backup of 6 s before', async () => {
    const n = victim[0];
    const load = await fleet.load({ name: 'shard', seconds: 18 });
    await sleep(7_000);
    await cluster.masters[n].snapshot();
    await sleep(6_000);
    // Its replica would be promoted with all there is while the master is restarted.
    await cluster.replicas[n].kill();
    await cluster.masters[n].restoreSnapshot();
    later({ fault: `Redis Cluster: one shard of three (${units.filter((u) => u === n).length} of 12 units) put back to a backup of 6 s before`, load });
    await load.gone;
    await cluster.replicas[n].restart();
  });

  await t.test('a master dies, its replica takes over', async () => {
    const n = victim.at(-1) === victim[0] ? 0 : victim.at(-1);
    const load = await fleet.load({ name: 'takeover', seconds: 14 });
    await sleep(4_000);
    await cluster.masters[n].kill();
    const promoted = await eventually(async () => /role:master/.test(String(await cluster.replicas[n].command('INFO', 'replication'))), 20_000);
    assert.ok(promoted, 'no replica was promoted');
    later({ fault: 'Redis Cluster loses a master of three, its replica takes over', load });
    await load.gone;
    await cluster.masters[n].restart();
  });

  await all();

  await t.test('a master dies and nobody takes over: what can be reached goes on, the rest is complete afterwards', async () => {
    const n = victim[0];
    const load = await fleet.load({ name: 'alone', seconds: 14 });
    await sleep(4_000);
    const gone = [cluster.masters[n], cluster.replicas[n]];
    const reachable = await openSummaryStore({ ...store, prefix: 'headwater' });
    t.after(() => reachable.end());
    const before = new Map((await reachable.units(EVENTS)).map((u) => [u.partition, u.nextOffset]));
    await Promise.all(gone.map((server) => server.kill()));
    await sleep(8_000);
    const grown = await offsets(cluster, EVENTS, units, n);
    for (const [p, offset] of grown) assert.ok(offset >= (before.get(p) ?? 0), `partition ${p} went back`);
    const went = grown.filter(([p, offset]) => offset > (before.get(p) ?? 0)).length;
    assert.ok(went > 0, `no unit of another shard was committed while one was away: ${JSON.stringify(grown)}`);
    for (const server of gone) await server.restart();
    await fleet.exact({ fault: `Redis Cluster loses a master of three without a replica for 8 s (${went} of ${grown.length} other units went on)`, load });
  });
});

/** [partition, next offset] of the units that do not lie on shard `without`, from the servers themselves. */
async function offsets(cluster, topic, units, without) {
  const found = [];
  for (const [p, shard] of units.entries()) {
    if (shard === without) continue;
    for (const server of [cluster.masters[shard], cluster.replicas[shard]]) {
      const offset = await server.command('HGET', `headwater:sum:{${topic}:${p}}:unit`, 'o').catch(() => null);
      if (offset !== null) {
        found.push([p, Number(offset)]);
        break;
      }
    }
  }
  return found;
}
