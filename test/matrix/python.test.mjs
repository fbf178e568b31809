// Python: http.server with threads and with a process a connection, and a server on asyncio.
import { join } from 'node:path';
import { pick } from './cases.mjs';
import { matrix } from './matrix.mjs';
import { scratch, startProgram } from './programs/child.mjs';

// http.server knows no interim responses but 100, no trailers, no tunnels, and reads the body before it answers
const HTTP_SERVER = pick({ without: ['trailers both ways', '103 Early Hints', 'early response', 'CONNECT', '101 upgrade'] });
const { 'keep-alive of 10,000': _, ...FORKING } = HTTP_SERVER;
const ASYNCIO = pick({ without: ['304', '503', 'until the connection ends', 'head of 60 KiB, response', 'odd fields, response', 'CONNECT'] });

for (const [name, port, file, args, cases] of [
  ['python http.server, threads', 18360, 'http_server.py', 'threading', HTTP_SERVER],
  ['python http.server, forked', 18361, 'http_server.py', 'forking', FORKING],
  ['python asyncio', 18362, 'asyncio_server.py', '', ASYNCIO],
]) {
  const target = { host: '127.0.0.1', port };
  matrix(name, {
    async start() {
      const server = await startProgram('python3', [join(import.meta.dirname, 'programs', file), String(port), args], { target, dir: scratch() });
      return { ...server, target, up: '/', scopes: [`port=${port}`] };
    },
    cases,
  });
}
