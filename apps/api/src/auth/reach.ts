import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { checkServerIdentity } from 'node:tls';

/** How an issuer is reached where DNS and the well-known authorities do not do. */
export interface Reach {
  /** PEM of the authority that signed the issuer's certificate; then no other is trusted */
  ca?: string;
  /** connected to instead of the host of the issuer's URL */
  connect?: { host: string; port: number };
}

/** As much of `fetch` as talking to an issuer takes; never follows a redirect. */
export type Fetcher = (url: string, init?: RequestInit) => Promise<Response>;

const MAX_BYTES = 1 << 20;
/** Statuses that a Response may not have a body with. */
const EMPTY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

function bodyOf(body: unknown): string | Buffer | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  if (body instanceof Uint8Array) return Buffer.from(body);
  throw new TypeError('a body of this kind is not sent to an issuer');
}

/** `origin`: of the issuer's URL; only what goes there is led elsewhere. */
export function fetcherOf(origin: string, reach: Reach): Fetcher {
  if (reach.ca === undefined && reach.connect === undefined) return (url, init) => fetch(url, { ...init, redirect: 'manual' });
  return (address, init = {}) => {
    const url = new URL(address);
    const https = url.protocol === 'https:';
    const to = url.origin === origin ? reach.connect : undefined;
    const body = bodyOf(init.body);
    const headers = Object.fromEntries(new Headers(init.headers));
    if (init.body instanceof URLSearchParams) headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8';
    const name = url.hostname.replace(/^\[|\]$/g, '');
    return new Promise((ok, bad) => {
      const req = (https ? httpsRequest : httpRequest)(
        {
          protocol: url.protocol,
          host: to?.host ?? name,
          port: to?.port ?? (url.port === '' ? (https ? 443 : 80) : Number(url.port)),
          path: url.pathname + url.search,
          method: init.method ?? 'GET',
          headers: { ...headers, host: url.host, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
          agent: false,
          ...(init.signal ? { signal: init.signal } : {}),
          ...(https
            ? {
                // The name that is checked stays the issuer's, wherever the connection goes. An address is no SNI.
                ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }),
                checkServerIdentity: (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) => checkServerIdentity(name, certificate),
                ...(reach.ca === undefined ? {} : { ca: reach.ca }),
              }
            : {}),
        },
        (res) => {
          const parts: Buffer[] = [];
          let size = 0;
          res.on('data', (part: Buffer) => {
            size += part.length;
            if (size > MAX_BYTES) res.destroy(new Error(`the answer is larger than ${MAX_BYTES} bytes`));
            else parts.push(part);
          });
          res.once('error', bad).once('end', () => {
            const status = res.statusCode ?? 500;
            const answer = new Headers();
            for (let i = 0; i < res.rawHeaders.length; i += 2) answer.append(res.rawHeaders[i] as string, res.rawHeaders[i + 1] as string);
            ok(new Response(EMPTY.has(status) ? null : Buffer.concat(parts), { status, headers: answer }));
          });
        },
      );
      req.once('error', bad).end(body);
    });
  };
}
