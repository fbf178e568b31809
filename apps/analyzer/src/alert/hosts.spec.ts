import { ALERT_KEYS, type Alert } from '@headwater/alert-rules';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Alerts } from './open.ts';
import { MINUTE, Place, T0 } from './testing/place.ts';

let place: Place;
const own = { subjects: (subject: string) => subject === 'h:', closedBefore: T0 as number | null };

beforeAll(async () => {
  place = await new Place().open();
}, 60_000);
afterAll(() => place.close());
beforeEach(async () => {
  for (const prefix of [ALERT_KEYS.alerts, ALERT_KEYS.memories, 'agent/']) for (const { key } of await place.state.list(prefix)) await place.state.delete(key);
});

const beat = (host: string, more: object = {}) => place.state.set(`agent/${host}`, JSON.stringify({ host, heard: { a: place.now }, ...more }));
const found = async () => (await place.state.list(ALERT_KEYS.alerts)).map((e) => JSON.parse(e.value) as Alert).map((a) => `${a.rule} ${a.subject.host} ${a.state}`);
/** Seconds pass, with a judgement every ten; `hosts` go on with their heartbeats. */
async function pass({ stage }: Alerts, seconds: number, hosts: readonly string[]): Promise<void> {
  for (let s = 0; s < seconds; s += 10) {
    place.now += 10_000;
    for (const host of hosts) await beat(host);
    await stage.round();
  }
}

it('an agent that falls silent is told, one that ended in order is not; it is over when it is heard again', async () => {
  const a = place.analyzer(place.config(), own);
  await pass(a, 30, ['one', 'two', 'three']);
  await beat('two', { ended: true });
  await pass(a, 90, ['three']);
  expect(await found()).toEqual(['agent-silent one open']);
  await pass(a, 90, ['one', 'three']);
  expect(await found()).toEqual(['agent-silent one resolved']);
});

it('the next owner counts silence from when it could hear, forgets no host, and does not end what it finds', async () => {
  const a = place.analyzer(place.config(), own);
  await pass(a, 30, ['one', 'two']);
  await pass(a, 90, ['two']);
  expect(await found()).toEqual(['agent-silent one open']);
  // Nobody listened for half an hour: the store has forgotten the heartbeats.
  for (const host of ['one', 'two']) await place.state.delete(`agent/${host}`);
  place.now += 30 * MINUTE;
  const b = place.analyzer(place.config(), own);
  await pass(b, 30, []);
  expect(await found()).toEqual(['agent-silent one open']);
  await pass(b, 60, []);
  expect((await found()).sort()).toEqual(['agent-silent one open', 'agent-silent two open']);
});

it('while the bus is away nobody is called silent', async () => {
  const deaf = new Proxy(place.bus, { get: (bus, name) => (name === 'ranges' ? () => Promise.reject(new Error('away')) : Reflect.get(bus, name)) });
  const a = place.analyzer(place.config(), own, { bus: deaf });
  await pass(a, 20, ['one']);
  await pass(a, 300, []);
  expect(await found()).toEqual([]);
});
