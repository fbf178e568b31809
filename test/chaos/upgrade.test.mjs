// A rolling upgrade: analyzers of the version before and of this one share group and store, under load. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { NODE, healthy, settingsFile } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { eventually } from '../e2e/standalone.mjs';
import { EVENTS, openFleet } from './fleet.mjs';
import { olderVersion } from './older.mjs';
import { askApi, countTopic } from './truth.mjs';
import { WINDOW_MS } from './traffic.mjs';

/** What 0.1 says, again and again, of windows that it would have to fold into. */
const NEWER = /written by a newer version \(3; this one knows up to 2\)/;
const READABLE = { windows_version: 2 };
/** How long after its end a window's last batches may still be under way; a slower machine is asked again. */
const SENT_MS = 3_000;

test('rolling upgrade', { timeout: 600_000 }, async (t) => {
  const [older, fleet] = await Promise.all([olderVersion(), openFleet(t, { analyzers: 0 })]);
  // The table tells what stands for the version before where the history ends too early.
  const from = older ? 'rolling upgrade from 0.1' : 'rolling upgrade (this version as its own 0.1, which is not in the history of this clone)';
  const olds = [];
  const old = async (name) => olds.push(await fleet.analyzer(name, older ? {} : READABLE, older?.analyzer));
  const stalled = () => olds.some((p) => NEWER.test(p.output));
  const end = (name, signal = 'SIGTERM') => fleet.analyzers.get(name).kill(signal);
  /** Two of a kind, and nobody else. */
  const both = async (start) => {
    await Promise.all([...fleet.analyzers.keys()].map((name) => end(name)));
    await Promise.all([start('one'), start('two')]);
    await fleet.ready();
  };
  /** Waits until each of them has folded more than now: they share the work. */
  const folds = async (...names) => {
    const of = (name) => fleet.analyzers.get(name).metric('exchanges_total');
    const had = await Promise.all(names.map(of));
    const more = async () => (await Promise.all(names.map(of))).every((n, i) => (n ?? 0) > (had[i] ?? 0));
    assert.ok(await eventually(more, 60_000, 100), `of ${names.join(' and ')} one folds nothing\n${fleet.outputs()}`);
  };

  await t.test('with windows_version 2: begun, one killed, taken back, done', async () => {
    const info = older && (await olderApi(fleet, older.api));
    await both(old);
    const load = await fleet.load({ name: 'advised', rate: 1_200, seconds: 180 });
    await folds('one', 'two');
    await end('one');
    await fleet.analyzer('one', READABLE);
    await folds('one', 'two');
    // What the new one leaves, in the middle of a window, an old one takes over.
    await end('one', 'SIGKILL');
    await old('one');
    await folds('one', 'two');
    for (const name of ['one', 'two']) {
      await end(name);
      await fleet.analyzer(name, READABLE);
      await folds(name);
    }
    if (info) await readByOlder(fleet, info, load.options.name);
    await end('one');
    await fleet.analyzer('one');
    await folds('one', 'two');
    assert.ok(!stalled(), `an old analyzer met a window that it cannot read\n${fleet.outputs()}`);
    load.child.kill('SIGTERM');
    await fleet.exact({ fault: `${from}, windows_version 2: begun, SIGKILL, taken back, done`, load });
  });

  await t.test('without: the old ones stall on what they cannot read, and nothing is lost', async () => {
    await both(old);
    const load = await fleet.load({ name: 'unadvised', rate: 1_200, seconds: 180 });
    await folds('one', 'two');
    await fleet.analyzer('new');
    await folds('one', 'two', 'new');
    await end('new');
    if (older) assert.ok(await eventually(stalled, 60_000, 100), `no old analyzer says what it cannot read\n${fleet.outputs()}`);
    await fleet.analyzer('new');
    await Promise.all(['one', 'two'].map((name) => end(name)));
    await folds('new');
    load.child.kill('SIGTERM');
    await fleet.exact({ fault: `${from}, without windows_version: ${older ? 'old ones stall, then end' : 'nothing stalls'}`, load });
  });
});

/** The older API on the same store, for the same tokens. */
async function olderApi(fleet, main) {
  const port = await freePort();
  const { api: audience, token_url: url } = fleet.info;
  const issuers = [{ issuer: url.replace(/\/token$/, '') }];
  const settings = { port, audience, issuers, store: fleet.store, state: fleet.store, rate_limit: { requests: 100_000 } };
  const p = fleet.start('api-older', NODE, [main, '--config', settingsFile(fleet.dir, 'api-older', settings)]);
  await healthy(p, `http://127.0.0.1:${port}/healthz`);
  return { ...fleet.info, api: `http://127.0.0.1:${port}` };
}

/** Windows that are over, as the older API reads what old and new analyzers wrote. */
async function readByOlder(fleet, info, name) {
  const startOf = ([key]) => Number(key.slice(0, key.indexOf('|')));
  let truth = [];
  let read;
  const equal = async () => {
    const until = Date.now() - WINDOW_MS - SENT_MS;
    const { counts } = await countTopic({ brokers: fleet.kafka.bootstrap, topic: EVENTS, name });
    truth = [...counts].filter((row) => startOf(row) <= until).sort();
    const starts = [...new Set(truth.map(startOf))];
    if (starts.length < 2) return false;
    read = [...(await askApi(info, starts, name))].sort();
    return JSON.stringify(read) === JSON.stringify(truth);
  };
  if (!(await eventually(equal, 60_000, 500))) assert.deepEqual(read, truth, 'the older API reads something else than the topic holds');
}
