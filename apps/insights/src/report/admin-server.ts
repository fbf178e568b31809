import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { explainListen } from '@headwater/config';
import type { Registry } from 'prom-client';

/** `/metrics` (Prometheus), `/healthz` (the process runs), `/readyz` (it reads its triggers, or waits only for what others hold). */
export async function serveAdmin({ host, port }: { host: string; port: number }, registry: Registry, ready: () => boolean): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    const answer = (status: number, type: string, body: string) => response.writeHead(status, { 'content-type': type }).end(body);
    if (request.method !== 'GET') return void answer(405, 'text/plain', 'GET only\n');
    if (path === '/metrics') {
      return void registry.metrics().then(
        (text) => answer(200, registry.contentType, text),
        (error: unknown) => answer(500, 'text/plain', `${String(error)}\n`),
      );
    }
    if (path === '/healthz') return void answer(200, 'application/json', '{"status":"ok"}\n');
    if (path === '/readyz') return void (ready() ? answer(200, 'application/json', '{"status":"ok"}\n') : answer(503, 'application/json', '{"status":"waiting"}\n'));
    answer(404, 'text/plain', 'not found\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(error, host, port, 'set admin.port to another; 0 takes a free one')));
    server.listen(port, host, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}
