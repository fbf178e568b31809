/** What a request carries as credentials. `malformed` is 400 invalid_request, `none` a plain 401 (RFC 6750 section 3.1). */
export type Credentials = { kind: 'token'; token: string } | { kind: 'none' } | { kind: 'malformed'; detail: string };

/** b64token of RFC 6750. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const MAX_TOKEN = 12 * 1024;

/**
 * @param rawHeaders node's flat list of names and values: `headers` would have hidden a second Authorization
 * @param query the raw query string
 */
export function readCredentials(rawHeaders: readonly string[], query: URLSearchParams): Credentials {
  if (query.has('access_token')) return { kind: 'malformed', detail: 'access_token in the query is not taken: it would end in logs; send the Authorization header' };
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && (rawHeaders[i - 1] as string).toLowerCase() === 'authorization');
  if (values.length > 1) return { kind: 'malformed', detail: 'there is more than one Authorization header' };
  const [value] = values;
  if (value === undefined) return { kind: 'none' };
  const [scheme, ...rest] = value.trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer') return { kind: 'none' };
  const [token] = rest;
  if (token === undefined || rest.length !== 1 || !TOKEN.test(token)) return { kind: 'malformed', detail: 'the Authorization header is not "Bearer <token>"' };
  if (token.length > MAX_TOKEN) return { kind: 'malformed', detail: `the token is longer than ${MAX_TOKEN} characters` };
  return { kind: 'token', token };
}

/** A `WWW-Authenticate` value; without `error` when there were no credentials at all. */
export function challenge(resourceMetadata: string, error?: { code: string; description: string; scope?: string }): string {
  const quote = (s: string): string => `"${s.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'")}"`;
  const parts = [`realm=${quote('headwater')}`];
  if (error !== undefined) {
    parts.push(`error=${quote(error.code)}`, `error_description=${quote(error.description)}`);
    if (error.scope !== undefined) parts.push(`scope=${quote(error.scope)}`);
  }
  parts.push(`resource_metadata=${quote(resourceMetadata)}`);
  return `Bearer ${parts.join(', ')}`;
}
