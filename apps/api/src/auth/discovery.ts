import { fetchJson, type Fetched } from './fetch-json.ts';
import type { Fetcher } from './reach.ts';

/** The authorization server cannot be asked, or answers what cannot be used. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

export interface ServerMetadata {
  issuer: string;
  jwksUri?: string;
  introspectionEndpoint?: string;
  /** the whole of it, as it came */
  document: Readonly<Record<string, unknown>>;
}

/** Where the metadata may be: RFC 8414 (inserted), OpenID Connect discovery (appended), RFC 8414 appended as some servers do. */
export function metadataUrls(issuer: string): string[] {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  return [
    ...new Set([
      `${url.origin}/.well-known/oauth-authorization-server${path}`,
      `${url.origin}${path}/.well-known/openid-configuration`,
      `${url.origin}${path}/.well-known/oauth-authorization-server`,
    ]),
  ];
}

export type Judgement = { metadata: ServerMetadata } | { unusable: string };

/** RFC 8414 section 3.3: the issuer in the document must be the one asked for, else keys of another could be slipped in. */
export function judgeMetadata(issuer: string, fetched: Fetched): Judgement {
  if (fetched.kind === 'failed') return { unusable: fetched.detail };
  if (fetched.status !== 200) return { unusable: `HTTP ${fetched.status}` };
  const body = fetched.body as Record<string, unknown> | null;
  if (body === null || typeof body !== 'object') return { unusable: 'no JSON object' };
  if (body['issuer'] !== issuer) return { unusable: `it names the issuer ${JSON.stringify(body['issuer'])}, the configuration ${JSON.stringify(issuer)}` };
  const jwksUri = body['jwks_uri'];
  const introspection = body['introspection_endpoint'];
  return {
    metadata: {
      issuer,
      document: body,
      ...(typeof jwksUri === 'string' ? { jwksUri } : {}),
      ...(typeof introspection === 'string' ? { introspectionEndpoint: introspection } : {}),
    },
  };
}

const FRESH_MS = 3_600_000;
const RETRY_MS = 1_000;

/** The metadata of one issuer: fetched when first needed, kept an hour, kept on while the server is away. */
export class Discovery {
  readonly #issuer: string;
  readonly #now: () => number;
  /** how the issuer is reached, for whoever asks it something else */
  readonly via: Fetcher;
  #known: { metadata: ServerMetadata; at: number } | null = null;
  #failed: { error: Unavailable; at: number } | null = null;
  #running: Promise<ServerMetadata> | null = null;

  constructor(issuer: string, now: () => number = Date.now, via: Fetcher = fetch) {
    this.#issuer = issuer;
    this.#now = now;
    this.via = via;
  }

  async get(): Promise<ServerMetadata> {
    const now = this.#now();
    if (this.#known !== null && now - this.#known.at < FRESH_MS) return this.#known.metadata;
    if (this.#failed !== null && now - this.#failed.at < RETRY_MS) {
      if (this.#known !== null) return this.#known.metadata;
      throw this.#failed.error;
    }
    this.#running ??= this.#fetch().finally(() => (this.#running = null));
    return this.#running;
  }

  async #fetch(): Promise<ServerMetadata> {
    const reasons: string[] = [];
    for (const url of metadataUrls(this.#issuer)) {
      const judged = judgeMetadata(this.#issuer, await fetchJson(url, {}, this.via));
      if ('metadata' in judged) {
        this.#known = { metadata: judged.metadata, at: this.#now() };
        this.#failed = null;
        return judged.metadata;
      }
      reasons.push(`${url}: ${judged.unusable}`);
    }
    const error = new Unavailable(`no metadata of ${this.#issuer} (${reasons.join('; ')})`);
    this.#failed = { error, at: this.#now() };
    if (this.#known !== null) return this.#known.metadata;
    throw error;
  }
}
