import { INSIGHT_KEYS, inputSha256, type InsightInput, type SentRecord } from '@headwater/insight-rules';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../gateway/port.ts';
import { SYSTEM, TOO_LONG } from './prompt.ts';
import { Place, ScriptedGateway, answer, finding, submission } from './testing/place.ts';

let place: Place;
beforeAll(async () => {
  place = await new Place().open();
}, 60_000);
afterAll(() => place.close());
beforeEach(() => place.clean());

const go = new AbortController().signal;
const sentOf = async (input: InsightInput) => {
  const entry = await place.state.get(INSIGHT_KEYS.sent(inputSha256(input)));
  return entry === null ? null : (JSON.parse(entry.value) as SentRecord);
};

describe('what is asked', () => {
  it('a finding of the model comes back in the words of the fleet, with everything that is known of asking', async () => {
    const gateway = new ScriptedGateway(answer(finding()));
    const asked = submission();
    const { model, findings } = await place.desk(gateway).submit(asked, go);
    expect(findings).toEqual([expect.objectContaining({ id: 'm1', source: 'model', severity: 'page', title: 'POST /checkout of shop fails', confidence: 'medium' })]);
    expect(findings[0]!.evidence.map((e) => [e.id, e.kind, e.service])).toEqual([
      ['ep_1', 'endpoint', 'shop'],
      ['fail_1', 'failure', 'shop'],
    ]);
    expect(model).toEqual({
      state: 'done',
      reason: null,
      detail: null,
      gateway: 'scripted',
      model: 'model-a',
      input_sha256: inputSha256(asked.input),
      sent_at: new Date(place.now).toISOString(),
      took_ms: expect.any(Number),
      attempts: 1,
      repaired: false,
      format: 'json_schema',
      tokens: { input: 1_000, output: 100 },
      cost_usd: null,
      request_id: 'req-1',
      dropped: {},
    });
    expect((await place.desk(gateway).budget()).tokens.used).toBe(1_100);
    expect(gateway.options[0]!.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(gateway.options[0]!.idempotencyKey).toMatch(/^[0-9a-f]{64}-1$/);
    expect(place.told.operations).toEqual([
      expect.objectContaining({ step: 'first', error: null, format: 'json_schema', tokens: { input: 1_000, output: 100 }, model: 'model-a' }),
    ]);
  });

  it('the input is the only thing beside the fixed words, between two lines that it cannot hold', async () => {
    const gateway = new ScriptedGateway(answer());
    const { input, ...rest } = submission();
    await place.desk(gateway).submit({ input, ...rest }, go);
    const { system, user } = gateway.prompts[0]!;
    expect(system).toBe(SYSTEM);
    const [, begin, json, end] = /^BEGIN ([A-P]{16})\n(.*)\nEND ([A-P]{16})$/.exec(user)!;
    expect(begin).toBe(end);
    expect(JSON.parse(json!)).toEqual(input);
  });

  it('what was sent is kept to the byte, with what came back, and what the aliases stand for', async () => {
    const gateway = new ScriptedGateway({ text: 'no JSON' }, answer(finding()));
    const asked = submission();
    await place.desk(gateway).submit(asked, go);
    const record = (await sentOf(asked.input))!;
    expect(record).toMatchObject({ schema: 1, insight: asked.insightId, gateway: 'scripted', host: '127.0.0.1:9', model: 'model-a', aliases: asked.aliases });
    expect(JSON.parse(record.input)).toEqual(asked.input);
    expect(record.requests.map((r) => r.body)).toEqual(gateway.out);
    expect(record.requests.map((r) => [r.status, r.error])).toEqual([
      [200, null],
      [200, null],
    ]);
    expect(record.requests[0]!.answer).toContain('no JSON');
  });

  it('without a gateway nothing is asked and it says so', async () => {
    const { model, findings } = await place.desk(null).submit(submission(), go);
    expect([model.state, model.reason, findings]).toEqual(['off', 'no_gateway', []]);
  });

  it('where nothing stands out nothing is asked', async () => {
    const gateway = new ScriptedGateway(answer(finding()));
    const quiet = submission(0, { services: [], endpoints: [] });
    const { model } = await place.desk(gateway).submit(quiet, go);
    expect([model.state, model.reason, model.attempts]).toEqual(['done', 'nothing_to_say', 0]);
    expect(gateway.out).toEqual([]);
    expect(await sentOf(quiet.input)).toBeNull();
  });

  it('who asks is answered also where nothing stands out, if there was anything at all', async () => {
    const gateway = new ScriptedGateway(answer());
    const now = { exchanges: 6_000, failed: 6, clientErrors: 0, p50Ms: 12, p95Ms: 60, p99Ms: 99 };
    const calm = submission(0, { services: [{ service: 'shop', pages: 0, now, before: now }], endpoints: [], headers: [], hosts: [], alerts: [] });
    expect((await place.desk(gateway).submit(calm, go)).model).toMatchObject({ reason: 'nothing_to_say', attempts: 0 });
    expect((await place.desk(gateway).submit({ ...calm, asked: true }, go)).model).toMatchObject({ reason: 'nothing_to_say', attempts: 1 });
    const empty = submission(0, { services: [], endpoints: [], headers: [], hosts: [], alerts: [] });
    expect((await place.desk(gateway).submit({ ...empty, asked: true }, go)).model).toMatchObject({ reason: 'nothing_to_say', attempts: 0 });
  });

  it('an input that is not as its schema says is never sent', async () => {
    const gateway = new ScriptedGateway(answer(finding()));
    const asked = submission();
    const wrong = { ...asked, input: { ...asked.input, secret: 'hunter2-hunter2' } as InsightInput };
    const { model } = await place.desk(gateway).submit(wrong, go);
    expect([model.state, model.reason, model.attempts]).toEqual(['failed', 'internal', 0]);
    expect(model.detail).toMatch(/unknown key secret/);
    expect(model.detail).not.toContain('hunter2');
    expect(gateway.out).toEqual([]);
    expect(place.told.named('rejectedInput')).toHaveLength(1);
  });
});

describe('answers', () => {
  it('made-up evidence: the finding is left out and counted; with none left it says why', async () => {
    const gateway = new ScriptedGateway(
      answer(finding(), finding({ title: 'made up', what_changed: 'x', evidence: ['ep_99'] })),
      answer(finding({ evidence: ['svc_42'] }), finding({ evidence: [] })),
    );
    const desk = place.desk(gateway);
    const some = await desk.submit(submission(), go);
    expect(some.findings.map((f) => f.title)).toEqual(['POST /checkout of shop fails']);
    expect(some.model).toMatchObject({ state: 'done', reason: null, dropped: { unknown_evidence: 1 } });
    const none = await desk.submit(submission(1), go);
    expect(none.findings).toEqual([]);
    expect(none.model).toMatchObject({ state: 'done', reason: 'no_finding_left', dropped: { unknown_evidence: 1, no_evidence: 1 } });
    expect(place.told.named('findings')).toEqual([
      [1, { unknown_evidence: 1 }],
      [0, { unknown_evidence: 1, no_evidence: 1 }],
    ]);
  });

  it('a model that finds nothing says so', async () => {
    const { model } = await place.desk(new ScriptedGateway(answer())).submit(submission(), go);
    expect(model).toMatchObject({ state: 'done', reason: 'nothing_to_say', attempts: 1, dropped: {} });
  });

  it.each([
    ['malformed JSON', 'Here you are: {"findings": [', /no JSON object/],
    ['a wrong schema', JSON.stringify({ findings: [{ ...finding(), severity: 'catastrophe' }] }), /severity must be one of page, ticket, info/],
    ['another shape', '{"answer":42}', /lacks findings/],
  ])('%s is repaired once', async (_, text, problem) => {
    const gateway = new ScriptedGateway({ text }, answer(finding()));
    const { model, findings } = await place.desk(gateway).submit(submission(), go);
    expect(findings).toHaveLength(1);
    expect(model).toMatchObject({ state: 'done', attempts: 2, repaired: true, tokens: { input: 2_000, output: 200 } });
    expect(gateway.prompts[1]!.repair).toEqual({ answer: text, problem: expect.stringMatching(problem) });
    expect(gateway.options[1]!.idempotencyKey).not.toBe(gateway.options[0]!.idempotencyKey);
    expect(place.told.named('repaired')).toEqual([['repaired']]);
  });

  it('an answer that stays wrong fails, is paid for, and is asked for again by the next who comes', async () => {
    const gateway = new ScriptedGateway({ text: '<script>alert(1)</script>' });
    const desk = place.desk(gateway);
    const { model, findings } = await desk.submit(submission(), go);
    expect(findings).toEqual([]);
    expect(model).toMatchObject({ state: 'failed', reason: 'answer_invalid', attempts: 2, repaired: false, tokens: { input: 2_000, output: 200 } });
    expect(model.detail).not.toMatch(/[<>]/);
    expect(place.told.named('repaired')).toEqual([['failed']]);
    expect((await desk.budget()).tokens.used).toBe(2_200);
    await desk.submit(submission(), go);
    expect(gateway.out).toHaveLength(4);
  });

  it('a repair that is not answered leaves the invalid answer as the reason', async () => {
    const gateway = new ScriptedGateway({ text: 'nothing' }, new GatewayError('rate_limited', 'The gateway asks to wait.', { retryable: true, status: 429 }));
    const { model } = await place.desk(gateway).submit(submission(), go);
    expect(model).toMatchObject({ state: 'failed', reason: 'answer_invalid', attempts: 2 });
    expect(model.detail).toMatch(/no JSON object.*asking again failed: The gateway asks to wait\./);
  });

  it('an answer that was cut off is asked for again, shorter', async () => {
    const gateway = new ScriptedGateway({ text: '{"findings":[{"title":"x', finish: 'length' }, answer(finding()));
    const { model } = await place.desk(gateway).submit(submission(), go);
    expect(gateway.prompts[1]!.repair!.problem).toBe(TOO_LONG);
    expect(model).toMatchObject({ state: 'done', repaired: true });
  });

  it('a huge answer that is wrong is not sent back whole', async () => {
    const gateway = new ScriptedGateway({ text: 'x'.repeat(1_000_000) }, answer());
    const asked = submission();
    await place.desk(gateway).submit(asked, go);
    expect(gateway.prompts[1]!.repair!.answer.length).toBeLessThanOrEqual(6_000);
    expect((await sentOf(asked.input))!.requests[0]!.answer!.length).toBe(16_384);
  });

  it.each([
    [{ text: null, finish: 'refusal' as const }, 'refused', /refused/],
    [{ text: null, finish: 'content_filter' as const }, 'refused', /content filter/],
    [{ text: null, finish: 'stop' as const }, 'refused', /without a text/],
    [{ text: '', finish: 'length' as const }, 'answer_invalid', /\(100\).*gateway\.max_output_tokens/],
  ])('no answer (%o) ends it as %s, without a second request', async (turn, reason, detail) => {
    const gateway = new ScriptedGateway(turn);
    const { model } = await place.desk(gateway).submit(submission(), go);
    expect(model).toMatchObject({ state: 'failed', reason, attempts: 1 });
    expect(model.detail).toMatch(detail);
  });
});

describe('formats', () => {
  const refused = () => new GatewayError('rejected', 'response_format is not supported', { retryable: false, formatRefused: true, status: 400 });

  it('a format that is refused is followed by a plainer one, and not asked for again', async () => {
    const gateway = new ScriptedGateway(refused(), refused(), answer(finding()));
    const desk = place.desk(gateway);
    const { model } = await desk.submit(submission(), go);
    expect(gateway.prompts.map((p) => p.format)).toEqual(['json_schema', 'json_object', 'plain']);
    expect(model).toMatchObject({ state: 'done', format: 'plain', attempts: 3, repaired: false });
    await desk.submit(submission(1), go);
    expect(gateway.prompts.at(-1)!.format).toBe('plain');
    expect(place.told.named('formatRefused')).toEqual([['json_schema'], ['json_object']]);
    expect((await desk.budget()).tokens.used).toBe(2_200);
  });

  it('a configured format is kept to', async () => {
    const gateway = new ScriptedGateway(refused());
    const { model } = await place.desk(gateway, { gatewayConfig: { structured: 'json_object' } }).submit(submission(), go);
    expect(gateway.prompts.map((p) => p.format)).toEqual(['json_object']);
    expect(model).toMatchObject({ state: 'failed', reason: 'rejected', detail: 'response_format is not supported', attempts: 1 });
  });
});

describe('budget', () => {
  it('a question that does not fit is not sent, and it says when it may be', async () => {
    const gateway = new ScriptedGateway(answer(finding()));
    const desk = place.desk(gateway, { budget: { daily_tokens: 14_000 }, gatewayConfig: { max_output_tokens: 2_000 } });
    await place.state.add('insight-budget/2026-11-23/tokens', 13_500);
    const asked = submission();
    const { model } = await desk.submit(asked, go);
    expect(model).toMatchObject({ state: 'failed', reason: 'budget_tokens', attempts: 0, input_sha256: null, sent_at: null, took_ms: null, format: null, tokens: null });
    expect(model.detail).toMatch(/opens again at 2026-11-24T00:00:00Z/);
    expect(gateway.out).toEqual([]);
    expect(await sentOf(asked.input)).toBeNull();
    place.now += 86_400_000;
    expect((await desk.submit(asked, go)).model.state).toBe('done');
  });

  it('money: by what the gateway says, else by the prices', async () => {
    const prices = { daily_cents: 50, cents_per_million_input: 1_000, cents_per_million_output: 10_000 };
    const gateway = new ScriptedGateway({ ...answer(finding()), costUsd: 0.3 }, answer(finding()));
    const desk = place.desk(gateway, { budget: prices });
    expect((await desk.submit(submission(), go)).model.cost_usd).toBe(0.3);
    expect((await desk.budget()).usd).toEqual({ used: 0.3, limit: 0.5 });
    await place.state.add('insight-budget/2026-11-23/micro_usd', -300_000);
    expect((await desk.submit(submission(1), go)).model.cost_usd).toBe(0.02);
    expect(place.told.operations.map((o) => o.costUsd)).toEqual([0.3, 0.02]);
    await place.state.add('insight-budget/2026-11-23/micro_usd', 470_000);
    const last = await desk.submit(submission(2), go);
    expect(last.model).toMatchObject({ state: 'failed', reason: 'budget_money' });
  });

  it.each([
    ['timeout', true],
    ['cut', true],
    ['too_large', true],
    ['not_a_completion', false],
    ['rate_limited', false],
    ['denied', false],
    ['unreachable', false],
    ['upstream_down', false],
  ] as const)('after %s what was set aside counts: %s', async (reason, counts) => {
    const gateway = new ScriptedGateway(new GatewayError(reason, 'It did not work.', { retryable: false }));
    const desk = place.desk(gateway);
    const { model } = await desk.submit(submission(), go);
    expect(model).toMatchObject({ state: 'failed', reason, detail: 'It did not work.', attempts: 1, tokens: null, cost_usd: null });
    expect((await desk.budget()).tokens.used > 0).toBe(counts);
  });
});

describe('ends', () => {
  it('a deadline over all requests ends it', async () => {
    const gateway = new ScriptedGateway((_, { signal }) => new Promise((_ok, no) => signal.addEventListener('abort', () => no(signal.reason as Error))));
    const { model } = await place.desk(gateway, { gatewayConfig: { deadline_ms: 50 } }).submit(submission(), go);
    expect(model).toMatchObject({ state: 'failed', reason: 'timeout', attempts: 1 });
    expect(model.detail).toMatch(/deadline_ms \(50 ms\)/);
  });

  it('aborted by the caller it rejects with the reason, what went out is on record, and the next may ask at once', async () => {
    const caller = new AbortController();
    const gateway = new ScriptedGateway(
      (_, { signal }) =>
        new Promise((_ok, no) => {
          signal.addEventListener('abort', () => no(signal.reason as Error));
          caller.abort(new Error('going down'));
        }),
      answer(finding()),
    );
    const asked = submission();
    const desk = place.desk(gateway);
    await expect(desk.submit(asked, caller.signal)).rejects.toThrow('going down');
    expect((await sentOf(asked.input))!.requests).toEqual([expect.objectContaining({ status: null, answer: null, error: 'Given up by Headwater before an answer came.' })]);
    expect((await desk.submit(asked, go)).model).toMatchObject({ state: 'done', attempts: 1 });
    expect((await sentOf(asked.input))!.requests).toHaveLength(2);
  });

  it('an error of ours does not look like one of the gateway', async () => {
    const gateway = new ScriptedGateway(() => Promise.reject(new TypeError('x is not a function')));
    const { model } = await place.desk(gateway).submit(submission(), go);
    expect(model).toMatchObject({ state: 'failed', reason: 'internal' });
    expect(model.detail).not.toContain('x is not');
    expect(place.told.named('unexpected')).toHaveLength(1);
  });

  it('while the store is away it rejects, and nothing goes out', async () => {
    const gateway = new ScriptedGateway(answer(finding()));
    const away = await new Place().open();
    const desk = away.desk(gateway);
    await away.close();
    await expect(desk.submit(submission(), go)).rejects.toThrow();
    expect(gateway.out).toEqual([]);
  });
});
