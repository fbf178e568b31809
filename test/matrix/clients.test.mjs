// curl, wrk, ab, node and Python as clients.
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { matrix } from './matrix.mjs';
import { recorded, run } from './recorded.mjs';

const curl = (...args) => run('curl', ['-sS', '--noproxy', '*', '--max-time', '10', '-o', '/dev/null', ...args], { codes: [0, 18] });
let serial = 0;
const n = () => ['-H', `X-N: c${++serial}`];

matrix(
  'curl',
  recorded(18370, {
    'keep-alive': ({ url }) => curl(...n(), `${url}len`, '-o', '/dev/null', `${url}chunked`, '-o', '/dev/null', `${url}len?q=1`),
    'keep-alive, then closed': async ({ url }) => {
      for (let i = 0; i < 10; i++) await curl(...n(), `${url}len`, '-o', '/dev/null', `${url}close`);
    },
    HEAD: ({ url }) => run('curl', ['-sS', '--noproxy', '*', '-I', ...n(), `${url}len`]),
    204: ({ url }) => curl(...n(), `${url}empty`),
    304: ({ url }) => curl(...n(), '-H', 'If-None-Match: "m"', `${url}same`),
    503: ({ url }) => curl(...n(), `${url}broken`),
    'chunked request': ({ url }) =>
      run('curl', ['-sS', '--noproxy', '*', ...n(), '-H', 'Transfer-Encoding: chunked', '-H', 'Expect:', '-T', '-', '-X', 'POST', `${url}echo`], { input: 'x'.repeat(70_000) }),
    'chunked response': ({ url }) => curl(...n(), `${url}chunked`),
    'trailers both ways': ({ url }) => curl(...n(), `${url}trailers`),
    'Expect: 100-continue': ({ url }) => curl(...n(), '-H', 'Expect: 100-continue', '-d', 'y'.repeat(3000), `${url}echo`),
    '103 Early Hints': ({ url }) => curl(...n(), `${url}hints`),
    'until the connection ends': ({ url }) => curl(...n(), `${url}close`),
    'head of 60 KiB, request': ({ url }) => curl(...n(), ...Array.from({ length: 15 }, (_, i) => ['-H', `X-Long-${i}: ${'l'.repeat(4000)}`]).flat(), `${url}len`),
    'head of 60 KiB, response': ({ url }) => curl(...n(), `${url}long`),
    'odd fields, response': ({ url }) => curl(...n(), `${url}odd`),
    'repeated fields': ({ url }) => curl(...n(), '-H', 'x-rep: 1', '-H', 'X-Rep: 2', '-H', 'X-Empty;', '-H', 'X-Tab: a\tb', `${url}len`),
    'obs-text': ({ url }) => curl(...n(), '-H', 'X-Utf8: é€', `${url}len`),
    'HTTP/1.0': ({ url }) => curl(...n(), '--http1.0', `${url}len`),
    'absolute-form': ({ target }) => run('curl', ['-sS', '-x', `http://127.0.0.1:${target.port}`, ...n(), 'http://matrix.test/len?x=1']),
    CONNECT: ({ target }) =>
      run('curl', ['-sS', '-p', '-x', `http://127.0.0.1:${target.port}`, '--max-time', '1', ...n(), 'http://matrix.test/inside'], { codes: [0, 1, 8, 28, 52, 56] }),
    'unusual methods': async ({ url }) => {
      for (const method of ['PROPFIND', 'M-SEARCH', 'FOO-BAR_1']) await curl(...n(), '-X', method, `${url}len`);
    },
    'bodies that imitate requests': ({ url }) => curl(...n(), '-d', 'GET /forged HTTP/1.1\r\nHost: a\r\n\r\n', `${url}imitate`),
    'events (SSE)': ({ url }) => curl(...n(), `${url}events`),
    'long response': ({ url }) => curl(...n(), `${url}slow`),
    'large body': ({ url }) => curl(...n(), `${url}large`),
  }),
);

/** A load generator's own count is the truth beside the origin's record. */
function counted(said, pattern, truth) {
  const told = Number(pattern.exec(said)?.[1]);
  return { said: told, truth };
}

matrix(
  'ab',
  recorded(18371, {
    'keep-alive of 10,000': async ({ url, origin }) => {
      const { said, truth } = counted(await run('ab', ['-q', '-k', '-n', '10000', '-c', '1', '-H', 'X-N: ab', `${url}len`]), /Complete requests:\s+(\d+)/, origin.take());
      return { truth, check: (rows) => (rows.length === said && said === 10_000 ? undefined : `ab says ${said}, captured ${rows.length}`) };
    },
    'keep-alive': async ({ url, origin }) => {
      const { said, truth } = counted(await run('ab', ['-q', '-k', '-n', '200', '-c', '8', '-H', 'X-N: ab', `${url}len`]), /Complete requests:\s+(\d+)/, origin.take());
      return { truth, check: (rows) => (rows.length >= said && said === 200 ? undefined : `ab says ${said}, captured ${rows.length}`) };
    },
    'HTTP/1.0': async ({ url }) => void (await run('ab', ['-q', '-n', '100', '-c', '4', '-H', 'X-N: ab', `${url}len`])),
    HEAD: async ({ url }) => void (await run('ab', ['-q', '-i', '-n', '20', '-c', '1', '-H', 'X-N: ab', `${url}len`])),
  }),
);

matrix(
  'wrk',
  recorded(18372, {
    'keep-alive': async ({ url, origin }) => {
      const { said, truth } = counted(await run('wrk', ['-t1', '-c8', '-d1s', '-H', 'X-N: wrk', `${url}len`]), /(\d+) requests in/, origin.take());
      // wrk stops in the middle: what it no longer reads is answered, and has no response on its side
      const unread = truth.length - said;
      const heard = truth.slice(0, said);
      const unheard = truth.slice(said).map((e) => ({ ...e, status: 0, version: '1.1', response: [] }));
      return { truth: heard, tolerate: unheard, check: () => (unread >= 0 && unread <= 8 ? undefined : `wrk says ${said}, the origin ${truth.length}`) };
    },
  }),
);

const agent = () => new http.Agent({ keepAlive: true, maxSockets: 1 });

async function ask(o, body) {
  const q = http.request({ host: '127.0.0.1', ...o, headers: { 'X-N': `n${++serial}`, ...o.headers } });
  q.on('error', () => {});
  if (o.trailers) q.addTrailers(o.trailers);
  q.end(body);
  const [s] = await once(q, 'response');
  s.resume();
  await once(s, 'end');
}

matrix(
  'node client',
  recorded(18373, {
    'keep-alive': async ({ target: { port } }) => {
      const a = agent();
      for (let i = 0; i < 5; i++) await ask({ port, path: `/len?${i}`, agent: a });
      a.destroy();
    },
    fetch: async ({ url }) => {
      for (const path of ['len', 'chunked', 'large']) await (await fetch(url + path, { headers: { 'X-N': `f${++serial}` } })).arrayBuffer();
      await (await fetch(`${url}echo`, { method: 'POST', headers: { 'X-N': `f${++serial}` }, body: 'x'.repeat(5000) })).text();
    },
    'chunked request': ({ target: { port } }) => ask({ port, path: '/echo', method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } }, 'z'.repeat(5000)),
    'trailers both ways': ({ target: { port } }) =>
      ask({ port, path: '/trailers', method: 'POST', headers: { 'Transfer-Encoding': 'chunked', Trailer: 'X-Check' }, trailers: { 'X-Check': '1' } }, 'abc'),
    'Expect: 100-continue': ({ target: { port } }) => ask({ port, path: '/echo', method: 'POST', headers: { Expect: '100-continue', 'Content-Length': 4 } }, '1234'),
    '103 Early Hints': ({ target: { port } }) => ask({ port, path: '/hints' }),
    'repeated fields': ({ target: { port } }) => ask({ port, path: '/odd', headers: { 'X-Rep': ['1', '2', '3'], 'x-lower': 'l' } }),
    '101 upgrade': async ({ target: { port } }) => {
      const q = http.request({ host: '127.0.0.1', port, path: '/upgrade', headers: { 'X-N': `n${++serial}`, Connection: 'Upgrade', Upgrade: 'websocket' } });
      q.end();
      const [, socket] = await once(q, 'upgrade');
      socket.write('hello');
      await once(socket, 'data');
      socket.destroy();
    },
    CONNECT: async ({ target: { port } }) => {
      const q = http.request({ host: '127.0.0.1', port, method: 'CONNECT', path: 'matrix.test:443', headers: { 'X-N': `n${++serial}` } });
      q.end();
      const [, socket] = await once(q, 'connect');
      socket.write('GET /inside HTTP/1.1\r\n\r\n');
      await once(socket, 'data');
      socket.destroy();
    },
  }),
);

matrix(
  'python http.client',
  recorded(18374, {
    'keep-alive': async ({ target: { port } }) => void (await run('python3', [join(import.meta.dirname, 'programs/client.py'), String(port)])),
  }),
);
