import type { GatewayConfig } from '@headwater/config';
import { completionOf } from './completion.ts';
import { Credentials, type Shown } from './credentials.ts';
import type { Dialect } from './dialect.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { placeOf, type Place } from './place.ts';
import { GatewayError, type CallOptions, type Completion, type InsightGateway, type Prompt } from './port.ts';
import { Transport, type Answer } from './transport.ts';
import { VERSION } from './version.ts';
import { wealthsimple } from './wealthsimple.ts';
import type { Blotter } from './words.ts';

/** Of a failure's answer so much is kept. */
const KEPT_CHARACTERS = 16_384;

/** Either adapter without retries or breaker; files and addresses are checked at once. @throws Error that names the settings */
export function openAdapter(config: GatewayConfig, nowMs: () => number = Date.now): InsightGateway {
  return new HttpGateway(config, config.kind === 'wealthsimple' ? wealthsimple(config.model) : openaiCompatible(config.model), nowMs);
}

class HttpGateway implements InsightGateway {
  readonly name: string;
  readonly kind: InsightGateway['kind'];
  readonly host: string;
  readonly model: string;
  readonly #place: Place;
  readonly #dialect: Dialect;
  readonly #transport: Transport;
  readonly #credentials: Credentials;
  readonly #nowMs: () => number;

  constructor(config: GatewayConfig, dialect: Dialect, nowMs: () => number) {
    this.#place = placeOf(config);
    this.name = config.preset ?? config.kind;
    this.kind = config.kind;
    this.host = this.#place.url.host;
    this.model = config.model;
    this.#dialect = dialect;
    this.#nowMs = nowMs;
    this.#transport = new Transport({ allowed: this.#place.allowed, caFile: config.ca_file, timeoutMs: config.timeout_ms, maxAnswerBytes: config.max_answer_bytes });
    this.#credentials = new Credentials(config, this.#transport, nowMs);
  }

  async complete(prompt: Prompt, options: CallOptions): Promise<Completion> {
    options.signal.throwIfAborted();
    const shown = await this.#credentials.show(options.signal);
    const form = this.#dialect.form();
    const body = JSON.stringify(this.#dialect.write(blotted(prompt, shown.blotter), form));
    await options.sending(body);
    let answer: Answer | null = null;
    try {
      const raw = await this.#transport.post({ url: this.#place.url, headers: this.#headers(shown, options), body, signal: options.signal });
      answer = { ...raw, body: shown.blotter.blot(raw.body) };
      if (answer.status !== 200) throw this.#refused(this.#dialect.refusal(answer, prompt, form, this.#nowMs()), shown);
      const completion: Completion = { ...completionOf(answer), sent: body, received: answer.body };
      await options.ended(completion);
      return completion;
    } catch (error) {
      // The guard's own end comes as a GatewayError, too.
      if (!(error instanceof GatewayError)) {
        await options.ended('aborted');
        throw error;
      }
      const failure = error.with({ sent: body, received: answer?.body.slice(0, KEPT_CHARACTERS) ?? null }, shown.blotter.blot(error.message));
      await options.ended(failure);
      throw failure;
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** A token that ended early is asked for anew, once. */
  #refused(error: GatewayError, shown: Shown): GatewayError {
    if (error.status !== 401 || shown.drop === null) return error;
    shown.drop();
    return error.with({ retryable: true, retryLimit: 1 });
  }

  #headers({ headers }: Shown, { idempotencyKey, traceparent }: CallOptions): [string, string][] {
    return [
      ...headers,
      ['content-type', 'application/json'],
      ['accept', 'application/json'],
      ['accept-encoding', 'identity'],
      ['user-agent', `headwater-insights/${VERSION}`],
      ['idempotency-key', idempotencyKey],
      ['traceparent', traceparent],
    ];
  }
}

/** The key has no business in a prompt, wherever the prompt got it from. */
function blotted(prompt: Prompt, blotter: Blotter): Prompt {
  const { system, user, repair } = prompt;
  const blot = (text: string): string => blotter.blot(text);
  return { ...prompt, system: blot(system), user: blot(user), ...(repair ? { repair: { answer: blot(repair.answer), problem: blot(repair.problem) } } : {}) };
}
