import type { GatewayError, Prompt } from './port.ts';
import type { Form } from './traits.ts';
import type { Answer } from './transport.ts';

/** What differs between gateways: how a question is written and how a refusal is read. Pure, but for what it learns of the gateway. */
export interface Dialect {
  /** which fields the next request has */
  form(): Form;
  /** body of a request */
  write(prompt: Prompt, form: Form): object;
  /** an answer that is no 200 to a request of that form */
  refusal(answer: Answer, prompt: Prompt, form: Form, nowMs: number): GatewayError;
}

export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Contents are strings: lists of parts break Wealthsimple's gateway. */
export function messagesOf({ system, user, repair }: Prompt): Message[] {
  const asked: Message[] = [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
  if (!repair) return asked;
  return [
    ...asked,
    { role: 'assistant', content: repair.answer },
    { role: 'user', content: `That answer cannot be used: ${repair.problem}\nAnswer again with the whole corrected JSON and nothing else.` },
  ];
}

export function responseFormat({ format, schema }: Prompt): object {
  if (format === 'plain') return {};
  if (format === 'json_object') return { response_format: { type: 'json_object' } };
  return { response_format: { type: 'json_schema', json_schema: { name: schema.name, strict: true, schema: schema.schema } } };
}
