import type { GatewayConfig } from '@headwater/config';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAULTS, StubProvider, type WireServer } from '../testing/stubs/index.ts';
import { openAdapter } from './adapter.ts';
import { GatewayError, type InsightGateway } from './port.ts';
import { Files, gatewayConfig, prompt, rejection, Told } from './testing/asking.ts';

const KEY = 'sk-canary-5f0c2d9e7b31';

/** Where the adapter goes, and the provider behind that. */
export interface Opening {
  settings: Partial<GatewayConfig>;
  /** what the adapter talks to; absent: the provider itself */
  server?: WireServer;
  close?(): Promise<void>;
}

/** What every adapter does, before a stub provider; `open` puts in between what speaks its shape. */
export function gatewayContract(name: string, open: (provider: StubProvider) => Promise<Opening>): void {
  describe(`gateway contract: ${name}`, () => {
    const files = new Files();
    afterAll(() => files.remove());
    let provider: StubProvider;
    let opening: Opening;
    let gateway: InsightGateway;
    let told: Told;

    const adapter = (more: Partial<GatewayConfig> = {}): InsightGateway =>
      openAdapter(gatewayConfig({ ...opening.settings, key: { file: files.write('key', KEY) }, timeout_ms: 5_000, ...more }));
    const server = (): WireServer => opening.server ?? provider.server;

    beforeEach(async () => {
      provider = await new StubProvider('{"findings":[]}').listen();
      opening = await open(provider);
      gateway = adapter();
      told = new Told();
    });
    afterEach(async () => {
      await gateway.close();
      await opening.close?.();
      await provider.close();
    });

    it('answers with the text of the model, its tokens and an id', async () => {
      provider.next({ content: '{"findings":[1]}', tokens: { input: 321, output: 12 } });
      const completion = await gateway.complete(prompt(), told);
      expect(completion).toMatchObject({ text: '{"findings":[1]}', finish: 'stop', tokens: { input: 321, output: 12 }, costUsd: null });
      expect(completion.requestId).toMatch(/^(req_stub_|call-stub-|chatcmpl-)/);
    });

    it('says what was sent and what came, to the byte', async () => {
      const completion = await gateway.complete(prompt(), told);
      expect(completion.sent).toBe(server().calls[0]?.body);
      expect(JSON.parse(completion.received)).toMatchObject({ object: 'chat.completion' });
      expect(told.sent).toEqual([completion.sent]);
      expect(told.endings).toEqual([completion]);
    });

    it('reads a refusal, a filter and an answer that was stopped', async () => {
      provider.next({ content: 'Well, then', refusal: 'no' }, FAULTS.refusal, FAULTS.contentFilter, FAULTS.length);
      expect(await gateway.complete(prompt(), told)).toMatchObject({ text: null, finish: 'refusal' });
      expect(await gateway.complete(prompt(), told)).toMatchObject({ text: null, finish: 'refusal' });
      expect(await gateway.complete(prompt(), told)).toMatchObject({ text: null, finish: 'content_filter' });
      expect(await gateway.complete(prompt(), told)).toMatchObject({ text: '{"findings":[{"title":"Errors on', finish: 'length' });
    });

    it.each(['json_schema', 'json_object', 'plain'] as const)('asks for %s, and says so when that is refused', async (format) => {
      await gateway.complete(prompt({ format }), told);
      expect(provider.calls[0]?.json).toMatchObject(format === 'plain' ? {} : { response_format: { type: format } });
      expect(Object.keys(provider.calls[0]?.json ?? {}).includes('response_format')).toBe(format !== 'plain');
      provider.refuseFormats('json_schema', 'json_object');
      if (format === 'plain') await gateway.complete(prompt({ format }), told);
      else expect(await rejection(gateway.complete(prompt({ format }), told))).toMatchObject({ reason: 'rejected', formatRefused: true, retryable: false });
    });

    it('sends the limit of the answer in a way that reaches the provider, and learns which field the model takes', async () => {
      await gateway.complete(prompt({ maxOutputTokens: 777 }), told);
      expect(provider.calls[0]?.json).toMatchObject({ max_completion_tokens: 777 });
      provider.refuseField('max_completion_tokens');
      expect(await rejection(gateway.complete(prompt(), told))).toMatchObject({ reason: 'rejected', retryable: true, formatRefused: false });
      await gateway.complete(prompt(), told);
      expect(provider.calls.at(-1)?.json).not.toHaveProperty('max_completion_tokens');
    });

    it('learns that a model takes no temperature', async () => {
      provider.refuseField('temperature', "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.");
      expect(await rejection(gateway.complete(prompt(), told))).toMatchObject({ reason: 'rejected', retryable: true });
      // Wealthsimple's gateway adds one that is not said, so there it is 1, which this stub refuses, too.
      await gateway.complete(prompt(), told).catch(() => undefined);
      expect((JSON.parse(told.sent[1] ?? '') as { temperature?: number }).temperature).not.toBe(0);
    });

    it('makes one request a call, whatever comes of it', async () => {
      provider.always(FAULTS.status(503));
      await rejection(gateway.complete(prompt(), told));
      expect(server().calls).toHaveLength(1);
    });

    it('sends nothing when what is told beforehand is refused', async () => {
      const no = new Error('the budget is used up');
      told.refuse = no;
      expect(await rejection(gateway.complete(prompt(), told))).toBe(no);
      expect(server().calls).toHaveLength(0);
      expect(told.endings).toEqual([]);
    });

    it('sends nothing when aborted beforehand, and ends a request that is under way when aborted', async () => {
      const why = new Error('stopping');
      expect(await rejection(gateway.complete(prompt(), new Told(AbortSignal.abort(why))))).toBe(why);
      expect(server().calls).toHaveLength(0);
      provider.next(FAULTS.hang);
      const controller = new AbortController();
      told = new Told(controller.signal);
      const asking = rejection(gateway.complete(prompt(), told));
      await expect.poll(() => server().calls.length).toBe(1);
      controller.abort(why);
      expect(await asking).toBe(why);
      expect(told.endings).toEqual(['aborted']);
      await expect.poll(() => server().calls[0]?.gone).toBe(true);
    });

    it('gives up an answer that takes too long, and ends the request', async () => {
      await gateway.close();
      gateway = adapter({ timeout_ms: 150 });
      provider.next(FAULTS.hang);
      expect(await rejection(gateway.complete(prompt(), told))).toMatchObject({ reason: 'timeout', retryable: true });
      await expect.poll(() => server().calls[0]?.gone).toBe(true);
    });

    it('reads no more of an answer than is allowed, and ends the connection', async () => {
      provider.next(FAULTS.huge(2_000_000));
      const error = await rejection(gateway.complete(prompt(), told));
      expect(error).toMatchObject({ reason: 'too_large', retryable: false });
      expect(error.message).toContain('gateway.max_answer_bytes');
      await expect.poll(() => server().connections).toBe(0);
    });

    it('names what is wrong without its key, also when that is echoed', async () => {
      provider.always(({ user }) => `${KEY} ${user}`);
      const completion = await gateway.complete(prompt({ user: `my key is ${KEY}` }), told);
      const all = JSON.stringify([completion, told.sent, server().calls[0]?.body]);
      expect(all).not.toContain(KEY);
      provider.always(FAULTS.status(500, `bad key ${KEY}\nAuthorization: Bearer ${KEY}`));
      const error = await rejection(gateway.complete(prompt(), told));
      expect(error).toBeInstanceOf(GatewayError);
      expect(error.received).toContain('{redacted}');
      expect(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(told.endings)}`).not.toContain(KEY);
    });

    it.each([
      ['unreachable', null],
      ['cut', FAULTS.cut],
      ['cut', FAULTS.cutBody()],
      ['not_a_completion', FAULTS.brokenBody],
      ['not_a_completion', FAULTS.empty],
      ['not_a_completion', FAULTS.html],
      ['not_a_completion', FAULTS.noChoices],
      ['not_allowed', FAULTS.redirect('http://169.254.169.254/latest/meta-data')],
    ] as const)('of the address itself: %s', async (reason, fault) => {
      // Straight to the provider's server, so that a gateway in between does not turn it into something else.
      const bare = adapter({ url: provider.url, path: '/v1/chat/completions', key: { file: files.write('key', KEY) } });
      if (fault === null) await provider.close();
      else provider.next(fault);
      const error = await rejection(bare.complete(prompt(), told));
      await bare.close();
      expect(error).toMatchObject({ reason, status: expect.toSatisfy((s: unknown) => s === null || typeof s === 'number'), sent: told.sent[0] });
      expect(error.message).toMatch(/^[^\n<>]{10,300}$/);
      expect(told.endings).toEqual([error]);
      expect(provider.calls.length).toBeLessThanOrEqual(1);
    });
  });
}
