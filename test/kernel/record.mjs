// Makes the recorded captures in test/recordings again: real traffic, real probe.
// Run as root: node test/kernel/record.mjs
import http from 'node:http';
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { capture, client, nginx, sleep } from './harness.mjs';

const out = resolve(import.meta.dirname, '../recordings');
mkdirSync(out, { recursive: true });
const port = 18101;
const nodePort = 18102;
const headers =
  'Host: shop.example\r\nUser-Agent: recorder/1.0\r\nAccept: application/json\r\nAuthorization: Bearer eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIn0.c2ln\r\nX-Request-Id: 7f3a\r\n';
const get = (path) => `GET ${path} HTTP/1.1\r\n${headers}\r\n`;

const web = await nginx(
  port,
  `location /api { default_type application/json; return 200 '{"id":1}'; }
  location /echo { proxy_pass http://127.0.0.1:${nodePort}; }`,
);
const app = http
  .createServer((request, response) => {
    request.resume();
    request.on('end', async () => {
      if (request.url === '/stream') {
        for (const part of ['first', 'second part', 'third']) {
          response.write(part);
          await sleep(5);
        }
        response.end();
      } else if (request.url === '/crash') {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('partly');
        await sleep(20);
        request.socket.resetAndDestroy();
      } else response.writeHead(201, { 'content-type': 'text/plain', 'x-served-by': 'node' }).end('made');
    });
  })
  .listen(nodePort, '127.0.0.1');

const cases = {
  'nginx-keep-alive': [
    port,
    async (c) => {
      for (let i = 1; i <= 20; i++) {
        await c.send(get(`/api/orders/${i}`));
        await c.receive(5);
      }
    },
  ],
  'nginx-pipelined': [
    port,
    async (c) => {
      await c.send(get('/api/1') + get('/api/2') + get('/missing'));
      await c.receive();
    },
  ],
  'nginx-not-found': [
    port,
    async (c) => {
      await c.send(get('/missing'));
      await c.receive();
    },
  ],
  'nginx-head': [
    port,
    async (c) => {
      await c.send(`HEAD /small.txt HTTP/1.1\r\n${headers}\r\n`);
      await c.receive();
      await c.send(get('/api/after'));
      await c.receive();
    },
  ],
  'nginx-sendfile': [
    port,
    async (c) => {
      await c.send(get('/large.txt'));
      await c.receive();
      await c.send(get('/small.txt'));
      await c.receive();
    },
  ],
  'node-post': [
    nodePort,
    async (c) => {
      await c.send(`POST /orders HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: 3000\r\n\r\n${'{"a":1}'.padEnd(3000)}`);
      await c.receive();
      await c.send(`POST /orders HTTP/1.1\r\n${headers}Content-Length: 5\r\n\r\n`);
      await sleep(20);
      await c.send('hello');
      await c.receive();
      await c.send(get('/after'));
      await c.receive();
    },
  ],
  'node-chunked': [
    nodePort,
    async (c) => {
      for (let i = 0; i < 2; i++) {
        await c.send(get('/stream'));
        await c.receive();
      }
    },
  ],
  'node-reset': [
    nodePort,
    async (c) => {
      await c.send(get('/crash'));
      await c.receive();
    },
  ],
  'node-client-reset': [
    nodePort,
    async (c) => {
      await c.send(get('/stream'));
      await sleep(8);
      c.socket.resetAndDestroy();
      await sleep(50);
    },
  ],
  'nginx-proxy-both-sides': [
    port,
    async (c) => {
      for (let i = 0; i < 3; i++) {
        await c.send(get('/echo'));
        await c.receive();
      }
    },
    [`port=${port}`, `peer-port=${nodePort}`],
  ],
};
for (const [name, [target, run, scopes]] of Object.entries(cases)) {
  const file = join(out, `${name}.hwrec`);
  const cap = await capture(scopes ?? [`port=${target}`], { readerArgs: ['--record', file] });
  const c = await client({ port: target, host: '127.0.0.1' });
  await run(c);
  await c.close();
  await cap.settled();
  await cap.stop();
  console.log(name, cap.records.length, 'records', statSync(file).size, 'bytes');
}
app.close();
app.closeAllConnections();
await web.stop();
