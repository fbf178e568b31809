// What shop and payments share: a server on loopback with an access log and a clean end. Plain Node, no dependencies.
import { createServer } from 'node:http';
import { accessLog } from './access-log.mjs';

/** How long a running answer may still take after SIGTERM. */
const GRACE_MS = 1_500;

/**
 * @param {{ port: number, log: string, handle: (req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse, path: string) => unknown }} options
 */
export async function serve({ port, log, handle }) {
  const write = accessLog(log);
  const server = createServer((req, res) => {
    const time = new Date();
    const began = performance.now();
    const path = req.url.split('?')[0];
    // A body nobody reads would hold the connection.
    req.resume();
    res.once('close', () => write({ time, method: req.method, path, status: res.headersSent ? res.statusCode : 0, durationMs: performance.now() - began }));
    void handle(req, res, path);
  });
  await new Promise((ok, bad) => server.once('error', bad).listen(port, '127.0.0.1', ok));
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), GRACE_MS).unref();
  });
  console.log(`listening on http://127.0.0.1:${port}, access log ${log}`);
}

/** A JSON answer; `res` may be gone already. */
export function json(res, status, body, headers = {}) {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(`${JSON.stringify(body)}\n`);
}
