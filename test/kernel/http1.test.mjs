// What the kernel programs record of HTTP/1 messages: one server in Python, raw clients.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { capture, client, modes, pythonServer, sleep, whyNot } from './harness.mjs';

const skip = whyNot();
const port = 18110;
const REQUEST = 'GET /a?b=1 HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n';
// one "send what the request's path says" loop: /N answers with N body bytes
const NONE = 'HTTP/1.1 204 No\r\nX: 567890123\r\n\r\n';
const SERVER = `while True:
    data = c.recv(65536)
    if not data: break
    if b'/large ' in data: c.sendmsg([b'HTTP/1.1 200 OK\\r\\nContent-Length: 100000\\r\\n\\r\\n', b'z' * 100000])
    elif b'/many ' in data:
        c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 100000\\r\\n\\r\\n')
        for _ in range(100): c.sendall(b'z' * 1000)
    elif b'/chunked ' in data:
        c.sendall(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n')
        c.sendall(b'5\\r\\nhello\\r\\n')
        c.sendmsg([b'7d0\\r\\n', b'w' * 2000, b'\\r\\n0\\r\\n\\r\\n'])
    elif b'/two ' in data: c.sendmsg([b'HTTP/1.1 204 No\\r\\nX: 567890123\\r\\n\\r\\n' , b'HTTP/1.1 204 No\\r\\nX: 567890123\\r\\n\\r\\n'])
    elif b'/odd ' in data: c.sendmsg([b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n', b'1\\r\\nx\\r\\n0\\r\\n\\r\\n'])
    elif b'/exact ' in data: c.sendall(b'HTTP/1.1 204 No\\r\\nX: ' + b'v' * 1000 + b'\\r\\n\\r\\n')
    elif b'/upper ' in data: c.sendmsg([OK[:-2], b'OK'])
    elif b'/apart ' in data:
        c.sendall(OK[:-2])
        c.sendall(b'PO')
    elif data.endswith(b'\\r\\n') or data.endswith(b'x'): c.sendall(OK)`;

for (const hooks of modes)
  describe(`HTTP/1 in the kernel, ${hooks} mode`, { skip }, () => {
    let server, cap, c;
    before(async () => {
      server = await pythonServer(port, SERVER);
      cap = await capture([`port=${port}`], { hooks });
    });
    after(async () => {
      await cap?.stop();
      await server?.stop();
    });
    beforeEach(async () => {
      await cap.settled();
      cap.records.length = 0;
    });

    /** Runs `use` on a new connection; the records of it by direction, positions checked for holes. */
    async function conversation(use) {
      c = await client({ port, host: '127.0.0.1' });
      await use(c);
      await c.close();
      await cap.settled();
      const of = (dir) => cap.records.filter((r) => r.dir === dir);
      for (const dir of ['rx', 'tx']) {
        let at = 0;
        for (const r of of(dir)) {
          assert.equal(r.pos, at, `${dir}: the next record begins where the one before ended`);
          at = r.pos + r.len;
        }
      }
      return { rx: of('rx'), tx: of('tx'), conn: cap.records.filter((r) => r.type === 'CONN'), close: cap.records.filter((r) => r.type === 'CLOSE') };
    }

    it('costs two records an exchange, and one CONN and one CLOSE a connection', async () => {
      const { rx, tx, conn, close } = await conversation(async (s) => {
        for (let i = 0; i < 3; i++) {
          await s.send(REQUEST);
          await s.receive(20);
        }
      });
      assert.equal(rx.length, 3);
      assert.equal(tx.length, 3);
      assert.deepEqual(
        rx.map((r) => [r.type, r.ordinal, r.starts, r.data, r.flags.join()]),
        [1, 2, 3].map((n) => ['DATA', n, 1, REQUEST, 'START,HEAD_END']),
      );
      assert.deepEqual(
        tx.map((r) => [r.ordinal, r.data.slice(-2), r.flags.join()]),
        [1, 2, 3].map((n) => [n, 'ok', 'START,HEAD_END,RESPONSE']),
      );
      assert.equal(conn.length, 1);
      assert.equal(conn[0].local_port, port);
      assert.equal(conn[0].family, 2);
      assert.deepEqual(conn[0].local_addr.slice(0, 4), [127, 0, 0, 1]);
      assert.equal(conn[0].tgid, server.pid);
      assert.match(conn[0].comm, /^python/);
      assert.equal(close.length, 1);
      assert.deepEqual(close[0].pos, [tx.at(-1).pos + tx.at(-1).len, REQUEST.length * 3]);
      assert.equal(close[0].last_ns[0], tx.at(-1).ts_ns);
      assert.equal(close[0].how, 1);
    });

    it('puts a request together that comes byte by byte', async () => {
      const { rx } = await conversation(async (s) => {
        for (let n = 0; n < 2; n++)
          for (const b of REQUEST) {
            await s.send(b);
            await sleep(2);
          }
        await s.receive();
      });
      assert.equal(rx.map((r) => r.data).join(''), REQUEST + REQUEST);
      // a slow server may read several bytes at once, but a method is never cut
      assert.deepEqual(
        rx.filter((r) => r.flags.includes('START')).map((r) => [r.ordinal, r.data.slice(0, 4)]),
        [
          [1, 'GET '],
          [2, 'GET '],
        ],
      );
      assert.ok(rx.length > 20, `${rx.length} records`);
      assert.equal(rx.filter((r) => r.flags.includes('HEAD_END')).length, 2);
      assert.equal(
        rx.reduce((n, r) => n + r.starts, 0),
        2,
      );
    });

    it('knows any upper-case method and nothing else', async () => {
      const good = ['M-SEARCH', 'PROPFIND', 'X', `A${'B'.repeat(31)}`, 'QUERY', 'PRI'];
      const bad = ['get', 'Get', `A${'B'.repeat(32)}`, 'A(B', '1GET', 'HTTP/2.0'];
      for (const [methods, starts] of [
        [good, 1],
        [bad, 0],
      ]) {
        for (const method of methods) {
          await cap.settled();
          cap.records.length = 0;
          const { rx } = await conversation(async (s) => {
            await s.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
            await s.receive(20);
          });
          assert.equal(
            rx.reduce((n, r) => n + r.starts, 0),
            starts,
            method,
          );
          assert.equal(rx[0].type, starts ? 'DATA' : 'LEN', method);
        }
      }
    });

    it('counts pipelined requests in one chunk, also over 4 KiB and blocks', async () => {
      for (const count of [3, 30, 300]) {
        await cap.settled();
        cap.records.length = 0;
        const { rx } = await conversation(async (s) => {
          await s.send(REQUEST.repeat(count));
          await s.receive();
        });
        assert.equal(rx.map((r) => r.data).join(''), REQUEST.repeat(count));
        // one block that ends where a head ends leaves as one start: framing finds the others
        assert.equal(
          rx.reduce((n, r) => n + r.starts, 0),
          count === 3 ? 1 : count,
        );
        for (let at = 0, given = 0; at < rx.length; given += rx[at].starts, at++) {
          assert.equal(rx[at].ordinal, rx[at].flags.includes('START') ? given + 1 : given);
        }
      }
    });

    it('reads pipelined answers by writev, the end of a body that is like one, and heads of other sizes', async () => {
      const { tx } = await conversation(async (s) => {
        for (const path of ['two', 'odd', 'exact']) {
          await s.send(`GET /${path} HTTP/1.1\r\n\r\n`);
          await s.receive(20);
        }
      });
      const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n';
      const exact = `HTTP/1.1 204 No\r\nX: ${'v'.repeat(1000)}\r\n\r\n`;
      assert.deepEqual(
        tx.map((r) => [r.ordinal, r.starts, r.data]),
        [
          [1, 2, NONE + NONE],
          [3, 1, chunked],
          [4, 1, exact],
        ],
      );
      assert.ok(tx.every((r) => r.len === r.cap && r.flags.join() === 'START,HEAD_END,RESPONSE'));
    });

    it('captures the head of a POST and counts its body, with the tail', async () => {
      const head = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n';
      const { rx } = await conversation(async (s) => {
        await s.send(head + 'x'.repeat(3000));
        await s.receive();
        await s.send(REQUEST);
        await s.receive();
      });
      assert.deepEqual(
        rx.map((r) => [r.type, r.cap, r.len, r.starts, r.tail]),
        [
          ['DATA', head.length, head.length + 3000, 1, 'xxxxx'],
          ['DATA', REQUEST.length, REQUEST.length, 1, ''],
        ],
      );
    });

    it('sends a small body behind its head and keeps a body of its own chunk here', async () => {
      const head = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';
      const { rx } = await conversation(async (s) => {
        await s.send(`${head}sixxx`);
        await s.receive(20);
        await s.send(head);
        await s.receive(20);
        await s.send('secrx');
        await s.receive(20);
      });
      assert.equal(rx[0].data, `${head}sixxx`);
      assert.deepEqual([rx[2].type, rx[2].len, rx[2].tail, rx[2].data], ['LEN', 5, 'secrx', undefined]);
    });

    it('finds what is pipelined behind bodies, in the same chunk and in later ones, without copying them', async () => {
      const post = (n, more = '') => `POST /x HTTP/1.1\r\nHost: a\r\nX-Content-Length: 3\r\n${more}content-LENGTH:  ${n}\r\nX-B: 1\r\n\r\n`;
      const { rx } = await conversation(async (s) => {
        await s.send(`${post(1500)}${'b'.repeat(1500)}${REQUEST}${post(9000)}${'c'.repeat(9000)}${post(40)}${'d'.repeat(40)}${REQUEST}`);
        await sleep(20);
        await s.send(post(3000) + 'e'.repeat(1000));
        await sleep(20);
        await s.send(`${'e'.repeat(2000)}${REQUEST}${REQUEST.slice(0, 2)}`);
        await sleep(20);
        await s.send(`${REQUEST.slice(2)}${post(4)}oo`);
        await sleep(20);
        await s.send(`oo${REQUEST.slice(0, 20)}`);
        await sleep(20);
        await s.send(REQUEST.slice(20));
        await sleep(20);
      });
      assert.deepEqual(
        rx.map((r) => [r.data ?? r.type, r.len, r.ordinal, r.starts, r.flags.join()]),
        [
          [post(1500), post(1500).length + 1500, 1, 1, 'START,HEAD_END'],
          [REQUEST + post(9000), REQUEST.length + post(9000).length + 9000, 2, 2, 'START,HEAD_END'],
          [`${post(40)}${'d'.repeat(40)}${REQUEST}`, post(40).length + 40 + REQUEST.length, 4, 2, 'START,HEAD_END'],
          [post(3000), post(3000).length + 1000, 6, 1, 'START,HEAD_END,TAIL'],
          ['', 2000, 6, 0, ''],
          [REQUEST, REQUEST.length, 7, 1, 'START,HEAD_END'],
          [`${REQUEST}${post(4)}oo`, REQUEST.length + post(4).length + 2, 8, 2, 'START,HEAD_END'],
          [`oo${REQUEST.slice(0, 20)}`, 22, 9, 1, ''],
          [REQUEST.slice(20), REQUEST.length - 20, 10, 0, 'HEAD_END'],
        ],
      );
    });

    it('sends a chunked body whole while framing can walk it, and the head behind it also when that is cut', async () => {
      const head = 'POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
      const behind = 'POST /d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345';
      const { rx } = await conversation(async (s) => {
        await s.send(`${REQUEST}${head}bb8\r\n${'w'.repeat(3000)}\r\n0\r\n\r\n${behind}`);
        await sleep(20);
        await s.send(`${head}3\r\nabc\r\n0\r\n\r\n${behind.slice(0, 30)}`);
        await sleep(20);
        await s.send(behind.slice(30));
        await sleep(20);
      });
      assert.equal(rx.map((r) => r.data).join(''), `${REQUEST}${head}bb8\r\n${'w'.repeat(3000)}\r\n0\r\n\r\n${behind}${head}3\r\nabc\r\n0\r\n\r\n${behind}`);
      assert.deepEqual(
        rx.map((r) => [r.ordinal, r.starts]),
        [
          [1, 2],
          [3, 1],
          [3, 0],
        ],
      );
    });

    it('copies a bounded part of bodies of unknown length: 16 KiB in small pieces, a block more of a large one', async () => {
      const head = 'POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
      for (const [piece, times, copied] of [
        [3000, 8, 16_024],
        [9000, 2, 1024],
      ]) {
        await cap.settled();
        cap.records.length = 0;
        const { rx } = await conversation(async (s) => {
          await s.send(head);
          await sleep(20);
          for (let i = 0; i < times; i++) {
            await s.send('z'.repeat(piece));
            await sleep(5);
          }
        });
        assert.equal(
          rx.reduce((n, r) => n + (r.cap ?? 0), 0),
          head.length + copied,
        );
      }
    });

    it('does not hold back an upper-case body that could be the start of a method', async () => {
      const { tx } = await conversation(async (s) => {
        await s.send('GET /upper HTTP/1.1\r\n\r\n');
        await s.receive();
        await cap.settled();
        const sent = cap.records.filter((r) => r.dir === 'tx');
        assert.deepEqual(
          sent.map((r) => [r.len, r.cap, r.data.slice(-4)]),
          [[40, 40, '\r\nOK']],
          'told before anything else happens',
        );
        await s.send('GET /apart HTTP/1.1\r\n\r\n');
        await s.receive();
        await cap.settled();
        assert.deepEqual(
          cap.records.filter((r) => r.dir === 'tx').map((r) => [r.type, r.len]),
          [
            ['DATA', 40],
            ['DATA', 38],
            ['LEN', 2],
          ],
        );
      });
      assert.equal(tx.length, 3);
    });

    it('stops a head at the budget and captures the next message', async () => {
      const big = `GET / HTTP/1.1\r\nHost: a\r\n${'X-Big: '.concat('v'.repeat(990), '\r\n').repeat(20)}\r\n`;
      const before = await cap.counters();
      const { rx } = await conversation(async (s) => {
        await s.send(big);
        await s.receive();
        await s.send(REQUEST);
        await s.receive();
      });
      const captured = rx.filter((r) => !r.data?.startsWith('GET /a')).reduce((n, r) => n + r.cap, 0);
      assert.ok(captured <= 16384 && captured > 15000, `captured ${captured}`);
      assert.equal(rx.filter((r) => r.flags.includes('OVER')).length, 1);
      assert.equal((await cap.counters()).HW_C_OVER - before.HW_C_OVER, 1);
      assert.equal(rx.at(-1).data, REQUEST);
      assert.equal(rx.at(-1).ordinal, 2);
    });

    it('tells the end of a chunked body by the last five bytes', async () => {
      const { tx } = await conversation(async (s) => {
        await s.send('GET /chunked HTTP/1.1\r\n\r\n');
        await s.receive();
      });
      assert.deepEqual(
        tx.map((r) => r.type),
        ['DATA', 'LEN', 'LEN'],
      );
      assert.equal(tx[1].tail, 'llo\r\n');
      assert.equal(tx[2].tail, '0\r\n\r\n');
    });

    it('coalesces length events after 32 and tells the rest at the turn', async () => {
      const { tx, rx } = await conversation(async (s) => {
        await s.send('GET /many HTTP/1.1\r\n\r\n');
        await s.receive();
        await s.send(REQUEST);
        await s.receive();
      });
      const lengths = tx.filter((r) => r.type === 'LEN');
      assert.equal(
        lengths.reduce((n, r) => n + r.len, 0),
        100_000,
      );
      assert.equal(
        lengths.reduce((n, r) => n + r.chunks, 0),
        100,
      );
      assert.ok(lengths.length >= 33 && lengths.length <= 40, `${lengths.length} length events`);
      assert.ok(lengths.at(-1).ts_ns < rx.at(-1).ts_ns);
      assert.equal(tx.at(-1).ordinal, 2);
    });

    it('reads heads out of iovecs, however cut', async () => {
      const { tx } = await conversation(async (s) => {
        await s.send('GET /large HTTP/1.1\r\n\r\n');
        await s.receive();
      });
      assert.equal(tx[0].data, 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      assert.equal(
        tx.reduce((n, r) => n + r.len, 0),
        100_000 + tx[0].cap,
      );
    });

    it('says by whom a connection was reset', async () => {
      const { close } = await conversation(async (s) => {
        await s.send(REQUEST);
        await s.receive();
        s.socket.resetAndDestroy();
        await sleep(30);
      });
      assert.equal(close[0].how, 2);
      assert.equal(close[0].sk_err, 104);
    });
  });
