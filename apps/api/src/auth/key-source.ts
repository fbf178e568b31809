import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { Unavailable, type Discovery } from './discovery.ts';
import { fetchJson } from './fetch-json.ts';

export interface KeySourceSettings {
  /** keys older than this are fetched again before use */
  freshMs: number;
  /** while the server is away, older keys are used up to this age */
  staleMs: number;
  /** an unknown kid asks the server at most this often: made-up kids must not become load on it */
  cooldownMs: number;
}

export const KEY_SOURCE_DEFAULTS: KeySourceSettings = { freshMs: 600_000, staleMs: 3_600_000, cooldownMs: 10_000 };

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** The signing keys of one issuer. A kid that is not known is one refetch, then refused; a removed key goes at the next refetch. */
export class KeySource {
  readonly #discovery: Discovery;
  readonly #settings: KeySourceSettings;
  readonly #now: () => number;
  #keys: { set: KeySet; at: number } | null = null;
  #lastAttempt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;

  constructor(discovery: Discovery, settings: KeySourceSettings = KEY_SOURCE_DEFAULTS, now: () => number = Date.now) {
    this.#discovery = discovery;
    this.#settings = settings;
    this.#now = now;
  }

  /** For jose's `jwtVerify`. Throws Unavailable, or jose's JWKSNoMatchingKey. */
  readonly key = async (header: JWSHeaderParameters, token: FlattenedJWSInput): ReturnType<KeySet> => {
    const set = await this.#current();
    try {
      return await set(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (this.#now() - this.#lastAttempt < this.#settings.cooldownMs) throw error;
      await this.#refresh();
      return await (
        await this.#current()
      )(header, token);
    }
  };

  async #current(): Promise<KeySet> {
    const age = this.#keys === null ? Number.POSITIVE_INFINITY : this.#now() - this.#keys.at;
    if (this.#keys !== null && age < this.#settings.freshMs) return this.#keys.set;
    try {
      // Stale keys serve while the server is away: then it is asked once in a cooldown, not once a request.
      if (this.#keys !== null && this.#now() - this.#lastAttempt < this.#settings.cooldownMs) throw new Unavailable('asked a moment ago');
      await this.#refresh();
    } catch (error) {
      if (this.#keys !== null && age < this.#settings.staleMs) return this.#keys.set;
      throw error;
    }
    return (this.#keys as unknown as { set: KeySet }).set;
  }

  async #refresh(): Promise<void> {
    this.#running ??= this.#fetch().finally(() => (this.#running = null));
    return this.#running;
  }

  async #fetch(): Promise<void> {
    this.#lastAttempt = this.#now();
    const { jwksUri, issuer } = await this.#discovery.get();
    if (jwksUri === undefined) throw new Unavailable(`the metadata of ${issuer} has no jwks_uri`);
    const fetched = await fetchJson(jwksUri, {}, this.#discovery.via);
    if (fetched.kind === 'failed') throw new Unavailable(`no keys of ${issuer}: ${fetched.detail}`);
    if (fetched.status !== 200) throw new Unavailable(`no keys of ${issuer}: ${jwksUri} answers HTTP ${fetched.status}`);
    const keys = (fetched.body as { keys?: unknown } | null)?.keys;
    if (!Array.isArray(keys)) throw new Unavailable(`no keys of ${issuer}: ${jwksUri} is no JWK set`);
    // Symmetric and encryption keys in a public set are somebody's mistake: neither may ever verify a token.
    const usable = keys.filter((k: { kty?: unknown; use?: unknown } | null) => k !== null && typeof k === 'object' && k.kty !== 'oct' && k.use !== 'enc');
    this.#keys = { set: createLocalJWKSet({ keys: usable } as JSONWebKeySet), at: this.#now() };
  }
}
