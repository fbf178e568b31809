import type { Principal, TrustedIssuer } from './principal.ts';

export type Claims = Readonly<Record<string, unknown>>;
export type Judged = { principal: Principal } | { refused: string };

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `aud` comes as a string or an array; both mean the same (RFC 7519). */
export function namesAudience(aud: unknown, audiences: readonly string[]): boolean {
  const named = typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud : [];
  return named.some((a) => typeof a === 'string' && audiences.includes(a));
}

/** null: no claim; undefined: there is one and it is not understood, which must not widen what the token sees. */
function servicesOf(claim: unknown): readonly string[] | null | undefined {
  if (claim === undefined || claim === null) return null;
  if (Array.isArray(claim) && claim.every((s) => typeof s === 'string')) return claim as string[];
  return undefined;
}

/**
 * Builds the principal from claims whose origin is already proven (signature or introspection), or says why not.
 * `needsClientId`: RFC 9068 requires `client_id`; an issuer may be allowed to give `azp` instead.
 */
export function principalOf(claims: Claims, issuer: TrustedIssuer, fallback: { subject?: string; expiresAt?: number } = {}): Judged {
  // Keycloak writes the kind into the payload: ID and refresh tokens are signed by the same key as access tokens.
  if (typeof claims['typ'] === 'string' && ['ID', 'Refresh', 'Offline', 'Logout'].includes(claims['typ'])) {
    return { refused: `a token of kind ${claims['typ']} is no access token` };
  }
  // A token bound to a key must not pass as a plain bearer token: the binding would be lost.
  if (claims['cnf'] !== undefined && claims['cnf'] !== null) return { refused: 'the token is bound to a key (cnf); bound tokens are not taken here' };
  const clientId = text(claims['client_id']) ?? (issuer.clientIdFromAzp ? text(claims['azp']) : undefined);
  if (clientId === undefined) return { refused: 'the claim client_id is missing' };
  const subject = text(claims['sub']) ?? fallback.subject ?? undefined;
  if (subject === undefined) return { refused: 'the claim sub is missing' };
  const scope = claims['scope'];
  if (scope !== undefined && typeof scope !== 'string') return { refused: 'the claim scope is not a string' };
  const services = servicesOf(claims['services']);
  if (services === undefined) return { refused: 'the claim services is not an array of names' };
  const exp = claims['exp'];
  const expiresAt = typeof exp === 'number' ? exp * 1000 : fallback.expiresAt;
  if (expiresAt === undefined) return { refused: 'the claim exp is missing' };
  return {
    principal: { issuer: issuer.issuer, subject, clientId, scopes: new Set((scope ?? '').split(' ').filter((s) => s !== '')), services, expiresAt },
  };
}
