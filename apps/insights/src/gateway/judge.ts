import { GatewayError, type Format, type GatewayReason } from './port.ts';
import { parsed, wordOf } from './completion.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Answer } from './transport.ts';
import { scrubbed } from './words.ts';

/** What an answer that is no 200 says, wherever its gateway puts it. */
export interface Told {
  message: string;
  type: string;
  code: string;
  param: string;
  /** the body is JSON: of a gateway that passes its provider's errors on, it is the provider's */
  json: boolean;
}

/** Pure: what of `{error: {...}}`, `{error: "..."}`, `{message}`, `{detail}`, `{html-message}` or text is for people. */
export function toldBy({ body }: Answer): Told {
  const value = parsed(body);
  if (typeof value !== 'object' || value === null) return { message: firstLine(body), type: '', code: '', param: '', json: false };
  const outer = value as Record<string, unknown>;
  const inner = typeof outer['error'] === 'object' && outer['error'] !== null ? (outer['error'] as Record<string, unknown>) : outer;
  const message = [inner['message'], outer['error'], outer['html-message'], outer['msg'], detailOf(outer['detail'])].map(wordOf).find((w) => w !== '') ?? '';
  return { message: firstLine(message), type: wordOf(inner['type']), code: wordOf(inner['code']), param: wordOf(inner['param']), json: true };
}

/** FastAPI says a string, or a list of what is wrong where. */
function detailOf(detail: unknown): string {
  if (!Array.isArray(detail)) return wordOf(detail);
  const [first] = detail as { loc?: unknown; msg?: unknown }[];
  const where = Array.isArray(first?.loc) ? first.loc.join('.') : '';
  return `${where}${where === '' ? '' : ': '}${wordOf(first?.msg)}`;
}

/** LiteLLM names its classes before and its fallbacks behind the message. */
function firstLine(text: string): string {
  const line = text.trim().startsWith('<') ? text : (text.split('\n').find((l) => l.trim() !== '') ?? '');
  return line.replace(/^litellm\.\w+: (\w+: )?(\w+Exception - )?/, '');
}

export interface Asking {
  format: Format;
  nowMs: number;
}

const FORMAT_NAMES = /response_format|json_schema|json_object|structured[ _]output|guided/i;

/** Whether it was the format that was not taken: then a plainer one is worth asking for. */
export function refusesFormat({ message, param }: Pick<Told, 'message' | 'param'>, format: Format): boolean {
  return format !== 'plain' && FORMAT_NAMES.test(`${param} ${message}`);
}

/** Every status but 200, as chat completions and the gateways before them use them. */
export function judge(answer: Answer, { format, nowMs }: Asking): GatewayError {
  const { status, headers } = answer;
  const told = toldBy(answer);
  const says = told.message === '' ? '' : `: ${told.message}`;
  const error = (reason: GatewayReason, detail: string, retryable: boolean, more: { retryLimit?: number; formatRefused?: boolean } = {}) =>
    new GatewayError(reason, scrubbed(detail), { retryable, ...more, status, retryAfterMs: retryable ? retryAfterMs(headers, nowMs) : null });

  if (/balances? exhausted/i.test(told.message) && !told.json)
    return error('upstream_down', `The gateway has given up its provider (${status}${says}); it stays so until the provider's settings are saved again in the gateway`, true);
  if (told.type === 'no_db_connection') return error('denied', 'The gateway does not know the key (LiteLLM without a database says so with 400); check gateway.key.file', false);
  if (status === 401 || status === 403 || status === 407) return error('denied', denial(answer, told, says), false);
  if (told.code === 'insufficient_quota' || told.type === 'insufficient_quota' || told.type === 'budget_exceeded')
    return error('rate_limited', `The quota or budget at the provider is used up${says}`, false);
  if (status === 429) return error('rate_limited', `The gateway asks to wait (429)${says}`, true);
  if (status === 408 || status === 504)
    return /unexpected EOF|closed connection/i.test(told.message)
      ? error('cut', `The gateway's provider ended its connection (${status})${says}`, true)
      : error('timeout', `The gateway gave up waiting for its provider (${status})${says}`, true);
  if (status === 409 || status === 425) return error('overloaded', `The gateway asks to try again (${status})${says}`, true);
  if (status >= 500) return failed(answer, told, says, error);
  if ((status === 400 || status === 422) && refusesFormat(told, format))
    return error('rejected', `The gateway or its model does not take ${format} answers (${status})${says}`, false, { formatRefused: true });
  if (status === 404 || status === 405) return error('rejected', `The gateway knows no such path or model (${status})${says}; check gateway.path and gateway.model`, false);
  if (status >= 200 && status < 300) return new GatewayError('not_a_completion', `The gateway answered ${status} without a completion`, { retryable: true, retryLimit: 1, status });
  return error('rejected', `The gateway refuses the request (${status})${says}`, false);
}

function failed(
  answer: Answer,
  told: Told,
  says: string,
  error: (reason: GatewayReason, detail: string, retryable: boolean, more?: { retryLimit?: number }) => GatewayError,
): GatewayError {
  const { status, headers } = answer;
  if (status === 501 || status === 505) return error('rejected', `The gateway does not do what is asked of it (${status})${says}`, false);
  // LiteLLM without the package prisma, asked without a key.
  if (status === 500 && !told.json && /^internal server error$/i.test(told.message))
    return error('overloaded', 'The gateway fails without a reason (500 Internal Server Error); LiteLLM without its package prisma says so when no key is shown', true, {
      retryLimit: 1,
    });
  if (headers.get('x-portkey-gateway-exception') === 'true') return error('overloaded', `The gateway could not read what its provider answered (${status})${says}`, true);
  return error('overloaded', `The gateway or its provider failed (${status})${says}`, true);
}

/** Whose key it was. Behind a gateway a provider's 401 looks like one's own. */
function denial({ status, headers, body }: Answer, told: Told, says: string): string {
  const portkey = headers.has('x-portkey-provider') || /"provider":"/.test(body);
  const passedOn = (told.json && headers.has('x-ai-provider')) || (headers.has('x-litellm-model-group') && told.type === 'authentication_error');
  if (passedOn) return `The gateway's provider refuses the gateway's own key (${status})${says}; whoever runs the gateway can mend it`;
  if (portkey) return `The provider behind the gateway refuses the key (${status})${says}; Portkey passes on that of gateway.key.file, or of its configuration`;
  if (status === 403) return `The gateway does not let this key use that path (403)${says}; has the application been approved for the service?`;
  return `The gateway does not take the key (${status})${says}; check gateway.key.file, gateway.key.header and gateway.key.value`;
}
