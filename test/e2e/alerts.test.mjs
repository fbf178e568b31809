// Alerts on real Kafka, Redis and Alertmanager: two analyzers are killed at random and at the worst points (decided and not
// published, published and not handed over, handed over and not struck out, delivered and not written down). Every alert has
// exactly one opened and one resolved: in the store, on the topic and at the webhook, told apart by event_id.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBus, topicsFor } from '@headwater/event-bus';
import { openStateStore } from '@headwater/state-store';
import { startKafka } from '../../infra/kafka/start.mjs';
import { startRedis } from '../../infra/redis/start.mjs';
import { MINUTE, PastHost, proxyTo, startAlertmanager, webhookReceiver } from './alert-parts.mjs';
import { metric, NODE, scratch, settingsFile } from './fleet.mjs';
import { freePort } from './nginx.mjs';
import { eventually } from './standalone.mjs';
import { Kafka, logLevel, readAll } from './topic.mjs';

/** Minutes that may be under way. */
const AHEAD = 4;
const SERVICES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'];
const RULE = {
  id: 'errors',
  kind: 'error_burn',
  severity: 'page',
  objective: 99,
  windows: [{ long_minutes: 2, short_minutes: 1, burn_rate: 10 }],
  min_exchanges: 10,
  min_failures: 5,
  resolve_after_minutes: 1,
};
const began = Date.now();
let at = () => undefined;
const comes = async (probe, what, timeoutMs) => {
  assert.ok(await eventually(probe, timeoutMs), `${what}: did not come within ${timeoutMs} ms`);
  at(what);
};
/** Each fails for three minutes of six, at different ones; `zeta` to the end, where it is told to stop. */
let zetaFails = true;
const fails = (service, minute) => (service === 'zeta' ? zetaFails && minute >= 2 : minute >= 1 && (minute + SERVICES.indexOf(service)) % 6 < 3);

test('alerts are opened and resolved exactly once through kills at the worst points', { timeout: 480_000 }, async (t) => {
  const { dir, start } = scratch(t, 'headwater alerts ');
  const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  t.after(() => Promise.all([kafka.stop(), redis.stop()]));
  const bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'test', compression: 'zstd' });
  t.after(() => bus.close());
  await bus.applyTopics(topicsFor('kafka', 'headwater'), { dryRun: false });
  const state = await openStateStore({ kind: 'redis', url: redis.url, prefix: 'headwater' });
  t.after(() => state.end());
  const secret = randomBytes(24).toString('hex');
  const hook = await webhookReceiver(secret);
  t.after(() => hook.close());
  const alertmanager = await startAlertmanager({ dir, start });
  t.after(() => alertmanager.close());
  writeFileSync(join(dir, 'secret'), `${secret}\n`);
  writeFileSync(join(dir, 'rules.json'), JSON.stringify({ schema: 1, rules: [RULE] }));

  const analyzers = {};
  for (const name of ['a', 'b']) {
    const proxy = await proxyTo(redis.port);
    t.after(() => proxy.close());
    const door = { kind: 'redis', url: `redis://127.0.0.1:${proxy.port}` };
    const port = await freePort();
    const file = settingsFile(dir, name, {
      bus: { kind: 'kafka', brokers: kafka.bootstrap },
      store: door,
      state: door,
      admin: { port },
      close_after_ms: 0,
      // Our host is an hour behind the bus and is to be waited for all the same.
      clamp_ahead_ms: 3_600_000,
      flush_ms: 200,
      alerts: {
        rules_file: join(dir, 'rules.json'),
        webhooks: [{ url: hook.url, secret_file: join(dir, 'secret'), timeout_ms: 2_000 }],
        alertmanager: { urls: [alertmanager.url], repeat_ms: 5_000 },
      },
    });
    const run = () => start(`analyzer ${name}`, NODE, ['apps/analyzer/dist/main.js', '--config', file]);
    analyzers[name] = { proxy, port, run, process: null };
  }
  const { a, b } = analyzers;

  // Time begins an hour ago, and is there before anybody reads: nothing is late.
  const startMs = Math.floor((Date.now() - 55 * MINUTE) / MINUTE) * MINUTE;
  const host = new PastHost({ bus, topic: 'headwater.header-events.v1', startMs, services: SERVICES, failing: fails });
  await host.minute();
  for (const x of [a, b]) x.process = x.run();
  let ticking = true;
  let begun = false;
  // Minutes pass as fast as they are judged (zeta's are written down, since it is open all the time), and none while both are away.
  const judgedUntil = async () => JSON.parse((await state.get('alert-memory/s:zeta'))?.value ?? '{"memory":{"evaluatedUntilMs":0}}').memory.evaluatedUntilMs;
  const passMinutes = async () => {
    while (ticking) {
      const ahead = (startMs - (await judgedUntil())) / MINUTE + host.minutes;
      await (begun && (ahead < AHEAD || host.minutes < AHEAD) ? host.minute() : host.idle());
      await sleep(400);
    }
  };
  const traffic = passMinutes().catch((error) => ticking && assert.fail(error));
  t.after(() => {
    ticking = false;
    return traffic;
  });
  // Both hold half of the partitions and have seen the first minute end: from here on every outage is to be found.
  const settled = async (x) =>
    (await metric(x.port, 'headwater_analyzer_partitions').catch(() => 0)) === 6 && (await metric(x.port, 'headwater_analyzer_alert_minutes_behind').catch(() => null)) === 0;
  const judged = async () => (await state.list('alert-memory/s:')).length === SERVICES.length;
  await comes(async () => (await settled(a)) && (await settled(b)) && (await judged()), 'two analyzers that judge', 150_000);
  begun = true;

  at = (what) => t.diagnostic(`${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`);
  const kills = [];
  const kill = async (x, why) => {
    await x.process.kill('SIGKILL');
    x.proxy.release();
    kills.push(why);
    at(`killed, ${why}`);
    x.process = x.run();
  };
  /** What was written to memories, in order: whose, and whether something is owed. */
  const writes = (text) => [...text.matchAll(/alert-memory\/s:(\w+)(?:(?!alert-memory\/)[\s\S])*?"outbox":\[(\{|\])/g)].map(([, of, first]) => ({ of, owed: first === '{' }));
  const decides = (text) => writes(text).at(-1)?.owed === true;
  const strikes = (text) => {
    const all = writes(text);
    const last = all.pop();
    return last?.owed === false && all.findLast((w) => w.of === last.of)?.owed === true;
  };
  const hands = (text) => text.includes('alert-delivery/webhook') && text.slice(text.lastIndexOf('alert-delivery/webhook')).includes('"schema"');
  const within = (what, promise) =>
    Promise.race([
      promise,
      sleep(90_000, undefined, { ref: false }).then(() => assert.fail(`${what} did not happen within 90 s\n${a.process.output.slice(-3_000)}\n${b.process.output.slice(-3_000)}`)),
    ]);

  await Promise.all([
    within('a decides', a.proxy.trap({ sees: decides, hold: 'reply' })).then(() => kill(a, 'decided, not published')),
    within('b strikes out', b.proxy.trap({ sees: strikes, hold: 'request' })).then(() => kill(b, 'handed over, not struck out')),
  ]);
  await Promise.all([
    within('a hands over', a.proxy.trap({ sees: hands, hold: 'request' })).then(() => kill(a, 'published, not handed over')),
    sleep(1_000 + Math.random() * 4_000).then(() => kill(b, 'at random')),
  ]);
  // Whoever delivers next is killed while the receiver holds its answer.
  await within('a delivery', hook.holdNext());
  await Promise.all([kill(a, 'delivered, not written down'), kill(b, 'delivered, not written down')]);
  const alerts = async () => (await state.list('alert/')).map((e) => JSON.parse(e.value));
  await comes(async () => (await alerts()).filter((x) => x.state === 'resolved').length >= 5, 'alerts of after the kills', 120_000);

  // What is left ends: only zeta stays open, and Alertmanager shows it.
  await comes(async () => (await alertmanager.open()).some((x) => x.labels.service === 'zeta' && x.status.state === 'active'), 'zeta in Alertmanager', 30_000);
  zetaFails = false;
  host.failing = () => false;
  await comes(async () => (await alerts()).every((x) => x.state === 'resolved'), 'all resolved', 60_000);
  const outbox = async () => (await state.list('alert-memory/')).flatMap((e) => JSON.parse(e.value).outbox);
  await comes(async () => (await outbox()).length === 0, 'empty outboxes', 20_000);
  const all = await alerts();
  const want = all.flatMap(({ id }) => [`${id}/opened`, `${id}/resolved`]).sort();
  const distinct = (ids) => [...new Set(ids)].sort();
  await comes(() => distinct(hook.posts.map((p) => p.id)).length === want.length, 'all at the webhook', 20_000);
  await comes(() => alertmanager.told.some((x) => x.status === 'resolved' && x.labels.service === 'zeta'), 'zeta resolved in Alertmanager', 20_000);
  assert.deepEqual(await alertmanager.open(), []);

  ticking = false;
  await traffic;
  const records = (await readAll(new Kafka({ brokers: kafka.bootstrap, logLevel: logLevel.NOTHING }), 'headwater.alerts.v1')).map((r) => ({ ...r, event: JSON.parse(r.value) }));
  assert.deepEqual(distinct(records.map((r) => r.event.event_id)), want, 'on the topic: one opened and one resolved of each alert');
  assert.deepEqual(distinct(hook.posts.map((p) => p.id)), want, 'at the webhook: the same');
  assert.ok(records.every((r) => r.key === r.event.alert.id && r.headers['headwater-event-id'] === r.event.event_id));
  assert.ok(hook.posts.every((p) => p.verified && p.id === p.event.event_id));
  for (const list of [records.map((r) => ({ id: r.event.event_id, text: String(r.value) })), hook.posts.map((p) => ({ id: p.id, text: p.body }))])
    assert.equal(new Set(list.map((x) => x.text)).size, distinct(list.map((x) => x.id)).length, 'repeats have the same bytes');
  // The end of an alert is never told before its beginning.
  for (const ids of [records.toSorted((x, y) => x.partition - y.partition || x.offset - y.offset).map((r) => r.event.event_id), hook.posts.map((p) => p.id)])
    for (const { id } of all) assert.ok(ids.indexOf(`${id}/opened`) < ids.indexOf(`${id}/resolved`));
  // Every planted outage is one alert: what began and ended within the minutes that were judged.
  const opened = (service) =>
    all
      .filter((x) => x.subject.service === service)
      .map((x) => (Date.parse(x.opening_window.start) - startMs) / MINUTE)
      .sort((x, y) => x - y);
  assert.deepEqual(opened('zeta'), [2]);
  for (const service of SERVICES.slice(0, 5)) {
    const begins = [];
    for (let m = 1; m < Math.max(...opened(service)) + 1; m++) if (fails(service, m) && !(m > 1 && fails(service, m - 1))) begins.push(m);
    assert.deepEqual(opened(service), begins, `outages of ${service}`);
  }
  t.diagnostic(`${all.length} alerts through ${kills.length} kills (${kills.join('; ')})`);
  t.diagnostic(`topic: ${records.length} records of ${want.length} events; webhook: ${hook.posts.length} posts of ${want.length} events`);
  t.diagnostic(
    `found on the topic and not published again: ${((await metric(a.port, 'headwater_analyzer_alert_published_total', 'found')) ?? 0) + ((await metric(b.port, 'headwater_analyzer_alert_published_total', 'found')) ?? 0)} (by those that run at the end)`,
  );
  for (const x of [a, b]) assert.deepEqual(await x.process.kill('SIGTERM'), { code: 0, signal: null });
});
