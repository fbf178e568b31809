import type { IncomingHttpHeaders } from 'node:http';

export const CSRF_HEADER = 'x-headwater-csrf';

/**
 * Whether a request that carries the session's cookie may be taken; null, or why not. The cookie is SameSite=Strict
 * already, but a site is more than an origin: on loopback every port is the same site.
 * `origin`: under which the dashboard is served.
 */
export function foreign(method: string, headers: IncomingHttpHeaders, origin: string): string | null {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return `the session is for the dashboard's own pages at ${origin}, and this request comes from another one (Sec-Fetch-Site: ${String(site)})`;
  const from = headers.origin;
  if (from !== undefined && from !== origin) return `the session is for the dashboard's own pages at ${origin}, and this request comes from ${from}`;
  if (method === 'GET' || method === 'HEAD') return null;
  if (headers[CSRF_HEADER] !== '1') return `a ${method} with the session's cookie needs the header X-Headwater-CSRF: 1`;
  // A browser says where a POST comes from; what does not say it is none, and may use a bearer token.
  if (site === undefined && from === undefined) return `a ${method} with the session's cookie needs an Origin header`;
  return null;
}
