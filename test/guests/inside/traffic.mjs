// Known requests, each with a user-agent of its own by which its row is found; header names as they went over the wire.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { NGINX_PORT, NODE_PORT } from './programs.mjs';

/** A second server, of another make. */
export async function startNodeServer() {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(request.url.includes('teapot') ? 418 : 200, { 'content-type': 'text/plain', 'x-made-by': 'node' });
      response.write('first ');
      response.end('last');
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(NODE_PORT, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const names = (head) =>
  head
    .split('\r\n')
    .slice(1)
    .filter(Boolean)
    .map((l) => l.slice(0, l.indexOf(':')));

/**
 * @param {string} label first part of every user-agent
 * @returns {Promise<{ agent: string, port: number, method: string, target: string, status: number, request: string[], response: string[] }[]>}
 */
export async function traffic(label) {
  const sent = [];
  const agentOf = () => `${label}/${sent.length + 1}`;
  const keep = new http.Agent({ keepAlive: true, maxSockets: 1 });

  /** By Node's client; a chunked body where `chunks` are given. */
  const ask = async (method, target, { port = NGINX_PORT, headers = {}, body, chunks, agent = keep } = {}) => {
    const one = { agent: agentOf(), port, method, target };
    sent.push(one);
    const request = http.request({ host: '127.0.0.1', port, method, path: target, agent, headers: { 'User-Agent': one.agent, Accept: '*/*', ...headers } });
    for (const chunk of chunks ?? []) request.write(chunk);
    request.end(body);
    const [response] = await once(request, 'response');
    await response.resume().toArray();
    one.status = response.statusCode;
    one.request = names(request._header);
    one.response = response.rawHeaders.filter((_, i) => i % 2 === 0);
  };

  for (let i = 0; i < 20; i++) await ask('GET', '/ok', { headers: { 'X-Round': 'a', Cookie: 'sid=secret', Authorization: 'Bearer secret' } });
  for (const target of ['/moved', '/nothing', '/broken', '/absent', '/file.txt']) await ask('GET', target);
  for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
    await ask(method, '/ok', method === 'POST' || method === 'PUT' ? { body: 'a=b', headers: { 'Content-Length': '3' } } : {});
  for (let i = 0; i < 10; i++) await ask('POST', '/behind/orders', { chunks: ['{"n":', '1}'], headers: { 'Content-Type': 'application/json', 'X-Tenant': 'blue' } });
  await ask('GET', '/behind/teapot');
  for (let i = 0; i < 5; i++) await ask('GET', '/direct', { port: NODE_PORT });
  for (let i = 0; i < 5; i++) await ask('GET', '/ok', { agent: new http.Agent({ keepAlive: false }) });
  keep.destroy();

  // Three at once on one connection, then one in pieces of a byte.
  const socket = net.connect(NGINX_PORT, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  let got = '';
  socket.setEncoding('latin1').on('data', (d) => (got += d));
  const raw = async (count, write) => {
    const heads = Array.from({ length: count }, () => {
      const one = { agent: agentOf(), port: NGINX_PORT, method: 'GET', target: '/ok' };
      sent.push(one);
      one.head = `GET /ok HTTP/1.1\r\nHost: guest\r\nuser-agent: ${one.agent}\r\nX-Raw: 1\r\nx-raw: 2\r\n\r\n`;
      return one;
    });
    got = '';
    await write(heads.map((h) => h.head).join(''));
    const answers = () => got.split(/(?=HTTP\/1\.1 \d{3} )/).filter((a) => a.endsWith('{"ok":true}'));
    for (const end = performance.now() + 10_000; answers().length < count && performance.now() < end;) await new Promise((ok) => setTimeout(ok, 10));
    heads.forEach((one, i) => {
      const head = answers()[i]?.split('\r\n\r\n')[0] ?? '';
      Object.assign(one, { status: Number(head.slice(9, 12)), request: names(one.head), response: names(head) });
      delete one.head;
    });
  };
  await raw(3, (text) => void socket.write(text));
  await raw(1, async (text) => {
    for (const byte of text) {
      socket.write(byte);
      await new Promise((ok) => setImmediate(ok));
    }
  });
  socket.destroy();
  return sent;
}
