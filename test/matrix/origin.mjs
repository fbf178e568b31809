// The origin behind the proxies and in front of the clients of the matrix: it writes its answers byte by byte as told below,
// and remembers every byte both ways. Which answer, the last part of the path says.
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { chunked } from './client.mjs';
import { Conversation } from './http1.mjs';

const OK = 'HTTP/1.1 200 OK\r\n';
export const LONG_FIELDS = Array.from({ length: 20 }, (_, i) => `X-Long-${i}: ${String.fromCharCode(97 + i).repeat(3050)}`);
/** A body that looks like two responses and a request; framing alone says that it is none. */
export const IMITATION = 'HTTP/1.1 404 Forged\r\nContent-Length: 0\r\n\r\nGET /forged HTTP/1.1\r\nHost: forged\r\n\r\nHTTP/1.1 500 Forged\r\n\r\n';

const lines = (...fields) => fields.map((f) => `${f}\r\n`).join('');
const whole = (n, body, ...fields) => `${OK}${lines(n, ...fields, `Content-Length: ${body.length}`)}\r\n${body}`;

/** name -> (write, its X-N field, the request, socket) */
const ANSWERS = {
  len: (write, n) => write(whole(n, 'hello', 'Connection: keep-alive')),
  /** 40 bytes: mmsg.c takes them as two messages of 20 */
  mmsg: (write) => write(`${OK}Content-Length: 2\r\n\r\nok`),
  async chunked(write, n) {
    await write(`${OK}${lines(n, 'Transfer-Encoding: chunked')}\r\n5\r\nhello\r\n`);
    await sleep(5);
    await write(`1000\r\n${'c'.repeat(4096)}\r\n`);
    await write('0\r\n\r\n');
  },
  trailers: (write, n) => write(`${OK}${lines(n, 'Trailer: X-Sum, X-Count', 'Transfer-Encoding: chunked')}\r\n${chunked(['one', 'two'], ['X-Sum: 6', 'X-Count: 2'])}`),
  echo: (write, n, q) => write(whole(n, `${q.method} ${q.body}`)),
  async early(write, n) {
    await write(whole(n, 'no need', 'X-Early: yes'));
  },
  async hints(write, n) {
    await write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n');
    await sleep(10);
    await write(whole(n, 'hinted'));
  },
  empty: (write, n) => write(`HTTP/1.1 204 No Content\r\n${lines(n)}\r\n`),
  same: (write, n) => write(`HTTP/1.1 304 Not Modified\r\n${lines(n, 'ETag: "m"', 'Content-Length: 777')}\r\n`),
  broken: (write, n) => write(`HTTP/1.1 503 Out of Order\r\n${lines(n, 'Retry-After: 1', 'Content-Length: 2')}\r\nno`),
  async close(write, n, _, socket) {
    await write(`${OK}${lines(n, 'Connection: close')}\r\nuntil the end`);
    socket.end();
  },
  odd: (write, n) =>
    write(
      whole(n, 'odd', 'x-rep: 1', 'X-Rep: 2', 'X-REP:3', 'X-Empty:', 'X-Tab:\tt\t', 'x.dotted_name~1: a', 'X-Obs: caf\xe9 \xff\x80', 'X-Colon: a:b: c', 'Via: 1.1 a', 'Via: 1.1 b'),
    ),
  long: (write, n) => write(whole(n, 'long', ...LONG_FIELDS)),
  imitate: (write, n) => write(whole(n, IMITATION)),
  large: (write, n) => write(whole(n, 'b'.repeat(200_000))),
  async upgrade(write, n, _, socket) {
    await write(`HTTP/1.1 101 Switching Protocols\r\n${lines(n, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')}\r\n`);
    socket.on('data', (d) => socket.write(d));
  },
  async tunnel(write, n, _, socket) {
    await write(`HTTP/1.1 200 Connection Established\r\n${lines(n)}\r\n`);
    socket.on('data', (d) => socket.write(d));
  },
  async events(write, n, _, socket) {
    await write(`${OK}${lines(n, 'Content-Type: text/event-stream', 'Cache-Control: no-store', 'Transfer-Encoding: chunked')}\r\n`);
    for (let i = 0; i < 4 && !socket.destroyed; i++) {
      const event = `data: ${i}\n\n`;
      await write(`${event.length.toString(16)}\r\n${event}\r\n`);
      await sleep(120);
    }
    await write('0\r\n\r\n');
  },
  async slow(write, n) {
    await write(`${OK}${lines(n, 'Transfer-Encoding: chunked')}\r\n2\r\nab\r\n`);
    await sleep(1600);
    await write('2\r\ncd\r\n0\r\n\r\n');
  },
};

function keepsAlive(q) {
  const said = q.headers.find(([k]) => k.toLowerCase() === 'connection')?.[1].toLowerCase() ?? '';
  return q.version === '1.0' ? said.includes('keep-alive') : !said.includes('close');
}

/**
 * Listens on `target` (port and host, or path). `take()` gives the exchanges since the last one: those whose request has been
 * answered; they are the truth of whoever asked.
 */
export async function startOrigin(target) {
  const talks = new Map();
  const sockets = new Set();
  let ended = [];
  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const write = (text) => {
      talk.responses.feed(text);
      return new Promise((done) => (socket.destroyed ? done() : socket.write(text, 'latin1', done)));
    };
    const headOnly = (text) => (text.startsWith('HTTP/') ? write(text.slice(0, text.indexOf('\r\n\r\n') + 4)) : undefined);
    let turn = Promise.resolve();
    const asked = new WeakSet();
    const answer = (q, last) => {
      if (asked.has(q)) return;
      const name = q.method === 'CONNECT' ? 'tunnel' : (/([a-z]+)$/.exec(q.path)?.[1] ?? 'len');
      if (name === 'early' ? last : !last) return;
      asked.add(q);
      const n = q.headers.find(([k]) => k.toLowerCase() === 'x-n')?.[1] ?? '0';
      turn = turn
        .then(() => (ANSWERS[name] ?? ANSWERS.len)(q.method === 'HEAD' ? headOnly : write, `X-N: ${n}`, q, socket))
        .then(() => {
          if (!keepsAlive(q) && !talk.responses.messages.at(-1)?.tunnel) socket.end();
        });
    };
    const talk = new Conversation({
      onRequestHead(q) {
        if (q.headers.some(([k, v]) => k.toLowerCase() === 'expect' && /100-continue/i.test(v))) turn = turn.then(() => write('HTTP/1.1 100 Continue\r\n\r\n'));
        answer(q, false);
      },
      onRequest: (q) => answer(q, true),
    });
    talks.set(talk, 0);
    sockets.add(socket);
    socket.on('data', (d) => talk.requests.feed(d.toString('latin1')));
    socket.on('error', () => {});
    socket.on('end', () => turn.then(() => socket.end()));
    socket.on('close', () => {
      talk.responses.close();
      sockets.delete(socket);
      ended.push(talk);
    });
  });
  server.listen(target);
  await once(server, 'listening');
  return {
    target,
    take() {
      const out = [];
      for (const [talk, from] of talks) {
        const all = talk.exchanges();
        const done = Math.min(talk.responses.messages.length, all.length);
        out.push(...all.slice(from, done));
        talks.set(talk, done);
      }
      for (const talk of ended) talks.delete(talk);
      ended = [];
      return out;
    },
    async stop() {
      for (const s of sockets) s.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
