import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Discovery } from './discovery.ts';
import { Introspector } from './introspection.ts';
import { verifyJwt } from './jwt.ts';
import { fetcherOf } from './reach.ts';
import { KEY_SOURCE_DEFAULTS, KeySource, type KeySourceSettings } from './key-source.ts';
import type { TrustedIssuer, Verdict } from './principal.ts';

interface Trusted {
  settings: TrustedIssuer;
  discovery: Discovery;
  keys: KeySource;
  introspector: Introspector | null;
}

/** The `iss` a token claims, not yet proven: only chooses whose keys are asked. null: not a JWT. */
function claimedIssuer(token: string): { iss: unknown } | null {
  if (token.split('.').length !== 3) return null;
  try {
    decodeProtectedHeader(token);
    return { iss: decodeJwt(token).iss };
  } catch {
    return null;
  }
}

/** Decides on a bearer token, whatever its kind, among several trusted issuers. */
export class TokenVerifier {
  readonly #trusted: Trusted[];
  readonly #now: () => number;

  constructor(issuers: readonly TrustedIssuer[], now: () => number = Date.now, keySettings: KeySourceSettings = KEY_SOURCE_DEFAULTS) {
    this.#now = now;
    this.#trusted = issuers.map((settings) => {
      const discovery = new Discovery(settings.issuer, now, fetcherOf(new URL(settings.issuer).origin, settings.reach ?? {}));
      return {
        settings,
        discovery,
        keys: new KeySource(discovery, keySettings, now),
        introspector: settings.introspection === undefined ? null : new Introspector(settings, discovery, now),
      };
    });
  }

  get issuers(): string[] {
    return this.#trusted.map((t) => t.settings.issuer);
  }

  /** Where the metadata of a trusted issuer comes from; null: it is not trusted. */
  discovery(issuer: string): Discovery | null {
    return this.#trusted.find((t) => t.settings.issuer === issuer)?.discovery ?? null;
  }

  async verify(token: string): Promise<Verdict> {
    const claimed = claimedIssuer(token);
    if (claimed === null) return this.#opaque(token);
    const trusted = this.#trusted.find((t) => t.settings.issuer === claimed.iss);
    if (trusted === undefined) return { kind: 'invalid', detail: 'the issuer of the token is not trusted (iss)' };
    if (trusted.introspector !== null && trusted.settings.introspection?.tokens === 'always') return trusted.introspector.verify(token);
    return verifyJwt(token, trusted.settings, trusted.keys, this.#now());
  }

  async #opaque(token: string): Promise<Verdict> {
    let verdict: Verdict = { kind: 'invalid', detail: 'the token cannot be read' };
    for (const { introspector } of this.#trusted) {
      if (introspector === null) continue;
      const answer = await introspector.verify(token);
      if (answer.kind === 'ok') return answer;
      // One issuer that cannot be asked leaves the question open, whatever the others say.
      if (verdict.kind !== 'unavailable') verdict = answer;
    }
    return verdict;
  }
}
