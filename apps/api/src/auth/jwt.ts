import { errors, jwtVerify } from 'jose';
import { namesAudience, principalOf } from './claims.ts';
import { Unavailable } from './discovery.ts';
import type { KeySource } from './key-source.ts';
import type { TrustedIssuer, Verdict } from './principal.ts';

/** Clocks of two machines may differ by this much. */
export const CLOCK_TOLERANCE_S = 5;

/** `at+jwt` and `application/at+jwt` are the same media type (RFC 9068 section 4). */
function typeAllowed(typ: unknown, extra: readonly string[]): boolean {
  const name = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
  return name === 'at+jwt' || extra.some((t) => t.toLowerCase() === name);
}

function reason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `the claim ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not what it must be'}`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the signature algorithm is not allowed';
  if (error instanceof errors.JWKSNoMatchingKey) return 'no key of the issuer matches the token';
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'the token does not name its key (kid) and several could match';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature is not valid';
  return 'the token cannot be read';
}

/** RFC 9068 section 4, with the relaxations that the issuer's settings allow; the audience is never relaxed. */
export async function verifyJwt(token: string, issuer: TrustedIssuer, keys: KeySource, now: number): Promise<Verdict> {
  let verified;
  try {
    verified = await jwtVerify(token, keys.key, {
      issuer: issuer.issuer,
      algorithms: [...issuer.algorithms],
      requiredClaims: ['exp', 'iat', 'sub', 'jti', 'aud'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now),
    });
  } catch (error) {
    if (error instanceof Unavailable) return { kind: 'unavailable', detail: error.message, retryAfterS: 2 };
    if (error instanceof errors.JOSEError) return { kind: 'invalid', detail: reason(error) };
    // WebCrypto's own errors: a key of the set that does not fit its algorithm
    return { kind: 'invalid', detail: 'the token cannot be verified' };
  }
  const { payload, protectedHeader } = verified;
  if (!typeAllowed(protectedHeader.typ, issuer.extraTypes)) return { kind: 'invalid', detail: 'the header typ is not at+jwt' };
  if (!namesAudience(payload.aud, issuer.audiences)) return { kind: 'invalid', detail: 'the token is not for this API (aud)' };
  if (typeof payload.iat === 'number' && payload.iat * 1000 > now + CLOCK_TOLERANCE_S * 1000) return { kind: 'invalid', detail: 'the token was issued in the future (iat)' };
  const judged = principalOf(payload, issuer);
  return 'principal' in judged ? { kind: 'ok', principal: judged.principal } : { kind: 'invalid', detail: judged.refused };
}
