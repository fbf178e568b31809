import type { GatewayOauthConfig } from '@headwater/config';
import { GatewayError } from './port.ts';
import { retryAfterMs } from './retry-after.ts';
import { readSecret } from './setting-files.ts';
import type { Answer, Transport } from './transport.ts';
import { Blotter, scrubbed } from './words.ts';

/** Where the server does not say (RFC 6749, 5.1 only recommends it). */
const DEFAULT_LIFE_S = 300;
const SECRET_FILE = 'gateway.oauth.client_secret_file';

interface Token {
  value: string;
  /** ms, when it is renewed: a while before it ends */
  renewAt: number;
}

/** Tokens towards the gateway by client credentials (RFC 6749, 4.4), kept until shortly before they end; asked for once, however many wait. */
export class GatewayTokens {
  readonly #config: GatewayOauthConfig;
  readonly #transport: Transport;
  readonly #nowMs: () => number;
  #token: Token | null = null;
  #asking: Promise<Token> | null = null;

  /** @throws Error when the secret's file is not as it should be */
  constructor(config: GatewayOauthConfig, transport: Transport, nowMs: () => number) {
    this.#config = config;
    this.#transport = transport;
    this.#nowMs = nowMs;
    readSecret(config.client_secret_file, SECRET_FILE);
  }

  /** @throws GatewayError; the signal's reason when aborted, which does not end the question for others */
  async get(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (this.#token && this.#nowMs() < this.#token.renewAt) return this.#token.value;
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    const asking = this.#asking;
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return (await Promise.race([asking, aborted.promise])).value;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The gateway did not take it. */
  drop(value: string): void {
    if (this.#token?.value === value) this.#token = null;
  }

  /** What may not show up in any text. */
  secrets(): string[] {
    try {
      return [readSecret(this.#config.client_secret_file, SECRET_FILE), ...(this.#token ? [this.#token.value] : [])];
    } catch {
      return this.#token ? [this.#token.value] : [];
    }
  }

  async #ask(): Promise<Token> {
    const { token_url, client_id, scope, audience } = this.#config;
    const url = new URL(token_url);
    let secret: string;
    try {
      secret = readSecret(this.#config.client_secret_file, SECRET_FILE);
    } catch (error) {
      throw new GatewayError('denied', (error as Error).message, { retryable: false });
    }
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }), ...(audience === undefined ? {} : { audience }) });
    // RFC 8707: a resource is an absolute URI; servers that know only `audience` pass it over.
    if (audience !== undefined && URL.canParse(audience)) form.set('resource', audience);
    // RFC 6749, 2.3.1: both are form-encoded first.
    const basic = Buffer.from(`${formEncoded(client_id)}:${formEncoded(secret)}`).toString('base64');
    const headers = [
      ['Authorization', `Basic ${basic}`],
      ['content-type', 'application/x-www-form-urlencoded'],
      ['accept', 'application/json'],
      ['accept-encoding', 'identity'],
    ] as const;
    let answer: Answer;
    try {
      answer = await this.#transport.post({ url, headers, body: form.toString(), signal: new AbortController().signal });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      throw error.with({}, scrubbed(`Token endpoint: ${error.message}`));
    }
    const token = tokenOf(answer, this.#nowMs(), url.host, new Blotter([secret, basic]));
    this.#token = token;
    return token;
  }
}

/** Judges what a token endpoint answered. @throws GatewayError */
function tokenOf({ status, headers, body }: Answer, nowMs: number, host: string, blotter: Blotter): Token {
  const said = parsed(body);
  const fail = (reason: 'denied' | 'rate_limited' | 'overloaded', retryable: boolean, what: string): never => {
    throw new GatewayError(reason, scrubbed(`The token endpoint (${host}) ${what}`), { retryable, status, retryAfterMs: retryAfterMs(headers, nowMs) });
  };
  if (status === 429) fail('rate_limited', true, 'asks to wait');
  if (status >= 500 || status === 408) fail('overloaded', true, `answered ${status}`);
  if (status !== 200) {
    const { error, error_description: more } = said;
    const words = [error, more].filter((w) => typeof w === 'string').join(': ');
    fail('denied', false, `gave no token (${status}${words === '' ? '' : ` ${blotter.blot(words)}`}); check gateway.oauth`);
  }
  const { access_token: value, token_type: type, expires_in: life } = said;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) return fail('denied', false, 'answered 200 without an access_token');
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') return fail('denied', false, 'gave a token that is no bearer token, which is all that is supported here');
  const seconds = Number(life ?? DEFAULT_LIFE_S);
  const lifeMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_LIFE_S) * 1_000;
  return { value, renewAt: nowMs + lifeMs - Math.min(60_000, Math.max(lifeMs / 10, Math.min(5_000, lifeMs / 2))) };
}

function parsed(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
