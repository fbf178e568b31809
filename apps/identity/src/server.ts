import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Provider } from 'oidc-provider';
import type { StateStore } from '@headwater/state-store';
import { METADATA, ROUTES } from './provider.ts';

const SERVED: ReadonlySet<string> = new Set([...Object.values(ROUTES), ...METADATA]);

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

/** `/healthz`: the process answers. `/readyz`: its store answers too. The rest goes to oidc-provider, if it is served at all. */
export function createIdentityServer(provider: Provider, store: StateStore): Server {
  const callback = provider.callback();
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    const path = (req.url ?? '/').split('?', 1)[0] as string;
    if (path === '/healthz') return json(res, 200, { status: 'ok' });
    if (path === '/readyz') return void health(store, res);
    if (!SERVED.has(path)) return json(res, 404, { error: 'not_found', error_description: `${path} is not served here` });
    void callback(req, res);
  });
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
