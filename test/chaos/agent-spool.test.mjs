// Two agents that were cut off for an hour send what is in their spools, one after the other, beside live data: every window of that hour
// is equal, what was closed after the first gets new revisions by the second, roll-ups are made again, live data is not held up.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBus } from '@headwater/event-bus';
import { openSummaryStore } from '@headwater/summary-store';
import { eventually } from '../e2e/standalone.mjs';
import { EVENTS, openFleet } from './fleet.mjs';
import { Host, hostIds, WINDOW_MS } from './traffic.mjs';

const HOUR_MS = 3_600_000;
/** Every third window of the hour has exchanges: the API is asked about each. */
const EVERY = 3;
const A_WINDOW = 60;
const NAME = 'spool';

test('spool replay of an hour beside live data', { timeout: 400_000 }, async (t) => {
  const fleet = await openFleet(t);
  const store = await openSummaryStore({ prefix: 'headwater', ...fleet.store });
  t.after(() => store.end());
  const bus = await openBus({ kind: 'kafka', clientId: 'spools', compression: 'zstd', brokers: fleet.kafka.bootstrap });
  t.after(() => bus.close());
  const end = Date.now() - (Date.now() % WINDOW_MS) - 120_000;
  const starts = Array.from({ length: HOUR_MS / WINDOW_MS / EVERY }, (_, i) => end - HOUR_MS + i * EVERY * WINDOW_MS);
  const [one, other] = hostIds(NAME, 2);
  const live = await fleet.load({ name: 'live', seconds: 30, rate: 500 });
  const age = async () => Date.now() - Math.min(...(await store.units(EVENTS)).filter((u) => u.nextOffset).map((u) => u.watermark));
  const before = await worst(age, 5_000);

  const replay = async (id, seed) => {
    const host = new Host({ id, incarnation: randomBytes(6).toString('hex'), prefix: NAME, services: 1, seed });
    const records = starts.map((start) => host.batch(start, start + WINDOW_MS - 1, A_WINDOW).record);
    for (let i = 0; i < records.length; i += 8) await bus.publish(EVENTS, records.slice(i, i + 8));
  };
  const subject = `s:${NAME}-0`;
  const heads = async () => {
    const rows = await store.read({ topic: EVENTS, resolution: '10s', start: starts[0], end: end + WINDOW_MS, subjects: [subject] });
    // Ends of long exchanges lie in windows between these, too.
    return rows.filter((r) => starts.includes(r.start) && r.closed && r.partials.length === 0);
  };
  const startMs = Date.now();
  await replay(one, 1);
  assert.ok(
    await eventually(async () => (await heads()).length === starts.length, 60_000, 500),
    `only ${(await heads()).length} of ${starts.length} windows closed\n${fleet.outputs()}`,
  );
  const first = new Map((await heads()).map((r) => [r.start, r.closed.revision]));
  const during = worst(age, 5_000);
  await replay(other, 2);
  const again = async () => (await heads()).filter((r) => r.closed.revision > (first.get(r.start) ?? 0)).length;
  assert.ok(
    await eventually(async () => (await again()) === starts.length, 60_000, 500),
    `only ${await again()} of ${starts.length} windows have a new revision\n${fleet.outputs()}`,
  );
  // A minute inside the hour: its roll-up counts again, and holds both.
  const minute = Math.ceil(starts[0] / 60_000) * 60_000;
  const rolled = async () => (await store.rolledUp(EVENTS, { resolution: '1m', start: minute, subject }))?.revision ?? 0;
  const asRollUp = async () =>
    (await store.read({ topic: EVENTS, resolution: '10s', coarsest: '1m', start: minute, end: minute + 60_000, subjects: [subject] })).every((r) => r.closed?.rollUp);
  assert.ok(await eventually(async () => (await rolled()) > 0 && (await asRollUp()), 60_000, 500), `the minute is not rolled up: revision ${await rolled()}`);

  t.diagnostic(`live data was at most ${before} ms behind before, ${await during} ms while the second spool was sent (watermark against the clock)`);
  await fleet.exact({ fault: 'spool replay of an hour, twice, beside live data', load: { options: { name: NAME }, startMs }, killed: true, settleMs: 90_000 });
  await fleet.exact({ fault: 'live data beside the replay of an hour', load: live });
});

async function worst(age, forMs) {
  let most = 0;
  for (const until = Date.now() + forMs; Date.now() < until; await sleep(250)) most = Math.max(most, await age());
  return most;
}
