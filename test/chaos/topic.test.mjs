// A broker whose answers are lost, a broker that restarts, clocks that are wrong. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../e2e/nginx.mjs';
import { eventually, getAll, token } from '../e2e/standalone.mjs';
import { startProxy } from './cut.mjs';
import { openFleet } from './fleet.mjs';
import { askQuality } from './truth.mjs';
import { WINDOW_MS } from './traffic.mjs';

test('the log', { timeout: 500_000 }, async (t) => {
  const proxyPort = await freePort();
  const fleet = await openFleet(t, { kafka: { listeners: [{ name: 'PROXIED', advertisedPort: proxyPort }] } });
  const { kafka } = fleet;
  const proxy = await startProxy({ port: proxyPort, to: () => kafka.listener('PROXIED')[0] });
  t.after(() => proxy.close());

  await t.test('a producer loses the answer: no exchange lost or twice', async () => {
    const load = await fleet.load({ name: 'cut', seconds: 15, bus: { brokers: [`127.0.0.1:${proxyPort}`] } });
    await sleep(1_500);
    // Once: kafkajs repeats it under the same number, and the broker knows the repeat.
    proxy.cutFor(150);
    await sleep(2_000);
    // Until kafkajs gives up: the producer is thrown away, and the batch goes again by another one, which no broker can know.
    proxy.cutFor(5_000);
    const { sent, topic } = await fleet.exact({ fault: 'producer cut off between write and ack', load });
    assert.ok(proxy.cuts() >= 10, `only ${proxy.cuts()} answers were cut off`);
    const again = Object.values(sent.hosts).reduce((sum, h) => sum + h.sends_again, 0);
    assert.ok(again >= 4, `only ${again} sends were made again`);
    assert.ok(topic.repeats >= again, `${topic.repeats} repeats in the topic, ${again} sends made again`);
  });

  await t.test('the only broker restarts', async () => {
    const load = await fleet.load({ name: 'restart', seconds: 15 });
    await sleep(3_000);
    await kafka.kill(0);
    await sleep(2_000);
    await kafka.restart(0);
    await sleep(2_000);
    await kafka.restart(0);
    await fleet.exact({ fault: 'broker SIGKILL and restart, then restart in order', load });
  });

  await t.test('clocks 10 minutes ahead and behind', async () => {
    await fleet.freshWindow();
    const load = await fleet.load({ name: 'clock', seconds: 25, hosts: 4, offsetsMs: [600_000, -600_000, 0, 0] });
    // While all of them speak, the windows of the others close in time.
    const first = load.startMs - (load.startMs % WINDOW_MS);
    const closed = await eventually(async () => load.exit || (await askQuality(fleet.info, first, first + WINDOW_MS)).complete, 30_000, 300);
    assert.equal(closed, true, `the first window is not closed while hosts with wrong clocks speak\n${fleet.outputs()}`);
    assert.equal(load.exit, null);
    const { sent } = await fleet.exact({ fault: 'a host 10 min ahead, one 10 min behind', load });
    const [ahead, behind, right] = Object.keys(sent.hosts);
    const { data } = await getAll(fleet.info, await token(fleet.info), '/v1/fleet/agents?start=now-1h&end=now&limit=1000');
    const row = (host) => data.find((r) => r.host === host);
    assert.ok(Math.abs(row(ahead).skew_ms + 600_000) < 10_000, `skew of the host ahead: ${row(ahead).skew_ms}`);
    assert.ok(Math.abs(row(behind).skew_ms - 600_000) < 10_000, `skew of the host behind: ${row(behind).skew_ms}`);
    assert.ok(Math.abs(row(right).skew_ms) < 10_000, `skew of a host whose clock is right: ${row(right).skew_ms}`);
    assert.equal(row(right).account.clamped_times, 0);
    assert.ok(row(ahead).account.clamped_times > 0);
  });
});
