import { messagesOf, responseFormat, type Dialect } from './dialect.ts';
import { judge, refusesFormat, toldBy } from './judge.ts';
import { GatewayError, type Format, type GatewayReason } from './port.ts';
import { Traits } from './traits.ts';
import { scrubbed } from './words.ts';

/**
 * Wealthsimple llm-gateway. Its `max_tokens` is dropped, so the limit and the format go into `model_kwargs`, which it hands to its client library as
 * they are: whatever stood there could lead it elsewhere, so only these two fields of ours ever do. No temperature: 1, since leaving it out means 0.
 */
export function wealthsimple(model: string): Dialect {
  const traits = new Traits(['max_completion_tokens', null]);
  return {
    form: () => traits.form,
    write: (prompt, { limit, temperature }) => ({
      model,
      messages: messagesOf(prompt),
      temperature: temperature ? 0 : 1,
      model_kwargs: { ...(limit === null ? {} : { [limit]: prompt.maxOutputTokens }), ...responseFormat(prompt) },
    }),
    refusal(answer, prompt, form, nowMs) {
      if (answer.status !== 500) return judge(answer, { format: prompt.format, nowMs });
      const told = toldBy(answer);
      const message = told.message.replace(/^Internal error due to: /, '');
      const learned = refusesFormat({ message, param: '' }, prompt.format) ? null : traits.learn({ message, param: '' }, answer.status, form);
      return learned ?? ofText(message, prompt.format);
    },
  };
}

/** It says 500 to everything, after up to four calls of its own: what happened is in the text alone. */
function ofText(message: string, format: Format): GatewayError {
  const error = (reason: GatewayReason, what: string, more: { retryable: boolean; retryLimit?: number; formatRefused?: boolean }) =>
    new GatewayError(reason, scrubbed(`${what} (500): ${message}`), { ...more, status: 500 });
  if (refusesFormat({ message, param: '' }, format) && !/^HTTP code|^Error communicating/.test(message))
    return error('rejected', `The gateway's model does not take ${format} answers`, { retryable: false, formatRefused: true });
  if (/exceeded your current quota|insufficient_quota/i.test(message)) return error('rate_limited', "The quota at the gateway's provider is used up", { retryable: false });
  if (/rate limit/i.test(message)) return error('rate_limited', "The gateway's provider asks to wait", { retryable: true });
  if (/timed? ?out/i.test(message)) return error('timeout', "The gateway's provider did not answer in time", { retryable: true });
  if (/overloaded/i.test(message)) return error('overloaded', "The gateway's provider is overloaded", { retryable: true });
  if (/incorrect api key|invalid api key|no api key/i.test(message))
    return error('denied', "The gateway's provider refuses the gateway's own key; whoever runs the gateway can mend it", { retryable: false });
  return error('overloaded', 'The gateway or its provider failed', { retryable: true, retryLimit: 1 });
}
