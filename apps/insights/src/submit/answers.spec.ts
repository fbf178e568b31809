import { setTimeout as sleep } from 'node:timers/promises';
import { INSIGHT_KEYS, inputSha256 } from '@headwater/insight-rules';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { GatewayError } from '../gateway/port.ts';
import { Place, ScriptedGateway, answer, finding, submission } from './testing/place.ts';

let place: Place;
beforeAll(async () => {
  place = await new Place().open();
}, 60_000);
afterAll(() => place.close());
beforeEach(() => place.clean());

const go = new AbortController().signal;
const LEASE_MS = 400;
/** A busy machine may hold a process up for longer than that, and its lease must not lapse meanwhile. */
const LONG_LEASE_MS = 1_500;

it('the same input again is answered from what was answered, also for another process and another insight', async () => {
  const first = new ScriptedGateway({ text: 'no' }, answer(finding(), finding({ evidence: ['ep_9'] })));
  const one = await place.desk(first).submit(submission(), go);
  const second = new ScriptedGateway(answer());
  const { model, findings } = await place.desk(second).submit(submission(0, {}, 'b'.repeat(32)), go);
  expect(second.out).toEqual([]);
  expect(findings).toEqual(one.findings);
  expect(model).toMatchObject({ state: 'reused', reason: null, attempts: 0, took_ms: null, tokens: { input: 0, output: 0 }, cost_usd: 0, dropped: { unknown_evidence: 1 } });
  const { sent_at, repaired, format, request_id, input_sha256 } = one.model;
  expect(model).toMatchObject({ sent_at, repaired, format, request_id, input_sha256 });
  expect(model.detail).toContain(sent_at);
});

it('another input, and another model, are other questions', async () => {
  const gateway = new ScriptedGateway(answer(finding()));
  await place.desk(gateway).submit(submission(), go);
  await place.desk(gateway).submit(submission(1), go);
  await place.desk(Object.assign(new ScriptedGateway(answer()), { model: 'model-b', out: gateway.out })).submit(submission(), go);
  expect(gateway.out).toHaveLength(3);
});

it('an answer without a finding that stands is not paid for twice either', async () => {
  const gateway = new ScriptedGateway(answer(finding({ evidence: ['ep_9'] })));
  const desk = place.desk(gateway);
  await desk.submit(submission(), go);
  const { model } = await desk.submit(submission(), go);
  expect(model).toMatchObject({ state: 'reused', reason: 'no_finding_left', dropped: { unknown_evidence: 1 } });
  expect(gateway.out).toHaveLength(1);
});

it('who asks the same at once waits for the one answer, longer than a lease lasts', async () => {
  const slow = async () => {
    await sleep(1.3 * LONG_LEASE_MS);
    return answer(finding());
  };
  const gateways = Array.from({ length: 4 }, () => new ScriptedGateway(slow));
  const all = await Promise.all(gateways.map((g) => place.desk(g, { leaseMs: LONG_LEASE_MS }).submit(submission(), go)));
  expect(gateways.map((g) => g.out.length).sort()).toEqual([0, 0, 0, 1]);
  expect(all.map((a) => a.model.state).sort()).toEqual(['done', 'reused', 'reused', 'reused']);
  for (const { findings } of all) expect(findings).toEqual(all[0]!.findings);
  expect(place.told.named('waited')).toEqual([
    [expect.any(Number), 'answered'],
    [expect.any(Number), 'answered'],
    [expect.any(Number), 'answered'],
  ]);
});

it('who asked had no success: one of those who wait asks', async () => {
  const fails = async () => {
    await sleep(LEASE_MS / 2);
    throw new GatewayError('unreachable', 'Nobody is there.', { retryable: true });
  };
  const [one, two] = [new ScriptedGateway(fails), new ScriptedGateway(answer(finding()))];
  const first = place.desk(one, { leaseMs: LEASE_MS }).submit(submission(), go);
  await until(() => one.out.length === 1);
  const second = await place.desk(two, { leaseMs: LEASE_MS }).submit(submission(), go);
  expect((await first).model).toMatchObject({ state: 'failed', reason: 'unreachable' });
  expect(second.model).toMatchObject({ state: 'done', attempts: 1 });
  expect(place.told.named('waited')).toEqual([[expect.any(Number), 'taken_over']]);
});

it('who asked is gone: its lease lapses and another asks', async () => {
  const key = await keyOf();
  await place.state.set(`insight-answer/${key}`, JSON.stringify({ schema: 1, state: 'asking', by: 'a process that is gone' }), { ttlMs: LEASE_MS });
  const gateway = new ScriptedGateway(answer(finding()));
  const { model } = await place.desk(gateway, { leaseMs: LEASE_MS }).submit(submission(), go);
  expect(model).toMatchObject({ state: 'done', attempts: 1 });
});

it('one who asks for too long is not waited for any longer', async () => {
  const key = await keyOf();
  await place.state.set(`insight-answer/${key}`, JSON.stringify({ schema: 1, state: 'asking', by: 'a process that is slow' }), { ttlMs: 60_000 });
  const gateway = new ScriptedGateway(answer(finding()));
  const { model } = await place.desk(gateway, { leaseMs: LEASE_MS, gatewayConfig: { deadline_ms: 150 } }).submit(submission(), go);
  expect(model).toMatchObject({ state: 'failed', reason: 'timeout', attempts: 0 });
  expect(gateway.out).toEqual([]);
});

it('who waits can be called off', async () => {
  const key = await keyOf();
  await place.state.set(`insight-answer/${key}`, JSON.stringify({ schema: 1, state: 'asking', by: 'a process that is slow' }), { ttlMs: 60_000 });
  const caller = new AbortController();
  const waiting = place.desk(new ScriptedGateway(answer())).submit(submission(), caller.signal);
  setTimeout(() => caller.abort(new Error('going down')), 20);
  await expect(waiting).rejects.toThrow('going down');
});

it.each([
  ['another version left', JSON.stringify({ schema: 2, state: 'answered', words: [] })],
  ['is damaged', '{"schema":1,"state":"answ'],
])('what %s is written over', async (_, value) => {
  const key = await keyOf();
  await place.state.set(INSIGHT_KEYS.sent(inputSha256(submission().input)), value);
  await place.state.set(`insight-answer/${key}`, value);
  const { model } = await place.desk(new ScriptedGateway(answer(finding()))).submit(submission(), go);
  expect(model.state).toBe('done');
});

/** What the question of `submission()` is kept under. */
async function keyOf(): Promise<string> {
  await place.desk(new ScriptedGateway(answer())).submit(submission(), go);
  const [entry] = await place.state.list('insight-answer/');
  await place.clean();
  return entry!.key.slice('insight-answer/'.length);
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(5);
}
