// Three brokers, of which one is lost and comes back. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from '../e2e/topic.mjs';
import { EVENTS, openFleet } from './fleet.mjs';

test('one of three brokers is lost and comes back', { timeout: 300_000 }, async (t) => {
  const fleet = await openFleet(t, { brokers: 3 });
  const admin = new Kafka({ clientId: 'chaos', brokers: fleet.kafka.bootstrap, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  t.after(() => admin.disconnect());
  const partitions = async () => (await admin.fetchTopicMetadata({ topics: [EVENTS] })).topics[0].partitions;
  for (const p of await partitions()) assert.equal(p.replicas.length, 3, 'the topic has not three replicas');

  const load = await fleet.load({ name: 'broker', seconds: 25 });
  await sleep(4_000);
  // The one that leads most is the one that hurts most.
  const led = (await partitions()).map((p) => p.leader);
  const victim = [0, 1, 2].sort((a, b) => led.filter((l) => l === b).length - led.filter((l) => l === a).length)[0];
  await fleet.kafka.kill(victim);
  await sleep(6_000);
  await fleet.kafka.restart(victim);
  await fleet.exact({ fault: 'one of three brokers killed (RF 3, min.insync 2), back after 6 s', load });
});
