// node http: the answers of the matrix by node's own server. Run as `node server.mjs PORT [HOST]`.
import { createServer } from 'node:http';

const LONG = Array.from({ length: 12 }, (_, i) => [`X-Long-${i}`, 'l'.repeat(4000)]).flat();
const n = (q) => ['X-N', q.headers['x-n'] ?? '0'];
const whole = (q, s, status, body, ...more) => s.writeHead(status, [...n(q), 'Content-Length', String(body.length), ...more]).end(body);

function body(q) {
  return new Promise((done) => {
    let size = 0;
    q.on('data', (d) => (size += d.length));
    q.on('end', () => done(size));
  });
}

const ANSWERS = {
  len: (q, s) => whole(q, s, 200, 'hello'),
  echo: async (q, s) => whole(q, s, 200, `${q.method} ${await body(q)}`),
  async chunked(q, s) {
    s.writeHead(200, n(q));
    for (const part of ['one', 'c'.repeat(4096), 'three']) {
      s.write(part);
      await new Promise((done) => setTimeout(done, 3));
    }
    s.end();
  },
  trailers(q, s) {
    s.writeHead(200, [...n(q), 'Trailer', 'X-Sum']);
    s.write('one');
    s.addTrailers({ 'X-Sum': '3' });
    s.end();
  },
  early: (q, s) => whole(q, s, 200, 'no need'),
  hints(q, s) {
    s.writeEarlyHints({ link: '</a.css>; rel=preload' });
    setTimeout(() => whole(q, s, 200, 'hinted'), 5);
  },
  empty: (q, s) => s.writeHead(204, n(q)).end(),
  same: (q, s) => s.writeHead(304, [...n(q), 'ETag', '"m"']).end(),
  broken: (q, s) => whole(q, s, 503, 'no', 'Retry-After', '1'),
  close: (q, s) => s.writeHead(200, [...n(q), 'Connection', 'close']).end('until the end'),
  odd: (q, s) => whole(q, s, 200, 'odd', 'x-rep', '1', 'X-Rep', '2', 'X-REP', '3', 'X-Empty', '', 'X-Obs', 'caf\xe9 \xff\x80', 'Via', '1.1 a', 'Via', '1.1 b'),
  long: (q, s) => whole(q, s, 200, 'long', ...LONG),
  imitate: (q, s) => whole(q, s, 200, 'HTTP/1.1 404 Forged\r\nContent-Length: 0\r\n\r\nGET /forged HTTP/1.1\r\n\r\n'),
  large: (q, s) => whole(q, s, 200, 'b'.repeat(200_000)),
  events(q, s) {
    s.writeHead(200, [...n(q), 'Content-Type', 'text/event-stream']);
    let i = 0;
    const timer = setInterval(() => {
      s.write(`data: ${i++}\n\n`);
      if (i < 4) return;
      clearInterval(timer);
      s.end();
    }, 100);
  },
  slow(q, s) {
    s.writeHead(200, n(q));
    s.write('ab');
    setTimeout(() => s.end('cd'), 1600);
  },
};

const answer = (q, s) => (ANSWERS[/([a-z]+)$/.exec(new URL(q.url, 'http://matrix.test').pathname)?.[1]] ?? ANSWERS.len)(q, s);
const server = createServer({ maxHeaderSize: 128 * 1024, keepAliveTimeout: 30_000, insecureHTTPParser: process.env.LENIENT === '1' }, answer);
const tunnel = (head, socket) => {
  socket.write(head);
  socket.on('data', (d) => socket.write(d));
  socket.on('end', () => socket.end());
  socket.on('error', () => {});
};
server.on('upgrade', (q, socket) => tunnel(`HTTP/1.1 101 Switching Protocols\r\nX-N: ${q.headers['x-n']}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`, socket));
server.on('connect', (q, socket) => tunnel(`HTTP/1.1 200 Connection Established\r\nX-N: ${q.headers['x-n']}\r\n\r\n`, socket));
server.listen(Number(process.argv[2]), process.argv[3] ?? '127.0.0.1');
