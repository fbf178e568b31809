// A topic that is deleted and made again, and one whose beginning is deleted before it was read. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../e2e/standalone.mjs';
import { Kafka, logLevel } from '../e2e/topic.mjs';
import { EVENTS, openFleet } from './fleet.mjs';
import { countTopic, missingByHost, without } from './truth.mjs';

test('the log goes', { timeout: 600_000 }, async (t) => {
  const fleet = await openFleet(t);
  const { kafka } = fleet;
  const admin = new Kafka({ clientId: 'chaos', brokers: kafka.bootstrap, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  t.after(() => admin.disconnect());

  await t.test("the log's beginning passes the stored place while the analyzers are away", { timeout: 280_000 }, async () => {
    await fleet.freshWindow();
    const load = await fleet.load({ name: 'trim', seconds: 20 });
    await sleep(3_000);
    const names = [...fleet.analyzers.keys()];
    for (const p of fleet.analyzers.values()) assert.deepEqual(await p.kill('SIGTERM'), { code: 0, signal: null });
    await sleep(4_000);
    load.child.kill('SIGSTOP');
    const old = await countTopic({ brokers: kafka.bootstrap, topic: EVENTS, name: 'trim' });
    const ends = await admin.fetchTopicOffsets(EVENTS);
    await admin.deleteTopicRecords({ topic: EVENTS, partitions: ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => ({ partition, offset: high })) });
    load.child.kill('SIGCONT');
    for (const name of names) await fleet.analyzer(name);
    await load.done();
    assert.ok(await eventually(async () => (await fleet.sum('lost_records_total')) > 0, 20_000, 200), `no analyzer says that records were deleted\n${fleet.outputs()}`);
    const now = await countTopic({ brokers: kafka.bootstrap, topic: EVENTS, name: 'trim' });
    const { missing } = await fleet.exact({
      fault: 'log start moved past the stored place',
      load,
      killed: true,
      truth: async () => without(old, now, await missingByHost(fleet.info)),
    });
    assert.match(missing, /^complete:false/);
  });

  await t.test('the topic is deleted and made again under running analyzers', { timeout: 280_000 }, async () => {
    await fleet.freshWindow();
    const load = await fleet.load({ name: 'again', seconds: 45 });
    await sleep(4_000);
    const over = await fleet.sum('started_over_total');
    // Nobody reads and nobody sends while the topic changes, so that what the old one held is known.
    for (const p of fleet.analyzers.values()) p.child.kill('SIGSTOP');
    await sleep(1_500);
    load.child.kill('SIGSTOP');
    const old = await countTopic({ brokers: kafka.bootstrap, topic: EVENTS, name: 'again' });
    await admin.deleteTopics({ topics: [EVENTS] });
    await sleep(1_000);
    await fleet.applyTopics();
    for (const p of fleet.analyzers.values()) p.child.kill('SIGCONT');
    const began = Date.now();
    load.child.kill('SIGCONT');
    assert.ok(await eventually(async () => (await fleet.sum('started_over_total')) > over, 40_000, 200), `nobody started over\n${fleet.outputs()}`);
    const dead = Date.now() - began;
    await sleep(4_000);
    load.child.kill('SIGTERM');
    await load.done();
    const now = await countTopic({ brokers: kafka.bootstrap, topic: EVENTS, name: 'again' });
    const { missing } = await fleet.exact({
      fault: 'topic deleted and made again, analyzers running',
      load,
      killed: true,
      truth: async () => without(old, now, await missingByHost(fleet.info)),
    });
    assert.match(missing, /^complete:false/);
    t.diagnostic(`${dead} ms until the new topic was read`);
  });
});
