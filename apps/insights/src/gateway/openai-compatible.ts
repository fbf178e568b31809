import { messagesOf, responseFormat, type Dialect } from './dialect.ts';
import { judge, refusesFormat, toldBy } from './judge.ts';
import { Traits } from './traits.ts';

/** OpenAI chat completions: OpenAI itself, vLLM, and the gateways APIPark, Portkey and LiteLLM. */
export function openaiCompatible(model: string): Dialect {
  const traits = new Traits(['max_completion_tokens', 'max_tokens']);
  return {
    form: () => traits.form,
    write: (prompt, { limit, temperature }) => ({
      model,
      messages: messagesOf(prompt),
      ...(temperature ? { temperature: 0 } : {}),
      ...(limit === null ? {} : { [limit]: prompt.maxOutputTokens }),
      ...responseFormat(prompt),
    }),
    refusal(answer, prompt, form, nowMs) {
      const told = toldBy(answer);
      const badRequest = (answer.status === 400 || answer.status === 422) && !refusesFormat(told, prompt.format);
      return (badRequest ? traits.learn(told, answer.status, form) : null) ?? judge(answer, { format: prompt.format, nowMs });
    },
  };
}
