import { Ajv } from 'ajv';
import { GatewayError, type Completion } from './port.ts';
import type { Answer } from './transport.ts';
import { scrubbed } from './words.ts';

const NULLABLE_TEXT = { type: ['string', 'null'] };

/** What of a chat completion is read; gateways add to it freely. */
const COMPLETION_SCHEMA = {
  type: 'object',
  required: ['choices'],
  properties: {
    id: {},
    choices: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['message'],
        properties: {
          finish_reason: NULLABLE_TEXT,
          message: {
            type: 'object',
            required: ['content'],
            properties: {
              content: NULLABLE_TEXT,
              refusal: NULLABLE_TEXT,
              provider_specific_fields: { type: ['object', 'null'], properties: { refusal: NULLABLE_TEXT } },
            },
          },
        },
      },
    },
    usage: { type: ['object', 'null'] },
  },
};

interface ChatCompletion {
  id?: unknown;
  choices: [{ finish_reason?: string | null; message: { content: string | null; refusal?: string | null; provider_specific_fields?: { refusal?: string | null } | null } }];
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null;
}

const isCompletion = new Ajv({ allErrors: false, allowUnionTypes: true }).compile<ChatCompletion>(COMPLETION_SCHEMA);

/** A 200 that is a chat completion. @throws GatewayError `not_a_completion`: pages, notices of the gateway, halves, nothing */
export function completionOf(answer: Answer): Omit<Completion, 'sent' | 'received'> {
  const body = parsed(answer.body);
  if (answer.status !== 200 || !isCompletion(body)) throw notOne(answer, body);
  const [{ message, finish_reason: finish }] = body.choices;
  // LiteLLM moves it.
  const refusal = message.refusal || message.provider_specific_fields?.refusal || null;
  return {
    text: refusal === null ? message.content : null,
    finish: refusal !== null ? 'refusal' : finish === 'stop' || finish === 'length' || finish === 'content_filter' ? finish : 'other',
    tokens: tokensOf(body.usage),
    costUsd: costOf(answer.headers.get('x-litellm-response-cost')),
    requestId: requestIdOf(answer.headers, body.id),
  };
}

function notOne(answer: Answer, body: unknown): GatewayError {
  const { status } = answer;
  const is = (detail: string, more: { retryable: boolean }) => new GatewayError('not_a_completion', scrubbed(detail), { ...more, retryLimit: 1, status });
  if (answer.body.trim() === '') return is(`The gateway answered ${status} with nothing in it`, { retryable: true });
  if (typeof body === 'object' && body !== null) {
    const said = body as Record<string, unknown>;
    // Apinto answers so when it could not read the request; the same request will not do better.
    if (said['code'] === -1) return is(`The gateway answered ${status}, but as an error of its own: ${wordOf(said['error'] ?? said['msg'])}`, { retryable: false });
    if ('html-message' in said) return is(`The gateway answered ${status} with a page of its provider in place of an answer: ${wordOf(said['html-message'])}`, { retryable: true });
    return is(`The gateway answered ${status} with JSON that is no chat completion (${isCompletion.errors?.[0]?.instancePath || 'no choices'})`, { retryable: true });
  }
  if (/^\s*</.test(answer.body)) return is(`The gateway answered ${status} with a page in place of an answer: ${answer.body}`, { retryable: true });
  return is(`The gateway answered ${status} with what is not JSON, or only a part of it`, { retryable: true });
}

export function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tokensOf(usage: ChatCompletion['usage']): Completion['tokens'] {
  const [input, output] = [usage?.prompt_tokens, usage?.completion_tokens];
  const count = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  return count(input) && count(output) ? { input, output } : null;
}

function costOf(text: string | undefined): number | null {
  const cost = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(cost) && cost >= 0 ? cost : null;
}

const ID_FIELDS = ['x-request-id', 'request-id', 'llm_provider-x-request-id', 'x-litellm-call-id', 'x-portkey-trace-id'];

/** For a look into the gateway's logs, or those of its provider. */
export function requestIdOf(headers: ReadonlyMap<string, string>, id?: unknown): string | null {
  for (const candidate of [...ID_FIELDS.map((name) => headers.get(name)), id]) if (typeof candidate === 'string' && /^[\w.:/+=-]{1,128}$/.test(candidate)) return candidate;
  return null;
}
