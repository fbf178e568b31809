import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERT_KEYS, type Alert, type AlertEvent } from '@headwater/alert-rules';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MINUTE, Place, Receiver, T0 } from './testing/place.ts';

const RULE = {
  id: 'errors',
  kind: 'error_burn',
  severity: 'page',
  objective: 99,
  windows: [{ long_minutes: 5, short_minutes: 1, burn_rate: 10 }],
  min_exchanges: 10,
  min_failures: 5,
  resolve_after_minutes: 2,
};
/** A life of one alert is fewer writes than this (16 with one receiver); the last crash comes after the end. */
const CALLS = 20;

let place: Place;
let receiver: Receiver;

beforeAll(async () => {
  place = await new Place().open();
  receiver = await new Receiver().listen();
  writeFileSync(join(place.dir, 'rules.json'), JSON.stringify({ schema: 1, rules: [RULE] }));
}, 60_000);
afterAll(async () => {
  await receiver.close();
  await place.close();
});

/** Calls through it are counted where they write; at the given one the process is gone: before it is done, or after. */
class Mortal {
  calls = 0;
  dead = false;
  private readonly at: number;
  private readonly after: boolean;
  constructor(at: number, after: boolean) {
    this.at = at;
    this.after = after;
  }

  of<T extends object>(door: T, writes: readonly string[]): T {
    return new Proxy(door, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const dies = writes.includes(String(name)) && ++this.calls === this.at;
          if (this.dead || (dies && !this.after)) return this.die();
          const answer = (await (value as (...a: unknown[]) => Promise<unknown>).apply(target, args)) as unknown;
          return dies ? this.die() : answer;
        };
      },
    });
  }

  private die(): never {
    this.dead = true;
    throw new Error('the process is gone');
  }
}

const moments = Array.from({ length: CALLS }, (_, i) => i + 1).flatMap((at) => [
  { at, after: false },
  { at, after: true },
]);

it('a crash before or after any write: the next owner goes on, and there is one opened and one resolved', async () => {
  const services = moments.map((_, i) => `shop-${i}`);
  for (let m = 0; m < 8; m++) for (const service of services) await place.traffic(service, T0 + m * MINUTE, m >= 2 && m < 4 ? 20 : 100, m >= 2 && m < 4 ? 80 : 0);
  const config = place.config({ rules_file: join(place.dir, 'rules.json'), webhooks: [place.webhook(receiver.url)] });
  let crashes = 0;
  for (const [i, moment] of moments.entries()) {
    const mortal = new Mortal(moment.at, moment.after);
    const own = { subjects: (subject: string) => subject === `s:shop-${i}`, closedBefore: null as number | null };
    const doors = { bus: mortal.of(place.bus, ['publish']), state: mortal.of(place.state, ['set', 'compareAndSet']) };
    let analyzer = place.analyzer(config, own, doors);
    for (let m = 1; m <= 8; m++) {
      own.closedBefore = T0 + m * MINUTE;
      for (let turn = 0; turn < 2; turn++) {
        if (mortal.dead && crashes <= i) {
          crashes = i + 1;
          analyzer = place.analyzer(config, own);
          place.now += 60_000; // what the dead one leased is free
        }
        await analyzer.stage.round().catch(() => undefined);
        await analyzer.desk.tick().catch(() => undefined);
        await analyzer.desk.idle();
      }
    }
  }
  const alerts = (await place.state.list(ALERT_KEYS.alerts)).map((e) => JSON.parse(e.value) as Alert);
  expect(alerts.map((a) => [a.subject.service, a.state]).sort()).toEqual(services.map((s) => [s, 'resolved']).sort());
  const ids = alerts.flatMap(({ id }) => [`${id}/opened`, `${id}/resolved`]).sort();
  const published = (await place.published()).map((text) => ({ text, event: JSON.parse(text) as AlertEvent }));
  const distinct = (all: string[]) => [...new Set(all)].sort();
  expect(distinct(published.map((p) => p.event.event_id))).toEqual(ids);
  expect(distinct(receiver.received.map((r) => r.event.event_id))).toEqual(ids);
  expect(new Set(published.map((p) => p.text)).size).toBe(ids.length); // a repeat has the same bytes
  for (const { id } of alerts)
    for (const list of [published.map((p) => p.event.event_id), receiver.received.map((r) => r.event.event_id)])
      expect(list.indexOf(`${id}/opened`)).toBeLessThan(list.indexOf(`${id}/resolved`));
  // The embedded bus tells whether an event is there already: nothing is on the topic twice. A receiver gets again what was under way.
  expect(published.length).toBe(ids.length);
  expect(receiver.received.length - ids.length).toBeLessThanOrEqual(2);
  expect(crashes).toBeGreaterThan(25);
}, 120_000);
