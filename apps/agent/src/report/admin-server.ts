import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { explainListen } from '@headwater/config';
import type { Registry } from 'prom-client';

export interface Health {
  status: 'ok' | 'waiting';
  /** what it waits for, in words; empty when all is well */
  waiting_for: string[];
  /** the policies in force, and the last one that is refused still */
  policy: { in_force: string; refused: { source: string; code: string; policy: string; reason: string; at: string } | null };
}

/** `/metrics` and `/healthz`. Waiting for the probe or the bus is healthy: nothing here gets better by a restart. */
export async function serveAdmin(host: string, port: number, registry: Registry, health: () => Health): Promise<{ server: Server; port: number }> {
  const server = createServer((req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0];
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else if (path === '/healthz') {
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(health()));
    } else if (path === '/metrics') {
      registry.metrics().then(
        (text) => res.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => res.writeHead(500).end(),
      );
    } else res.writeHead(404).end();
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  await new Promise<void>((ok, bad) => {
    const refuse = (error: Error): void => bad(explainListen(error, host, port, 'set admin.port to another; 0 takes a free one'));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      ok();
    });
  });
  return { server, port: (server.address() as AddressInfo).port };
}
