import { INSIGHT_KEYS, inputSha256, type SentRecord } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GatewayError } from '../gateway/port.ts';
import { Place, ScriptedGateway, answer, finding, submission } from './testing/place.ts';

let place: Place;
beforeAll(async () => {
  place = await new Place().open();
}, 60_000);
afterAll(() => place.close());

const go = new AbortController().signal;
const WRITES = ['set', 'compareAndSet', 'add', 'delete'];

/** The store as a process has it that is gone at the given write: before it is done, or after. */
function mortal(store: StateStore, at: number, after: boolean): { store: StateStore; writes: () => number } {
  let writes = 0;
  let dead = false;
  const gone = (): never => {
    dead = true;
    throw new Error('the process is gone');
  };
  const door = new Proxy(store, {
    get: (target, name) => {
      const call = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const dies = WRITES.includes(String(name)) && ++writes === at;
        if (dead || (dies && !after)) gone();
        const said = await call.apply(target, args);
        return dies ? gone() : said;
      };
    },
  });
  return { store: door, writes: () => writes };
}

/** A format refused, an answer that is no JSON, its repair: three requests. */
const gateway = () =>
  new ScriptedGateway(new GatewayError('rejected', 'no response_format', { retryable: false, formatRefused: true, status: 400 }), { text: 'Sure, here it is.' }, answer(finding()));

it('wherever a process dies: what went out is on record to the byte, the budget has at least what it took, and the next one goes on', async () => {
  const whole = mortal(place.state, Infinity, false);
  await place.desk(gateway(), { state: whole.store }).submit(submission(), go);
  const writes = whole.writes();
  expect(writes).toBeGreaterThan(10);
  let seed = 0;
  for (let at = 1; at <= writes; at++)
    for (const after of [false, true]) {
      const asked = submission(++seed);
      const one = gateway();
      const before = (await place.desk(one).budget()).tokens.used;
      const { store } = mortal(place.state, at, after);
      await place
        .desk(one, { state: store, leaseMs: 50 })
        .submit(asked, go)
        .catch(() => undefined);
      const entry = await place.state.get(INSIGHT_KEYS.sent(inputSha256(asked.input)));
      const record = entry === null ? [] : (JSON.parse(entry.value) as SentRecord).requests.map((r) => r.body);
      expect(record.slice(0, one.out.length), `write ${at} ${after}`).toEqual(one.out);
      expect(record.length - one.out.length, `write ${at} ${after}`).toBeLessThanOrEqual(1);
      // Two of the three are charged for; the refused one is not.
      const took = 1_100 * Math.max(0, one.out.length - 1);
      expect((await place.desk(one).budget()).tokens.used - before, `write ${at} ${after}`).toBeGreaterThanOrEqual(took);
      const two = gateway();
      const { model, findings } = await place.desk(two, { leaseMs: 50 }).submit(asked, go);
      expect([model.state, findings.length], `write ${at} ${after}`).toEqual([two.out.length === 0 ? 'reused' : 'done', 1]);
    }
}, 60_000);
