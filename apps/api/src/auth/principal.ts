import type { Reach } from './reach.ts';

/** Who asks, and what they may see: all a route ever learns of a token. */
export interface Principal {
  issuer: string;
  subject: string;
  clientId: string;
  scopes: ReadonlySet<string>;
  /** null: all services */
  services: readonly string[] | null;
  /** ms since the epoch */
  expiresAt: number;
}

export const SCOPES = {
  'metrics:read': 'Read services, request patterns, failures, latency and header counts',
  'events:read': 'Read single exchanges',
  'insights:read': 'Read insights',
  'insights:submit': 'Ask for an insight',
  'fleet:read': 'Read the state of agents',
  'policy:write': 'Change the capture policy',
  'alerts:write': 'Mute alerts and plan maintenance',
} as const;

export type Scope = keyof typeof SCOPES;

/** `unavailable`: the token may be good, but whoever must say so does not answer. */
export type Verdict = { kind: 'ok'; principal: Principal } | { kind: 'invalid'; detail: string } | { kind: 'unavailable'; detail: string; retryAfterS: number };

/** One trusted authorization server. */
export interface TrustedIssuer {
  /** issuer identifier, compared exactly */
  issuer: string;
  /** what `aud` must name at least one of; never empty */
  audiences: readonly string[];
  /** JWS algorithms, asymmetric only */
  algorithms: readonly string[];
  /** header `typ` accepted beside `at+jwt`, e.g. `JWT` of a stock Keycloak */
  extraTypes: readonly string[];
  /** takes `azp` where `client_id` is absent */
  clientIdFromAzp: boolean;
  /** absent: by its URL, trusting the well-known authorities */
  reach?: Reach;
  /** absent: JWT only */
  introspection?: {
    clientId: string;
    clientSecret: string;
    /** overrides the endpoint of the metadata */
    endpoint?: string;
    /** `opaque`: only what is no JWT; `always`: JWTs too (instant revocation, lightweight tokens) */
    tokens: 'opaque' | 'always';
    /** what a missing `aud` in the answer means */
    missingAudience: 'refuse' | 'accept';
  };
}

export const ASYMMETRIC = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const;
export const DEFAULT_ALGORITHMS: readonly string[] = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'];
