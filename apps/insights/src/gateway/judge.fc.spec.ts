import fc from 'fast-check';
import { expect, it } from 'vitest';
import { completionOf } from './completion.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { FORMATS, GatewayError } from './port.ts';
import { prompt } from './testing/asking.ts';
import type { Answer } from './transport.ts';
import { wealthsimple } from './wealthsimple.ts';

const RUNS = Number(process.env['HW_PROPERTY_RUNS'] ?? 300);

/** Words that some rule looks for, in any place of any JSON. */
const word = fc.constantFrom(
  'message',
  'error',
  'detail',
  'choices',
  'content',
  'refusal',
  'code',
  'type',
  'param',
  'html-message',
  'max_completion_tokens is not supported',
  'json_schema',
  'insufficient_quota',
  'Internal error due to: x',
  'all balances exhausted',
  '<b>',
  '\n\n',
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.constantFrom(null, -1, 1e300, true),
    fc.string(),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(word, tie('any'), { maxKeys: 4 }),
  ),
})).any;
const answer: fc.Arbitrary<Answer> = fc.record({
  status: fc.constantFrom(200, 204, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 501, 502, 503, 504, 529),
  headers: fc
    .dictionary(fc.constantFrom('retry-after', 'x-ai-provider', 'x-portkey-provider', 'x-litellm-response-cost', 'x-request-id'), fc.string())
    .map((h) => new Map(Object.entries(h))),
  body: fc.oneof(
    value.map((v) => JSON.stringify(v)),
    fc.string(),
    word,
  ),
});

it('every answer is a completion or a GatewayError whose detail is fit for people', () => {
  fc.assert(
    fc.property(answer, fc.constantFrom(...FORMATS), fc.boolean(), (said, format, ours) => {
      const dialect = ours ? openaiCompatible('stub') : wealthsimple('stub');
      let outcome: unknown;
      try {
        outcome = said.status === 200 ? completionOf(said) : dialect.refusal(said, prompt({ format }), dialect.form(), Date.now());
      } catch (error) {
        outcome = error;
      }
      if (!(outcome instanceof GatewayError)) {
        expect(said.status).toBe(200);
        expect(outcome).toMatchObject({ text: expect.toSatisfy((t: unknown) => t === null || typeof t === 'string') });
        return;
      }
      expect(outcome.message).toMatch(/^[^\p{Cc}\p{Cs}<>]{5,300}$/u);
      expect(outcome.status).toBe(said.status);
      // A plainer format is asked for at once; it is never the same request again.
      if (outcome.formatRefused) expect([format === 'plain', outcome.retryable]).toEqual([false, false]);
      // The next request of a form that was learned differs from the one before.
      if (outcome.retryable && outcome.reason === 'rejected')
        expect(JSON.stringify(dialect.form())).not.toBe(JSON.stringify({ limit: 'max_completion_tokens', temperature: true }));
    }),
    { numRuns: RUNS },
  );
});
