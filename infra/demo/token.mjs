// The shop's tokens towards payments. Their signature is a word: nobody checks one in a demo, only when they expire.

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A bearer token that ends `seconds` from now; below 0 it has ended. */
export function bearer(client, seconds) {
  const exp = Math.floor(Date.now() / 1_000) + seconds;
  const claims = { iss: 'https://id.shop.example', aud: 'payments', client_id: client, scope: 'charges:write', iat: exp - 3_600, exp };
  return `Bearer ${part({ alg: 'HS256', typ: 'at+jwt' })}.${part(claims)}.${Buffer.from('signature').toString('base64url')}`;
}

/** When a bearer token ends, in ms since 1970; null when it is none. */
export function endOf(authorization) {
  try {
    return JSON.parse(Buffer.from(authorization.split('.')[1], 'base64url')).exp * 1_000;
  } catch {
    return null;
  }
}
