import { createHash } from 'node:crypto';
import { namesAudience, principalOf, type Claims } from './claims.ts';
import { Unavailable, type Discovery } from './discovery.ts';
import { fetchJson, type Fetched } from './fetch-json.ts';
import type { TrustedIssuer, Verdict } from './principal.ts';

/** An answer is used again for at most this long: how late a revocation may be noticed. */
export const CACHE_MS = 30_000;
const CACHE_ENTRIES = 10_000;

/**
 * What an introspection answer means (RFC 7662). Servers differ: some leave out iss, sub and aud; some refuse a wrong
 * client secret with 403 and HTML. Only `active: false` says that the token is bad; all else is our own trouble.
 */
export function judgeIntrospection(fetched: Fetched, issuer: TrustedIssuer, now: number): Verdict {
  const unavailable = (detail: string): Verdict => ({ kind: 'unavailable', detail: `introspection at ${issuer.issuer}: ${detail}`, retryAfterS: 2 });
  if (fetched.kind === 'failed') return unavailable(fetched.detail);
  if (fetched.status === 401 || fetched.status === 403) return unavailable(`it refuses our client (HTTP ${fetched.status}): check the client id and secret`);
  if (fetched.status !== 200) return unavailable(`HTTP ${fetched.status}`);
  const body = fetched.body as Record<string, unknown> | null;
  if (body === null || typeof body !== 'object' || typeof body['active'] !== 'boolean') return unavailable('the answer is not a JSON object with "active"');
  if (!body['active']) return { kind: 'invalid', detail: 'the token is not active' };
  if (body['iss'] !== undefined && body['iss'] !== issuer.issuer) return { kind: 'invalid', detail: 'the token is of another issuer (iss)' };
  const type = body['token_type'];
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') return { kind: 'invalid', detail: `a token of type ${type} is not taken here` };
  const aud = body['aud'];
  const rule = issuer.introspection?.missingAudience ?? 'refuse';
  if (aud === undefined || aud === null ? rule === 'refuse' : !namesAudience(aud, issuer.audiences)) {
    return { kind: 'invalid', detail: 'the token is not for this API (aud)' };
  }
  for (const [claim, bad] of [
    ['exp', (t: number) => t * 1000 <= now],
    ['nbf', (t: number) => t * 1000 > now + 5_000],
  ] as const) {
    const value = body[claim];
    if (value !== undefined && (typeof value !== 'number' || bad(value))) return { kind: 'invalid', detail: `the token is not valid at this time (${claim})` };
  }
  const subject = body['username'] ?? body['client_id'];
  const judged = principalOf(body as Claims, issuer, { expiresAt: now + CACHE_MS, ...(typeof subject === 'string' ? { subject } : {}) });
  return 'principal' in judged ? { kind: 'ok', principal: judged.principal } : { kind: 'invalid', detail: judged.refused };
}

/** Asks the issuer about tokens; one question at a time per token, answers kept by the token's hash. */
export class Introspector {
  readonly #issuer: TrustedIssuer;
  readonly #discovery: Discovery;
  readonly #now: () => number;
  readonly #cache = new Map<string, { verdict: Verdict; until: number }>();
  readonly #running = new Map<string, Promise<Verdict>>();

  constructor(issuer: TrustedIssuer, discovery: Discovery, now: () => number = Date.now) {
    this.#issuer = issuer;
    this.#discovery = discovery;
    this.#now = now;
  }

  async verify(token: string): Promise<Verdict> {
    const hash = createHash('sha256').update(token).digest('base64url');
    const cached = this.#cache.get(hash);
    if (cached !== undefined && cached.until > this.#now()) return cached.verdict;
    this.#cache.delete(hash);
    let running = this.#running.get(hash);
    if (running === undefined) {
      running = this.#ask(token, hash).finally(() => this.#running.delete(hash));
      this.#running.set(hash, running);
    }
    return running;
  }

  async #ask(token: string, hash: string): Promise<Verdict> {
    let verdict: Verdict;
    try {
      verdict = judgeIntrospection(await this.#post(token), this.#issuer, this.#now());
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return { kind: 'unavailable', detail: error.message, retryAfterS: 2 };
    }
    if (verdict.kind !== 'unavailable') {
      const now = this.#now();
      const until = verdict.kind === 'ok' ? Math.min(now + CACHE_MS, verdict.principal.expiresAt) : now + CACHE_MS;
      if (this.#cache.size >= CACHE_ENTRIES) this.#cache.delete(this.#cache.keys().next().value as string);
      this.#cache.set(hash, { verdict, until });
    }
    return verdict;
  }

  async #post(token: string): Promise<Fetched> {
    const { introspection } = this.#issuer;
    if (introspection === undefined) throw new Unavailable(`no introspection is configured for ${this.#issuer.issuer}`);
    const endpoint = introspection.endpoint ?? (await this.#discovery.get()).introspectionEndpoint;
    if (endpoint === undefined) throw new Unavailable(`the metadata of ${this.#issuer.issuer} has no introspection_endpoint`);
    // RFC 6749 section 2.3.1: both halves are form-encoded before Basic
    const basic = Buffer.from(`${formEncode(introspection.clientId)}:${formEncode(introspection.clientSecret)}`).toString('base64');
    return fetchJson(
      endpoint,
      {
        method: 'POST',
        headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
      },
      this.#discovery.via,
    );
  }
}

function formEncode(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}
