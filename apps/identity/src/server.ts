import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Provider } from 'oidc-provider';
import type { StateStore } from '@headwater/state-store';
import { INTERACTION, type Interactions } from './login/interactions.ts';
import { LOGIN_ROUTES } from './login/options.ts';
import { errorPage } from './pages/message.ts';
import { send } from './pages/page.ts';
import { METADATA, ROUTES } from './provider.ts';

const SERVED: ReadonlySet<string> = new Set([...Object.values(ROUTES), ...METADATA]);
const LOGIN_SERVED: ReadonlySet<string> = new Set([
  LOGIN_ROUTES.authorization,
  LOGIN_ROUTES.end_session,
  `${LOGIN_ROUTES.end_session}/confirm`,
  `${LOGIN_ROUTES.end_session}/success`,
]);
/** Where oidc-provider goes on after one of our pages. */
const RESUME = /^\/auth\/[\w-]{1,64}$/;

export interface ServerOptions {
  /** the pages, where people sign in */
  interactions?: Interactions;
  /** certificate and key as PEM: https instead of http */
  tls?: { cert: string; key: string };
  onError?: (error: unknown) => void;
}

function json(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers });
  res.end(JSON.stringify(body));
}

async function health(store: StateStore, res: ServerResponse): Promise<void> {
  try {
    await store.ping();
    json(res, 200, { status: 'ok' });
  } catch (error) {
    json(res, 503, { status: 'unavailable', reason: error instanceof Error ? error.message : String(error) }, { 'retry-after': '1' });
  }
}

/**
 * Redirects and form targets are made from these headers, and anybody can write them: they become the issuer's.
 * oidc-provider asks x-forwarded-proto whether its cookies may be Secure (TLS may end at a proxy before us).
 */
function speakAsIssuer(req: IncomingMessage, issuer: URL): void {
  for (const name of Object.keys(req.headers)) if (name.startsWith('x-forwarded-') || name === 'forwarded') delete req.headers[name];
  req.headers.host = issuer.host;
  req.headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
}

/** `/healthz`: the process answers. `/readyz`: its store answers too. The rest goes to the pages or to oidc-provider, if it is served at all. */
export function createIdentityServer(provider: Provider, store: StateStore, options: ServerOptions = {}): Server {
  const callback = provider.callback();
  const issuer = new URL(provider.issuer);
  const { interactions, tls } = options;
  const listener: RequestListener = (req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0] as string;
    if (path === '/healthz') return json(res, 200, { status: 'ok' });
    if (path === '/readyz') return void health(store, res);
    // Browsers ask for it on their own.
    if (path === '/favicon.ico') return void res.writeHead(204, { 'cache-control': 'public, max-age=86400' }).end();
    speakAsIssuer(req, issuer);
    const step = interactions === undefined ? null : INTERACTION.exec(path);
    if (interactions !== undefined && step !== null) {
      return void interactions.handle(req, res, step[1] as string, step[2] as 'login' | 'consent' | undefined).catch((error: unknown) => {
        options.onError?.(error);
        if (res.headersSent) res.destroy();
        else send(res, 500, errorPage('', 500));
      });
    }
    if (!SERVED.has(path) && !(interactions !== undefined && (LOGIN_SERVED.has(path) || RESUME.test(path)))) {
      return json(res, 404, { error: 'not_found', error_description: `${path} is not served here` });
    }
    void callback(req, res);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, listener);
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  return server;
}

export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((ok, bad) => {
    server.once('error', bad);
    server.listen(port, host, () => {
      server.off('error', bad);
      ok();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Ends idle connections at once, gives running requests `graceMs`. */
export async function close(server: Server, graceMs = 3_000): Promise<void> {
  const closed = new Promise<void>((ok) => server.close(() => ok()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
