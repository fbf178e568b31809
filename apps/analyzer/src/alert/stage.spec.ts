import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERT_KEYS, type Alert, type AlertEvent, type RulesInForce } from '@headwater/alert-rules';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Alerts } from './open.ts';
import { MINUTE, Place, Receiver, SECRET, T0, until } from './testing/place.ts';

const RULES = {
  schema: 1,
  rules: [
    {
      id: 'errors',
      kind: 'error_burn',
      severity: 'page',
      objective: 99,
      windows: [{ long_minutes: 5, short_minutes: 1, burn_rate: 10 }],
      min_exchanges: 10,
      min_failures: 5,
      resolve_after_minutes: 2,
    },
  ],
};

let place: Place;
let tests = 0;
let service = '';
let receiver: Receiver;
let own: { subjects: (subject: string) => boolean; closedBefore: number | null };

// One place for all: each test has a service and a receiver of its own.
beforeAll(async () => {
  place = await new Place().open();
}, 60_000);
afterAll(() => place.close());
beforeEach(async () => {
  receiver = await new Receiver().listen();
  service = `shop-${++tests}`;
  const subject = `s:${service}`;
  own = { subjects: (s) => s === subject, closedBefore: null };
  writeFileSync(join(place.dir, 'rules.json'), JSON.stringify(RULES));
});
afterEach(() => receiver.close());

const configured = () => place.config({ rules_file: join(place.dir, 'rules.json'), webhooks: [place.webhook(receiver.url)] });
const alerts = async (): Promise<Alert[]> => (await place.state.list(ALERT_KEYS.alerts)).map((e) => JSON.parse(e.value) as Alert).filter((a) => a.subject.service === service);
const published = async (): Promise<AlertEvent[]> => (await place.published()).map((text) => JSON.parse(text) as AlertEvent).filter((e) => e.alert.subject.service === service);
const outbox = async (): Promise<number> => (await place.state.list(ALERT_KEYS.memories)).reduce((n, e) => n + (JSON.parse(e.value) as { outbox: unknown[] }).outbox.length, 0);

/** The outage of five minutes that every test plants: good, failing from the second minute on, good again from the fifth. */
async function plant(): Promise<void> {
  for (let m = 0; m < 10; m++) await place.traffic(service, T0 + m * MINUTE, m >= 2 && m < 5 ? 20 : 100, m >= 2 && m < 5 ? 80 : 0);
}
/** Rounds minute by minute to the end, each minute as it becomes whole. */
async function play(analyzer: Alerts, from: number, to: number): Promise<void> {
  for (let m = from; m <= to; m++) {
    own.closedBefore = T0 + m * MINUTE;
    await analyzer.stage.round();
    await analyzer.desk.tick();
    await analyzer.desk.idle();
  }
}

it('an outage opens one alert and its end resolves it: in the store, on the topic, at the receiver with a signature that verifies', async () => {
  await plant();
  await play(place.analyzer(configured(), own), 1, 10);
  const [alert, ...more] = await alerts();
  expect([alert, more]).toMatchObject([
    { rule: 'errors', state: 'resolved', resolution: 'recovered', subject: { service }, opened_at: new Date(T0 + 3 * MINUTE).toISOString(), muted_by: null },
    [],
  ]);
  const events = await published();
  expect(events.map((e) => e.event_id)).toEqual([`${alert!.id}/opened`, `${alert!.id}/resolved`]);
  const schema = JSON.parse(readFileSync(new URL('../../../../libs/header-event/schemas/alert-event.v1.schema.json', import.meta.url), 'utf8')) as object;
  const ajv = new Ajv2020({ formats: { 'date-time': true } });
  for (const event of events) expect([ajv.validate(schema, event), ajv.errors]).toEqual([true, null]);
  expect(receiver.events).toEqual(['opened errors', 'resolved errors']);
  for (const { headers, body, event } of receiver.received) {
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['headwater-signature'] as string)!;
    expect(v1).toBe(createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex'));
    expect(headers['headwater-event-id']).toBe(event.event_id);
  }
  expect(await outbox()).toBe(0);
  const inForce = JSON.parse((await place.state.get(ALERT_KEYS.rules))!.value) as RulesInForce;
  expect(inForce.rules.map((r) => r.id)).toEqual(['errors']);
});

it('two analyzers that both believe the subject is theirs decide each minute once', async () => {
  await plant();
  const [a, b] = [place.analyzer(configured(), own), place.analyzer(configured(), own)];
  for (let m = 1; m <= 10; m++) {
    own.closedBefore = T0 + m * MINUTE;
    await Promise.all([a.stage.round(), b.stage.round()]);
    await Promise.all([a.desk.tick(), b.desk.tick()]);
    await Promise.all([a.desk.idle(), b.desk.idle()]);
  }
  // One that lost a race looks again in its next round.
  for (let i = 0; i < 3; i++) for (const { stage, desk } of [a, b]) await stage.round().then(() => desk.tick().then(() => desk.idle()));
  expect((await alerts()).map((x) => x.state)).toEqual(['resolved']);
  expect(new Set((await published()).map((e) => e.event_id)).size).toBe(2);
  await until(() => receiver.received.length >= 2);
  expect(receiver.events).toEqual(['opened errors', 'resolved errors']);
});

it('each minute is judged once, by whoever owns it then; the next owner knows what the rules look back on', async () => {
  await plant();
  const a = place.analyzer(configured(), own);
  await play(a, 1, 4);
  expect(receiver.events).toEqual(['opened errors']);
  const b = place.analyzer(configured(), own);
  await play(b, 5, 10);
  expect(receiver.events).toEqual(['opened errors', 'resolved errors']);
  // The first one wakes: what it remembers is refused, and nothing is said twice.
  await play(a, 10, 10);
  await play(a, 10, 10);
  expect(receiver.received.length).toBe(2);
  expect((await published()).length).toBe(2);
});

it('an analyzer that starts behind judges the minutes one after another, in one go', async () => {
  const before = place.analyzer(configured(), own);
  await plant();
  await play(before, 1, 1);
  await play(place.analyzer(configured(), own), 10, 10);
  expect((await alerts()).map(({ state, opened_at, resolved_at }) => [state, opened_at, resolved_at])).toEqual([
    ['resolved', new Date(T0 + 3 * MINUTE).toISOString(), new Date(T0 + 7 * MINUTE).toISOString()],
  ]);
  await until(() => receiver.received.length === 1);
});

it('rules are read again when they change; a bad file keeps those before, also over a restart, and says what is wrong', async () => {
  const file = join(place.dir, 'rules.json');
  const a = place.analyzer(configured(), own);
  await a.rules.look();
  expect([a.rules.rules.map((r) => r.id), a.rules.refused]).toEqual([['errors'], null]);
  writeFileSync(file, JSON.stringify({ ...RULES, rules: [{ ...RULES.rules[0], objective: 'high' }] }));
  place.now += 5_000;
  await a.rules.look();
  expect([a.rules.rules.map((r) => r.id), a.rules.refused]).toEqual([['errors'], expect.stringMatching(/^alerts\.rules_file: .*objective/s)]);
  const b = place.analyzer(configured(), own);
  await b.rules.look();
  expect(b.rules.rules.map((r) => r.id)).toEqual(['errors']);
  expect(await b.registry.getSingleMetricAsString('headwater_analyzer_alert_rules_refused')).toContain(' 1');
  writeFileSync(file, JSON.stringify({ ...RULES, rules: [{ ...RULES.rules[0], id: 'other' }] }));
  place.now += 5_000;
  await b.rules.look();
  expect([b.rules.rules.map((r) => r.id), b.rules.refused]).toEqual([['other'], null]);
});

it('an alert whose rule is removed is resolved, and says so', async () => {
  await plant();
  const a = place.analyzer(configured(), own);
  await play(a, 1, 4);
  writeFileSync(join(place.dir, 'rules.json'), JSON.stringify({ ...RULES, rules: [{ ...RULES.rules[0], id: 'other' }] }));
  place.now += 5_000;
  await play(a, 5, 5);
  expect((await alerts()).find((x) => x.rule === 'errors')).toMatchObject({ state: 'resolved', resolution: 'rule_removed' });
});

it('a bus that is away holds up no receiver; the events are published, once, when it is back', async () => {
  await plant();
  let away = true;
  const publish = (...args: Parameters<typeof place.bus.publish>) => (away ? Promise.reject(new Error('away')) : place.bus.publish(...args));
  const bus = new Proxy(place.bus, { get: (target, name) => (name === 'publish' ? publish : Reflect.get(target, name)) });
  const a = place.analyzer(configured(), own, { bus });
  await play(a, 1, 8);
  await play(a, 8, 8);
  expect([receiver.events, await published()]).toEqual([['opened errors', 'resolved errors'], []]);
  away = false;
  await play(a, 9, 10);
  expect((await published()).map((e) => e.event)).toEqual(['opened', 'resolved']);
  expect([receiver.received.length, await outbox()]).toEqual([2, 0]);
});
