import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAULTS, StubApipark, StubProvider } from '../testing/stubs/index.ts';
import { openAdapter } from './adapter.ts';
import { guarded } from './guarded.ts';
import { GatewayError, type GuardedGateway, type GuardReport } from './port.ts';
import { Files, gatewayConfig, prompt, rejection, Told } from './testing/asking.ts';

const files = new Files();
afterAll(() => files.remove());

/** A guard whose pauses take no time, and who notes what it told. */
class Watch implements GuardReport {
  readonly waits: number[] = [];
  readonly outcomes: string[] = [];
  readonly gave: string[] = [];
  readonly states: string[] = [];
  attempt = (outcome: string): void => void this.outcomes.push(outcome);
  retry = (_: string, waitMs: number): void => void this.waits.push(waitMs);
  gaveUp = (why: string, reason: string): void => void this.gave.push(`${why} ${reason}`);
  breaker = (state: string): void => void this.states.push(state);
}

let provider: StubProvider;
let gateway: GuardedGateway;
let watch: Watch;
let random = 0.5;

function open(more: { maxAttempts?: number; deadlineMs?: number; timeoutMs?: number } = {}): GuardedGateway {
  const adapter = openAdapter(gatewayConfig({ url: provider.url, timeout_ms: more.timeoutMs ?? 3_000 }));
  const parts = {
    nowMs: Date.now,
    random: () => random,
    pause: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      // The clock goes on as if it had been waited.
      vi.setSystemTime(Date.now() + ms);
    },
  };
  return guarded(adapter, { maxAttempts: more.maxAttempts ?? 4, deadlineMs: more.deadlineMs ?? 180_000 }, watch, parts);
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-23T08:00:00Z') });
  provider = await new StubProvider('{"findings":[]}').listen();
  watch = new Watch();
  random = 0.5;
  gateway = open();
});
afterEach(async () => {
  await gateway.close();
  await provider.close();
  vi.useRealTimers();
});

const later = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

describe('repeats', () => {
  it('asks again until it is answered, with pauses that grow at most', async () => {
    random = 1;
    provider.next(FAULTS.status(500), FAULTS.cut, FAULTS.empty);
    const told = new Told();
    expect(await gateway.complete(prompt(), told)).toMatchObject({ text: '{"findings":[]}' });
    expect(watch.waits).toEqual([500, 1_000, 2_000]);
    expect(watch.outcomes).toEqual(['overloaded', 'cut', 'not_a_completion', 'completed']);
    // Each request was told beforehand and afterwards.
    expect(told.sent).toHaveLength(4);
    expect(told.endings).toHaveLength(4);
  });

  it('asks at most so many times', async () => {
    provider.always(FAULTS.status(500));
    expect(await rejection(gateway.complete(prompt(), new Told()))).toMatchObject({ reason: 'overloaded' });
    expect(provider.calls).toHaveLength(4);
    expect(watch.gave).toEqual(['attempts overloaded']);
  });

  it('asks once more where a failure says so', async () => {
    provider.always(FAULTS.html);
    expect(await rejection(gateway.complete(prompt(), new Told()))).toMatchObject({ reason: 'not_a_completion' });
    expect(provider.calls).toHaveLength(2);
  });

  it.each([
    ['400', FAULTS.status(400)],
    ['401', FAULTS.denied()],
    ['a used-up quota', FAULTS.quota()],
    ['a redirect', FAULTS.redirect('/elsewhere')],
    ['too large', FAULTS.huge(2_000_000)],
  ])('does not ask again after %s', async (_, fault) => {
    provider.always(fault);
    await rejection(gateway.complete(prompt(), new Told()));
    expect(provider.calls).toHaveLength(1);
    expect(watch.waits).toEqual([]);
  });

  it('takes the other form of the limit within one call', async () => {
    provider.refuseField('max_completion_tokens').refuseField('temperature');
    expect(await gateway.complete(prompt(), new Told())).toMatchObject({ text: '{"findings":[]}' });
    expect(provider.calls).toHaveLength(3);
    await gateway.complete(prompt(), new Told());
    expect(provider.calls).toHaveLength(4);
  });

  it('waits as long as it is asked to, a minute at most, and not less than its own pause', async () => {
    random = 1;
    provider.next(FAULTS.rateLimited({ 'retry-after': '7' }), FAULTS.rateLimited({ 'retry-after': '100000' }), FAULTS.rateLimited({ 'retry-after-ms': '1' }));
    await gateway.complete(prompt(), new Told());
    expect(watch.waits).toEqual([7_000, 60_000, 2_000]);
  });

  it('does not begin a pause that would outlast the deadline', async () => {
    await gateway.close();
    gateway = open({ deadlineMs: 30_000 });
    provider.always(FAULTS.rateLimited({ 'retry-after': '45' }));
    expect(await rejection(gateway.complete(prompt(), new Told()))).toMatchObject({ reason: 'rate_limited', retryAfterMs: 45_000 });
    expect(watch.gave).toEqual(['deadline rate_limited']);
    expect(provider.calls).toHaveLength(1);
  });

  it('ends a request that is under way at the deadline', async () => {
    await gateway.close();
    gateway = open({ deadlineMs: 200 });
    provider.always(FAULTS.hang);
    const told = new Told();
    const error = await rejection(gateway.complete(prompt(), told));
    expect(error).toMatchObject({ reason: 'timeout', sent: told.sent[0] });
    expect(error.message).toContain('gateway.deadline_ms');
    expect(told.endings).toEqual([error]);
  });

  it('keeps within a budget: repeats are a tenth of the requests, after a reserve', async () => {
    // Every third call fails once, so the breaker stays closed.
    for (let call = 0; call < 30; call++) {
      provider.next(FAULTS.cut);
      await gateway.complete(prompt(), new Told()).catch(() => undefined);
      for (let good = 0; good < 2; good++) await gateway.complete(prompt(), new Told());
    }
    expect(watch.waits.length).toBeLessThanOrEqual(10 + provider.calls.length / 10 + 1);
    expect(watch.gave).toContain('budget cut');
  });

  it('is not asked again when the caller leaves during a pause', async () => {
    const controller = new AbortController();
    await gateway.close();
    const why = new Error('stopping');
    const adapter = openAdapter(gatewayConfig({ url: provider.url }));
    gateway = guarded(
      adapter,
      { maxAttempts: 4, deadlineMs: 60_000 },
      { attempt: watch.attempt, gaveUp: watch.gaveUp, breaker: watch.breaker, retry: () => setTimeout(() => controller.abort(why), 10) },
    );
    provider.always(FAULTS.rateLimited({ 'retry-after': '50' }));
    expect(await rejection(gateway.complete(prompt(), new Told(controller.signal)))).toBe(why);
    expect(provider.calls).toHaveLength(1);
  });
});

describe('the breaker', () => {
  it('opens after five failures in a row, asks once when its pause is over, and closes when that is answered', async () => {
    provider.always(FAULTS.cut);
    await rejection(gateway.complete(prompt(), new Told()));
    await rejection(gateway.complete(prompt(), new Told()));
    expect(provider.calls).toHaveLength(5);
    expect(gateway.status().breaker).toEqual({ state: 'open', until: new Date(Date.now() + 30_000).toISOString() });
    const error = await rejection(gateway.complete(prompt(), new Told()));
    expect(error).toMatchObject({ reason: 'breaker_open', retryable: true, retryAfterMs: 30_000, sent: null });
    expect(error.message).toMatch(/^The gateway is left alone until 2026-11-23T08:00:\d\d\.\d{3}Z, since: 127\.0\.0\.1:\d+ ended the connection/);
    expect(provider.calls).toHaveLength(5);

    later(30_000);
    expect(gateway.status().breaker).toEqual({ state: 'half_open', until: null });
    await rejection(gateway.complete(prompt(), new Told()));
    expect(provider.calls).toHaveLength(6);
    expect(gateway.status().breaker).toEqual({ state: 'open', until: new Date(Date.now() + 60_000).toISOString() });

    later(60_000);
    provider.always('{}');
    await gateway.complete(prompt(), new Told());
    expect(gateway.status()).toMatchObject({ breaker: { state: 'closed', until: null }, last_failure: { reason: 'cut' } });
    expect(watch.states).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
  });

  it('opens at once, and for longer, when the gateway has given up its provider', async () => {
    const stub = await new StubApipark({ upstream: provider.url, key: 'k1-canary' }).listen();
    const adapter = openAdapter(gatewayConfig({ preset: 'apipark', url: stub.url, path: stub.path, key: { file: files.write('key', 'k1-canary') } }));
    const behind = guarded(adapter, { maxAttempts: 4, deadlineMs: 180_000 }, watch);
    provider.next(FAULTS.html);
    expect(await rejection(behind.complete(prompt(), new Told()))).toMatchObject({ reason: 'upstream_down' });
    expect(behind.status().breaker).toEqual({ state: 'open', until: new Date(Date.now() + 120_000).toISOString() });
    expect(stub.calls).toHaveLength(1);
    stub.restore();
    later(120_000);
    await behind.complete(prompt(), new Told());
    expect(behind.status().breaker.state).toBe('closed');
    await behind.close();
    await stub.close();
  });

  it('opens when half of the last twenty requests failed', async () => {
    gateway = open({ maxAttempts: 1 });
    for (let i = 0; i < 10; i++) {
      provider.next(FAULTS.cut, '{}');
      await gateway.complete(prompt(), new Told()).catch(() => undefined);
      await gateway.complete(prompt(), new Told()).catch(() => undefined);
    }
    provider.next(FAULTS.cut);
    await gateway.complete(prompt(), new Told()).catch(() => undefined);
    expect(gateway.status().breaker.state).toBe('open');
  });

  it('is not moved by requests that are refused for what they are', async () => {
    provider.always(FAULTS.status(400));
    for (let i = 0; i < 12; i++) await rejection(gateway.complete(prompt(), new Told()));
    expect(gateway.status().breaker.state).toBe('closed');
  });

  it('counts a wrong key, so that it is not shown for ever', async () => {
    provider.always(FAULTS.denied());
    for (let i = 0; i < 5; i++) await rejection(gateway.complete(prompt(), new Told()));
    expect(await rejection(gateway.complete(prompt(), new Told()))).toMatchObject({ reason: 'breaker_open' });
    expect(provider.calls).toHaveLength(5);
  });

  it('is not moved by a key file that cannot be read', async () => {
    const file = files.write('gone', 'sk-canary-1');
    const adapter = openAdapter(gatewayConfig({ url: provider.url, key: { file } }));
    const behind = guarded(adapter, { maxAttempts: 4, deadlineMs: 180_000 }, watch);
    files.write('gone', '');
    for (let i = 0; i < 6; i++) expect(await rejection(behind.complete(prompt(), new Told()))).toMatchObject({ reason: 'denied' });
    files.write('gone', 'sk-canary-1');
    expect(await behind.complete(prompt(), new Told())).toMatchObject({ finish: 'stop' });
    await behind.close();
  });

  it('that opens during a pause leaves a call with what happened to it', async () => {
    await gateway.close();
    let others = 0;
    const parts = {
      nowMs: () => Date.now(),
      random: () => 0,
      pause: async () => {
        for (; others < 4; others++) await rejection(single.complete(prompt(), new Told()));
      },
    };
    const adapter = openAdapter(gatewayConfig({ url: provider.url }));
    const single: GuardedGateway = guarded(adapter, { maxAttempts: 2, deadlineMs: 180_000 }, watch, parts);
    gateway = single;
    provider.next(FAULTS.status(500, 'mine')).next(...Array.from({ length: 8 }, () => FAULTS.cut));
    const error = await rejection(single.complete(prompt(), new Told()));
    expect(error).toMatchObject({ reason: 'overloaded' });
    expect(error.message).toContain('mine');
    expect(watch.gave.at(-1)).toBe('breaker overloaded');
  });

  it('is not closed by a probe that the caller leaves', async () => {
    gateway = open({ maxAttempts: 1 });
    provider.always(FAULTS.cut);
    for (let i = 0; i < 5; i++) await rejection(gateway.complete(prompt(), new Told()));
    later(30_000);
    provider.always(FAULTS.hang);
    const controller = new AbortController();
    const asking = rejection(gateway.complete(prompt(), new Told(controller.signal)));
    await expect.poll(() => provider.calls.length).toBe(6);
    controller.abort(new Error('stopping'));
    await asking;
    expect(gateway.status().breaker.state).toBe('open');
  });
});

describe('the bulkhead', () => {
  it('does not keep who waits for it when they are aborted', async () => {
    provider.always(FAULTS.hang);
    const going = new AbortController();
    const under = [1, 2].map(() => rejection(gateway.complete(prompt(), new Told(going.signal))));
    await expect.poll(() => provider.calls.length).toBe(2);
    const waiting = new AbortController();
    const why = new Error('stopping');
    const leaving = rejection(gateway.complete(prompt(), new Told(waiting.signal)));
    waiting.abort(why);
    expect(await leaving).toBe(why);
    // The two that go are not over.
    expect(watch.outcomes).toEqual([]);
    going.abort(why);
    expect(await Promise.all(under)).toEqual([why, why]);
    expect(provider.calls).toHaveLength(2);
  });

  it('lets two requests go at a time', async () => {
    let under = 0;
    let most = 0;
    provider.always(async () => {
      most = Math.max(most, ++under);
      await new Promise((ok) => setTimeout(ok, 20));
      under--;
      return '{}';
    });
    await Promise.all([1, 2, 3, 4, 5].map(() => gateway.complete(prompt(), new Told())));
    expect(most).toBe(2);
    expect(provider.calls).toHaveLength(5);
  });

  it('refuses when too many wait already', async () => {
    gateway = open({ maxAttempts: 1 });
    provider.always(FAULTS.slow(30));
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => gateway.complete(prompt(), new Told())));
    const refused = all.filter((r) => r.status === 'rejected');
    expect(refused).toHaveLength(2);
    expect(refused.every((r) => r.reason instanceof GatewayError && r.reason.reason === 'overloaded' && /More than 16 calls/.test(r.reason.message))).toBe(true);
  });
});

it('an error of the caller is handed on as it is, and is not tried again', async () => {
  const no = new Error('the budget is used up');
  const told = new Told();
  told.refuse = no;
  expect(await rejection(gateway.complete(prompt(), told))).toBe(no);
  expect(watch.outcomes).toEqual([]);
  expect(gateway.status()).toEqual({ breaker: { state: 'closed', until: null }, last_success_at: null, last_failure: null });
});
