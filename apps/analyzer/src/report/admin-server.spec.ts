import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { serveAdmin } from './admin-server.ts';

it('answers health, readiness and metrics, and names a port that is taken', async () => {
  let ready = false;
  const { server, port } = await serveAdmin({ host: '127.0.0.1', port: 0 }, new Registry(), () => ready);
  const status = async (path: string, method = 'GET') => (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status;
  expect([await status('/healthz'), await status('/readyz'), await status('/metrics'), await status('/x'), await status('/metrics', 'POST')]).toEqual([200, 503, 200, 404, 405]);
  ready = true;
  expect(await status('/readyz')).toBe(200);
  await expect(serveAdmin({ host: '127.0.0.1', port }, new Registry(), () => true)).rejects.toThrow(
    new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken by .*\\(pid ${process.pid}\\); set admin\\.port`),
  );
  server.close();
  server.closeAllConnections();
});
