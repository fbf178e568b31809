// Only what was asked for is captured; what is out of scope leaves nothing at all.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, rmdirSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { capture, client, hasProgram, modes, pythonServer, sleep, whyNot } from './harness.mjs';

const skip = whyNot();
const REQUEST = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const ANSWER = 'while True:\n    if not c.recv(4000): break\n    c.sendall(OK)';
const [portA, portB] = [18130, 18131];

async function exchange(port) {
  const c = await client({ port, host: '127.0.0.1' });
  await c.send(REQUEST);
  await c.receive(20);
  await c.close();
}
const served = (cap) => [...new Set(cap.records.filter((r) => r.type === 'CONN' && r.family !== 1).map((r) => r.local_port))];

for (const hooks of modes)
  describe(`scope, ${hooks} mode`, { skip }, () => {
    let a, b;
    before(async () => {
      a = await pythonServer(portA, ANSWER);
      b = await pythonServer(portB, ANSWER);
    });
    after(async () => {
      await a?.stop();
      await b?.stop();
    });

    async function sees(scopes, options) {
      const cap = await capture(scopes, { hooks, ...options });
      await exchange(portA);
      await exchange(portB);
      await cap.settled();
      const counters = await cap.counters();
      await cap.stop();
      return { cap, counters, ports: served(cap) };
    }

    it('port: only that local port; the rest leaves neither record nor count', async () => {
      const { cap, counters, ports } = await sees([`port=${portA}`]);
      assert.deepEqual(ports, [portA]);
      assert.equal(counters.HW_C_CHUNKS, 2);
      assert.equal(counters.HW_C_CONNS, 1);
      assert.equal(counters.HW_C_BYTES, REQUEST.length + 40);
      assert.deepEqual(
        cap.records.map((r) => r.type),
        ['CONN', 'DATA', 'DATA', 'CLOSE'],
      );
      const none = await sees(['port=18139']);
      assert.deepEqual(none.cap.records, []);
      assert.ok(none.counters.values.every((n) => n === 0));
    });

    it('peer-port: the client side', async () => {
      const { cap } = await sees([`peer-port=${portB}`]);
      const conns = cap.records.filter((r) => r.type === 'CONN');
      assert.deepEqual(
        conns.map((r) => [r.peer_port, r.tgid]),
        [[portB, process.pid]],
      );
      assert.deepEqual(
        cap.records.filter((r) => r.type === 'DATA').map((r) => r.dir),
        ['tx', 'rx'],
      );
    });

    it('two scopes together: both', async () => {
      assert.deepEqual((await sees([`port=${portA}`, `port=${portB}`])).ports, [portA, portB]);
    });

    it('pid', async () => assert.deepEqual((await sees([`pid=${b.pid}`])).ports, [portB]));

    it('cgroup: by the socket, with sub-groups; excluded pids are left out', async (t) => {
      const mount = execFileSync('sh', ['-c', 'awk \'$3 == "cgroup2" { print $2; exit }\' /proc/mounts'], { encoding: 'utf8' }).trim();
      const parent = join(mount, `hw-test-${process.pid}`);
      const child = join(parent, 'inner');
      try {
        mkdirSync(child, { recursive: true });
      } catch {
        return t.skip('no cgroup v2 that can be written');
      }
      const inside = await pythonServer(18132, ANSWER, { command: ['sh', '-c', `echo $$ > ${child}/cgroup.procs && exec python3 "$@"`, 'sh'] });
      try {
        const cap = await capture([`cgroup=${parent}`], { hooks });
        await exchange(portA);
        await exchange(18132);
        await cap.settled();
        assert.deepEqual(served(cap), [18132]);
        const reply = await cap.ask(`process ${inside.pid}`);
        assert.ok(reply.cgroup.endsWith('/inner'));
        await cap.stop();
        const without = await capture([`cgroup=${parent}`], { hooks, probeArgs: ['--exclude-pid', String(inside.pid)] });
        await exchange(18132);
        await without.settled();
        assert.deepEqual(without.records, []);
        await without.stop();
      } finally {
        await inside.stop();
        await sleep(50);
        rmdirSync(child);
        rmdirSync(parent);
      }
    });

    it('netns: another network namespace', { skip: !hasProgram('unshare') && 'unshare is not installed' }, async () => {
      // server and client live in the namespace; the same port outside is not captured
      const source = `import socket, threading, time, sys
l = socket.socket(); l.bind(('127.0.0.1', ${portA})); l.listen()
def serve():
    while True:
        c, _ = l.accept(); c.recv(4000); c.sendall(b'HTTP/1.1 204 No Content\\r\\n\\r\\n'); c.close()
threading.Thread(target=serve, daemon=True).start()
print('up', flush=True); sys.stdin.readline()
s = socket.create_connection(('127.0.0.1', ${portA})); s.sendall(b'GET /inside HTTP/1.1\\r\\n\\r\\n'); s.recv(4000); s.close(); time.sleep(0.1)
print('done', flush=True); sys.stdin.readline()`;
      const inside = spawn('unshare', ['-n', 'sh', '-c', 'ip link set lo up && exec python3 -c "$1"', 'sh', source], { stdio: ['pipe', 'pipe', 'inherit'] });
      const line = () => new Promise((done) => inside.stdout.once('data', (d) => done(String(d))));
      assert.match(await line(), /up/);
      const cap = await capture([`netns=/proc/${inside.pid}/ns/net`], { hooks });
      await exchange(portA);
      inside.stdin.write('\n');
      await line();
      await cap.settled();
      const data = cap.records.filter((r) => r.type === 'DATA');
      assert.equal(data.filter((r) => r.data.startsWith('GET /inside')).length, 2, 'client and server, both in there');
      assert.equal(data.filter((r) => r.data.startsWith('GET /a')).length, 0);
      inside.stdin.end('\n');
      await cap.stop();
    });

    it('exe: what runs already, what starts later and what it forks; nothing else', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'hw-exe-'));
      const python = join(dir, 'traced');
      copyFileSync(execFileSync('python3', ['-c', 'import os, sys; print(os.path.realpath(sys.executable))'], { encoding: 'utf8' }).trim(), python);
      chmodSync(python, 0o755);
      const home = execFileSync('python3', ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' }).trim();
      const command = ['env', `PYTHONHOME=${home}`, python];
      const early = await pythonServer(18133, ANSWER, { command });
      const cap = await capture([`exe=${python}`], { hooks });
      const late = await pythonServer(18134, `pid = os.fork()\nif pid == 0:\n    c.recv(4000); c.sendall(OK); os._exit(0)\nos.waitpid(pid, 0)`, { command });
      await exchange(portA);
      await exchange(18133);
      await exchange(18134);
      await cap.settled();
      assert.deepEqual(served(cap), [18133, 18134]);
      assert.notEqual(cap.records.filter((r) => r.type === 'CONN').at(-1).tgid, late.pid);
      await cap.stop();
      await early.stop();
      await late.stop();
      rmSync(dir, { recursive: true });
    });

    it('a pid leaves the scope when its process ends', async () => {
      const server = await pythonServer(18135, ANSWER);
      const cap = await capture([`pid=${server.pid}`], { hooks });
      await exchange(18135);
      await server.stop();
      assert.ok(!existsSync(`/proc/${server.pid}`));
      await cap.settled();
      assert.deepEqual(served(cap), [18135]);
      const maps = execFileSync('bpftool', ['map', 'show', '-j'], { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
      const mine = JSON.parse(maps).filter((m) => m.name === 'hw_tgids' && m.pids?.some((p) => p.pid === cap.probe.pid));
      if (mine.length) {
        const entries = JSON.parse(execFileSync('/usr/sbin/bpftool', ['map', 'dump', 'id', String(mine[0].id), '-j'], { encoding: 'utf8' }));
        assert.equal(entries.length, 0);
      }
      await cap.stop();
    });
  });
