// Every way in which a program may call the kernel: read right, or counted by reason.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { capture, client, counterNames, hasProgram, modes, nginx, pythonServer, sleep, whyNot } from './harness.mjs';

const skip = whyNot();
const port = 18120;
const REQUEST = 'GET /a HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n';
const scratch = mkdtempSync(join(tmpdir(), 'hw-calls-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs one Python server body, sends REQUEST (twice with `twice`), returns records and counter deltas. */
async function run(hooks, body, { twice = false, target = port, unix, family, command } = {}) {
  const server = await pythonServer(target, body, { unix, family, command });
  const scope = unix ? `pid=${server.pid}` : `port=${target}`;
  const cap = await capture([scope], { hooks });
  const c = await client(unix ? { path: unix } : { port: target, host: family === 'AF_INET6' ? '::1' : '127.0.0.1' });
  await c.send(REQUEST);
  if (twice) {
    // only after the first was answered: a server that is late would read both at once
    await c.answer();
    await c.send(REQUEST);
  } else await sleep(60);
  const answer = await c.receive();
  await c.close();
  await cap.settled();
  const counters = await cap.counters();
  await cap.stop();
  await server.stop();
  const of = (dir) => cap.records.filter((r) => r.dir === dir);
  return { rx: of('rx'), tx: of('tx'), conn: cap.records.find((r) => r.type === 'CONN'), counters, answer };
}
const whole = (records) => records.map((r) => r.data ?? '').join('');

for (const hooks of modes)
  describe(`system calls, ${hooks} mode`, { skip }, () => {
    it('recvmsg into several buffers, sendmsg of seven iovecs (one empty)', async () => {
      const { rx, tx } = await run(
        hooks,
        `b = [bytearray(5), bytearray(6), bytearray(70), bytearray(4000)]
c.recvmsg_into(b)
c.sendmsg([OK[:3], OK[3:20], OK[20:21], OK[21:-5], b'', OK[-5:-3], OK[-3:]])`,
      );
      assert.equal(whole(rx), REQUEST);
      assert.equal(whole(tx), 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      assert.equal(tx.length, 1);
      assert.deepEqual(tx[0].flags, ['START', 'HEAD_END', 'RESPONSE']);
    });

    it('read and write, readv and writev', async () => {
      const { rx, tx } = await run(
        hooks,
        `os.read(c.fileno(), 4096)
os.writev(c.fileno(), [OK[:7], OK[7:]])
os.readv(c.fileno(), [bytearray(10), bytearray(4000)])
os.write(c.fileno(), OK)`,
        { twice: true },
      );
      assert.equal(whole(rx), REQUEST + REQUEST);
      assert.equal(tx.length, 2);
      assert.deepEqual(
        tx.map((r) => r.starts),
        [1, 1],
      );
    });

    it('MSG_PEEK is counted and moves nothing', async () => {
      const { rx, counters } = await run(hooks, 'c.recv(4000, socket.MSG_PEEK)\nc.recv(10, socket.MSG_PEEK)\nc.recv(4000)\nc.sendall(OK)');
      assert.deepEqual(
        rx.map((r) => [r.pos, r.data]),
        [[0, REQUEST]],
      );
      assert.equal(counters.HW_C_PEEK, 2);
    });

    it('MSG_TRUNC leaves the buffer unwritten: length only, the next message is read', async () => {
      const { rx, counters } = await run(hooks, 'c.recv_into(bytearray(4000), 4000, socket.MSG_TRUNC)\nc.sendall(OK)\nc.recv(4000)\nc.sendall(OK)', { twice: true });
      assert.deepEqual(
        rx.map((r) => [r.type, r.why, r.pos, r.len]),
        [
          ['LEN', 'TRUNC', 0, REQUEST.length],
          ['DATA', '', REQUEST.length, REQUEST.length],
        ],
      );
      assert.equal(counters.values[counterNames.HW_C_UNREAD + 8], 1, 'HW_U_TRUNC is counted');
    });

    it('bytes taken by splice are seen as a gap (sock) or a length, the next message is read', async () => {
      const { rx, counters } = await run(
        hooks,
        `c.recv(4000)
c.sendall(OK)
r, w = os.pipe()
os.splice(c.fileno(), w, 20)
c.recv(4000)
c.sendall(OK)`,
        { twice: true },
      );
      assert.equal(rx[0].data, REQUEST);
      const next = rx.at(-1);
      assert.equal(next.pos, REQUEST.length + 20);
      if (hooks === 'sock') {
        assert.ok(next.flags.includes('GAP'));
        assert.equal(counters.HW_C_GAP, 1);
      } else {
        assert.deepEqual([rx[1].type, rx[1].why, rx[1].pos, rx[1].len], ['LEN', 'SPLICE', REQUEST.length, 20]);
        assert.equal(counters.HW_C_GAP, 0);
      }
    });

    it('splice into a socket is length only', async () => {
      const { tx } = await run(
        hooks,
        `c.recv(4000)
r, w = os.pipe()
os.write(w, OK)
os.splice(r, c.fileno(), len(OK))`,
      );
      assert.deepEqual(
        tx.map((r) => [r.type, r.why]),
        [['LEN', 'SPLICE']],
      );
    });

    it('IPv6', async () => {
      const { rx, conn } = await run(hooks, 'c.recv(4000)\nc.sendall(OK)', { family: 'AF_INET6' });
      assert.equal(whole(rx), REQUEST);
      assert.equal(conn.family, 10);
      assert.deepEqual(conn.local_addr, [...Array(15).fill(0), 1]);
    });

    it('Unix stream sockets, by pid', async () => {
      const { rx, tx, conn } = await run(hooks, 'c.recv(4000)\nc.sendall(OK)', { unix: join(scratch, `${hooks}.sock`) });
      assert.equal(whole(rx), REQUEST);
      assert.equal(tx[0].starts, 1);
      assert.equal(conn.family, 1);
    });

    it('the end of a Unix stream is told once, also when the peer first shuts down its sending side', async () => {
      const path = join(scratch, `${hooks}-end.sock`);
      const server = await pythonServer(0, 'while c.recv(4000): c.sendall(OK)\nc.recv(0)\nc.recv(10)\nc.recv(10)', { unix: path });
      const cap = await capture([`pid=${server.pid}`], { hooks });
      const whole = await client({ path });
      await whole.send(REQUEST);
      await whole.answer();
      await whole.close();
      const half = await client({ path });
      half.socket.allowHalfOpen = true;
      half.socket.end(REQUEST);
      await half.answer();
      await half.close();
      await cap.settled();
      const kinds = (sock) => cap.records.filter((r) => r.sock === sock).map((r) => r.dir ?? r.type);
      const conns = cap.records.filter((r) => r.type === 'CONN');
      assert.equal(conns.length, 2);
      for (const { sock } of conns) assert.deepEqual(kinds(sock), ['CONN', 'rx', 'tx', 'CLOSE']);
      const [close] = cap.records.filter((r) => r.type === 'CLOSE');
      assert.deepEqual([close.how, close.pos], [1, [40, REQUEST.length]]);
      assert.equal((await cap.counters()).HW_C_CLOSES, 2);
      await cap.stop();
      await server.stop();
    });

    it('no two sockets share an id, though the kernel uses their memory again', async () => {
      const path = join(scratch, `${hooks}-many.sock`);
      const servers = [await pythonServer(port, 'c.recv(4000)\nc.sendall(OK)\nc.recv(10)'), await pythonServer(0, 'c.recv(4000)\nc.sendall(OK)\nc.recv(10)', { unix: path })];
      const cap = await capture(
        servers.map((s) => `pid=${s.pid}`),
        { hooks },
      );
      for (let i = 0; i < 60; i++) {
        const socket = net.connect(i % 2 ? { path } : { port, host: '127.0.0.1' });
        socket.end(REQUEST).resume();
        await once(socket, 'close');
      }
      await cap.settled();
      const of = (type) => cap.records.filter((r) => r.type === type).map((r) => r.sock);
      assert.equal(new Set(of('CONN')).size, 60);
      assert.deepEqual(of('CLOSE').toSorted(), of('CONN').toSorted());
      assert.ok(cap.records.filter((r) => r.dir).every((r) => r.pos === 0));
      await cap.stop();
      for (const server of servers) await server.stop();
    });

    it('a socket that carried bytes before the capture is marked and positioned', async () => {
      const server = await pythonServer(port, 'while True:\n    d = c.recv(4000)\n    if not d: break\n    c.sendall(OK)');
      const c = await client({ port, host: '127.0.0.1' });
      await c.send(REQUEST);
      await c.receive();
      const cap = await capture([`port=${port}`], { hooks });
      await c.send(REQUEST);
      await c.receive();
      await c.send(REQUEST);
      await c.receive();
      await cap.settled();
      const rx = cap.records.filter((r) => r.dir === 'rx');
      assert.deepEqual(
        rx.map((r) => [r.pos, r.flags.includes('MID')]),
        [
          [REQUEST.length, true],
          [REQUEST.length * 2, false],
        ],
      );
      await c.close();
      await cap.stop();
      await server.stop();
    });
  });

for (const hooks of modes)
  describe(`sendfile by nginx, ${hooks} mode`, { skip: skip || (!hasProgram('nginx') && 'nginx is not installed') }, () => {
    it('head by writev is read, the file is length only', async () => {
      const web = await nginx(18121, '');
      const cap = await capture(['port=18121'], { hooks });
      const c = await client({ port: 18121, host: '127.0.0.1' });
      await c.send('GET /large.txt HTTP/1.1\r\nHost: a\r\n\r\n');
      await c.receive();
      await c.close();
      await cap.settled();
      const tx = cap.records.filter((r) => r.dir === 'tx');
      assert.match(tx[0].data, /^HTTP\/1.1 200 OK\r\n[\s\S]*Content-Length: 200000\r\n[\s\S]*\r\n\r\n$/);
      assert.ok(tx.slice(1).every((r) => r.type === 'LEN' && r.why === 'SENDFILE'));
      assert.equal(
        tx.slice(1).reduce((n, r) => n + r.len, 0),
        200_000,
      );
      await cap.stop();
      await web.stop();
    });
  });

/** Compiles helpers.c with the given libraries; null when that is not possible here. */
function compile(source, output, flags) {
  try {
    execFileSync('gcc', ['-O1', '-o', join(scratch, output), resolve(import.meta.dirname, source), ...flags], { stdio: 'ignore' });
    return join(scratch, output);
  } catch {
    return null;
  }
}

const uring = skip ? null : compile('uring.c', 'uring', ['-luring']);
for (const hooks of modes)
  describe(`io_uring, ${hooks} mode`, { skip }, () => {
    let server;
    before(async () => {
      server = await pythonServer(18122, 'c.recv(4000)\ntime.sleep(0.03)\nc.sendall(OK)');
    });
    after(() => server?.stop());
    for (const [mode, name] of [
      [0, 'inline'],
      [1, 'SQPOLL'],
      [2, 'IOSQE_ASYNC'],
      [3, 'completed as task work of another call'],
    ]) {
      it(`${name}: length only, by reason`, { skip: uring ? false : 'liburing or gcc is not installed' }, async () => {
        const cap = await capture(['peer-port=18122'], { hooks });
        execFileSync(uring, ['18122', String(mode)]);
        await cap.settled();
        const chunks = cap.records.filter((r) => r.dir);
        if (hooks === 'syscall') {
          // no system call carries them: tcp_sock's positions tell that bytes passed both ways
          assert.deepEqual(chunks, []);
          assert.equal((await cap.counters()).HW_C_GAP, 2);
          return cap.stop();
        }
        assert.ok(chunks.length >= 2);
        for (const r of chunks) {
          assert.equal(r.type, 'LEN');
          assert.ok(['URING', 'NOT_SYSCALL', 'KTHREAD'].includes(r.why), r.why);
        }
        await cap.stop();
      });
    }
  });

for (const hooks of modes)
  describe(`other calls, ${hooks} mode`, { skip }, () => {
    let server;
    before(async () => {
      // an answer only to a whole request
      server = await pythonServer(18123, "d = b''\nwhile not d.endswith(b'\\r\\n\\r\\n'): d += c.recv(4000)\nc.sendall(OK)\nc.recv(4000)");
    });
    after(() => server?.stop());
    it('sendmmsg, recvmmsg: length only (sock), or read (syscall: the exit knows how many), the rest behind 64 as one length', async (t) => {
      const program = compile('mmsg.c', 'mmsg', []);
      if (!program) return t.skip('gcc is not installed');
      for (const n of [2, 70]) {
        const cap = await capture(['peer-port=18123'], { hooks });
        execFileSync(program, ['18123', String(n)]);
        await cap.settled();
        const tx = cap.records.filter((r) => r.dir === 'tx');
        const rx = cap.records.filter((r) => r.dir === 'rx');
        const counters = await cap.counters();
        await cap.stop();
        const total = 20 + (n - 2) * 10 + 12;
        for (const [records, length] of [
          [tx, total],
          [rx, 40],
        ]) {
          let at = 0;
          for (const r of records) {
            assert.equal(r.pos, at);
            at += r.len;
          }
          assert.equal(at, length);
        }
        assert.equal(counters.HW_C_GAP, 0);
        assert.equal(counters.HW_C_BYTES, total + 40);
        const unread = counters.values[counterNames.HW_C_UNREAD + 7];
        if (hooks === 'sock') {
          assert.ok([...tx, ...rx].every((r) => r.why === 'MMSG'));
          assert.equal(unread, n + 2);
        } else {
          assert.equal(whole(rx), 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
          assert.equal(whole(tx), n === 2 ? 'GET /mmsg HTTP/1.1\r\nHost: mm\r\n\r\n' : `GET /mmsg HTTP/1.1\r\n${'X-Ten: 90\n'.repeat(63)}`);
          assert.equal(unread, n === 2 ? 0 : 1);
        }
      }
    });
    it('a 32-bit program: length only', async (t) => {
      const program = compile('compat32.c', 'compat32', ['-m32', '-nostdlib', '-static', '-fno-pic', '-no-pie', '-fno-stack-protector']);
      if (!program) return t.skip('gcc cannot build 32-bit programs');
      const cap = await capture(['peer-port=18123'], { hooks });
      execFileSync(program);
      await cap.settled();
      assert.deepEqual(
        cap.records.filter((r) => r.dir === 'tx').map((r) => r.why),
        ['COMPAT'],
      );
      await cap.stop();
    });
  });
