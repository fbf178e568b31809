// The law under load: message starts counted = starts lost + starts received, exactly.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { capture, client, hasProgram, modes, nginx, pythonServer, sleep, whyNot } from './harness.mjs';

const skip = whyNot() || (!hasProgram('nginx') && 'nginx is not installed') || (!hasProgram('wrk') && !hasProgram('ab') && 'neither wrk nor ab is installed');
const port = 18150;

/** Loads nginx for about `seconds`; resolves when it is done. */
async function load(seconds) {
  const url = `http://127.0.0.1:${port}/api/x`;
  const [command, args] = hasProgram('wrk') ? ['wrk', ['-t1', '-c16', `-d${seconds}s`, url]] : ['ab', ['-q', '-k', '-c16', `-t${seconds}`, '-n10000000', url]];
  const child = spawn(command, args, { stdio: 'ignore' });
  await once(child, 'exit');
}

function assertLaw(c, what) {
  assert.equal(c.HW_C_START_REQUEST, c.HW_C_LOST_START_REQUEST + c.start_requests, `requests, ${what}`);
  assert.equal(c.HW_C_START_RESPONSE, c.HW_C_LOST_START_RESPONSE + c.start_responses, `responses, ${what}`);
  assert.equal(c.HW_C_RECORDS + c.HW_C_CLOSES, c.records, `records, ${what}`);
}

for (const hooks of modes)
  describe(`loss, ${hooks} mode`, { skip }, () => {
    it('a reader that stops for 1.5 s under full load: every lost start is counted', async () => {
      const web = await nginx(port, "location /api { return 200 'fine'; }");
      const cap = await capture([`port=${port}`], { hooks, probeArgs: ['--ring-bytes', '1048576'], readerArgs: ['--quiet'] });
      const done = load(3);
      await sleep(500);
      cap.send('pause 1500');
      await done;
      await cap.settled();
      const c = await cap.counters();
      assertLaw(c, 'with loss');
      assert.ok(c.HW_C_LOST_START_REQUEST > 1000, `lost ${c.HW_C_LOST_START_REQUEST}`);
      assert.ok(c.start_requests > 1000, `received ${c.start_requests}`);
      assert.ok(c.lost_before >= 16, 'each connection is told in both directions that something is missing');
      assert.ok(Math.abs(c.HW_C_START_REQUEST - c.HW_C_START_RESPONSE) <= 16);
      assert.equal((await cap.ask('stats')).recursion_misses, 0);
      await cap.stop();
      await web.stop();
    });

    it('pipelined requests in lost records are counted one by one, also behind a body', async () => {
      const server = await pythonServer(port + 1, 'while True:\n    d = c.recv(1000)\n    if not d: break\n    c.sendall(OK)');
      const cap = await capture([`port=${port + 1}`], { hooks, probeArgs: ['--ring-bytes', '65536'] });
      const c = await client({ port: port + 1, host: '127.0.0.1' });
      cap.send('pause 3000');
      const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
      const batch = `${get}POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nstarts${get}${get}${get}`;
      const sent = 600,
        each = 5;
      for (let i = 0; i < sent; i++) {
        await c.send(batch);
        await c.answer(0);
      }
      await cap.settled();
      const received = cap.records.filter((r) => r.dir === 'rx' && r.type === 'DATA');
      const n = await cap.counters();
      assertLaw(n, 'pipelined');
      assert.ok(received.length > 50 && received.length < sent - 50, `${received.length} records received`);
      assert.ok(
        received.every((r) => r.data === batch),
        'the server read each batch by itself',
      );
      assert.equal(n.HW_C_LOST_START_REQUEST, (sent - received.length) * each);
      await c.close();
      await cap.stop();
      await server.stop();
    });

    it('a reader that keeps up loses nothing; two records an exchange', async () => {
      const web = await nginx(port, "location /api { return 200 'fine'; }");
      const cap = await capture([`port=${port}`], { hooks, readerArgs: ['--quiet'] });
      await load(1);
      await cap.settled();
      const c = await cap.counters();
      assertLaw(c, 'without loss');
      assert.equal(c.HW_C_LOST_RECORDS, 0);
      assert.equal(c.by_type[1], c.HW_C_START_REQUEST + c.HW_C_START_RESPONSE);
      assert.equal(c.by_type[2], 0);
      assert.equal(c.by_type[3], c.HW_C_CONNS);
      await cap.stop();
      await web.stop();
    });
  });
