import type { Call, Reply } from './wire.ts';

/** Headers that OpenAI sends with an answer. */
export const OPENAI_HEADERS = {
  'content-type': 'application/json',
  'x-request-id': 'req_stub_1',
  'openai-processing-ms': '12',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-remaining-requests': '499',
  'x-ratelimit-reset-requests': '120ms',
  'x-ratelimit-limit-tokens': '200000',
  'x-ratelimit-remaining-tokens': '199000',
  'x-ratelimit-reset-tokens': '6m0s',
} as const;

/** What was asked, of the body of a chat completion. */
export interface Asked {
  model: string;
  /** texts of the messages, each with its role */
  messages: { role: string; content: string }[];
  /** all user messages, joined by newlines */
  user: string;
  /** as it came: `{ type: "json_schema", ... }` */
  responseFormat: unknown;
}

export function askedOf(call: Call): Asked {
  const { model, messages, response_format: responseFormat } = (call.json ?? {}) as { model?: string; messages?: Asked['messages']; response_format?: unknown };
  const list = Array.isArray(messages) ? messages : [];
  const user = list.filter((m) => m.role === 'user').map((m) => m.content);
  return { model: model ?? 'stub', messages: list, user: user.join('\n'), responseFormat: responseFormat ?? null };
}

export interface Said {
  content: string | null;
  finish?: 'stop' | 'length' | 'content_filter';
  refusal?: string;
  tokens?: { input: number; output: number };
}

let made = 0;

/** A chat completion object as OpenAI writes it. */
export function completion(model: string, { content, finish = 'stop', refusal, tokens = { input: 120, output: 40 } }: Said): object {
  made++;
  return {
    id: `chatcmpl-stub-${made}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: refusal ?? null }, logprobs: null, finish_reason: finish }],
    usage: { prompt_tokens: tokens.input, completion_tokens: tokens.output, total_tokens: tokens.input + tokens.output },
  };
}

/** An error as OpenAI writes it. */
export function openaiError(status: number, message: string, more: { type?: string; param?: string | null; code?: string | null; headers?: Record<string, string> } = {}): Reply {
  const { type = 'invalid_request_error', param = null, code = null, headers = {} } = more;
  return { status, headers: { ...OPENAI_HEADERS, ...headers }, body: JSON.stringify({ error: { message, type, param, code } }, null, 2) };
}
