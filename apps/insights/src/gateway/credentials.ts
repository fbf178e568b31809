import type { GatewayConfig } from '@headwater/config';
import { GatewayTokens } from './oauth.ts';
import { GatewayError } from './port.ts';
import { readHeaders, readSecret } from './setting-files.ts';
import type { Transport } from './transport.ts';
import { Blotter } from './words.ts';

type Header = [name: string, value: string];

/** APIPark's gateway compares the name as it is spelled and the value as it is; the others take a bearer. */
const KEY_OF_PRESET: Record<string, { header: string; value: string }> = { apipark: { header: 'Authorization', value: '{key}' } };
const KEY_DEFAULT = { header: 'Authorization', value: 'Bearer {key}' };

export interface Shown {
  headers: Header[];
  /** takes whatever of it is echoed out of texts */
  blotter: Blotter;
  /** of OAuth: to be called when the gateway does not take it; null: another one would be the same */
  drop: (() => void) | null;
}

/** What the gateway is shown, read from its files at every request: a new key, token or header needs no restart. */
export class Credentials {
  readonly #config: GatewayConfig;
  readonly #tokens: GatewayTokens | null;

  /** @throws Error that names the setting, when a file is not as it should be */
  constructor(config: GatewayConfig, transport: Transport, nowMs: () => number) {
    this.#config = config;
    this.#tokens = config.oauth ? new GatewayTokens(config.oauth, transport, nowMs) : null;
    this.#key();
    this.#more();
  }

  /** @throws GatewayError, before anything was sent; the signal's reason when aborted */
  async show(signal: AbortSignal): Promise<Shown> {
    let key: Header | null;
    let more: Header[];
    try {
      key = this.#key();
      more = this.#more();
    } catch (error) {
      throw new GatewayError('denied', (error as Error).message, { retryable: false });
    }
    const tokens = this.#tokens;
    const token = tokens === null ? null : await tokens.get(signal);
    const headers: Header[] = [...(key ? [key] : []), ...(token === null ? [] : [['Authorization', `Bearer ${token}`] as Header]), ...more];
    const secrets = [...(key ? [key[1], this.#secret()] : []), ...(tokens?.secrets() ?? []), ...more.flatMap(secretsIn)];
    return { headers, blotter: new Blotter(secrets), drop: tokens === null || token === null ? null : () => tokens.drop(token) };
  }

  #secret(): string {
    return this.#config.key ? readSecret(this.#config.key.file, 'gateway.key.file') : '';
  }

  #key(): Header | null {
    const { key, preset } = this.#config;
    if (!key) return null;
    const usual = KEY_OF_PRESET[preset ?? ''] ?? KEY_DEFAULT;
    const secret = this.#secret();
    // A function: `$&` in a key is no pattern.
    return [key.header ?? usual.header, (key.value ?? usual.value).replace('{key}', () => secret)];
  }

  #more(): Header[] {
    const { headers_file: file, key, oauth, preset } = this.#config;
    if (file === undefined) return [];
    const header = key?.header ?? KEY_OF_PRESET[preset ?? '']?.header ?? KEY_DEFAULT.header;
    return readHeaders(file, 'gateway.headers_file', key || oauth ? [oauth ? 'authorization' : header.toLowerCase()] : []);
  }
}

/** Names of fields and of members of JSON that hold secrets. */
const SECRET_NAME = /auth|key|token|secret|passw|cookie|credential/i;

/** A header may hold a secret whole, behind a scheme, or inside of JSON (`x-portkey-config`). */
function secretsIn([name, value]: Header): string[] {
  const secret = SECRET_NAME.test(name.replace(/portkey/i, ''));
  const found = secret || value.length >= 24 ? [value] : [];
  const [, afterScheme] = /^\w+ (\S+)$/.exec(value) ?? [];
  if (afterScheme !== undefined && secret) found.push(afterScheme);
  try {
    JSON.parse(value, (member: string, inner: unknown) => {
      if (typeof inner === 'string' && SECRET_NAME.test(member)) found.push(inner);
      return inner;
    });
  } catch {
    // No JSON.
  }
  return found;
}
