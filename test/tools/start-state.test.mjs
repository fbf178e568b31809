// The state directory belongs to one start at a time; ports are refused with the name of who holds them.
import { execFileSync } from 'node:child_process';
import assert from 'node:assert/strict';
import test from 'node:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim, freePort, holderOf, isFree, nameOf } from '../../tools/start/ports.mjs';
import { startTimeOf, takeStateDir } from '../../tools/start/state-dir.mjs';
import { parseAllowedSkips } from '../../tools/test/allowed-skips.mjs';

const owner = { uid: process.getuid(), gid: process.getgid() };

function scratch(t) {
  const dir = mkdtempSync(join(tmpdir(), 'hw state-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'state');
}

test('made 0700, given back, taken again', (t) => {
  const dir = scratch(t);
  const release = takeStateDir(dir, owner);
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  assert.equal(JSON.parse(readFileSync(join(dir, 'start.pid'), 'utf8')).pid, process.pid);
  release();
  assert.ok(!existsSync(join(dir, 'start.pid')));
  takeStateDir(dir, owner)();
});

test('a second start is refused with the pid of the first', (t) => {
  const dir = scratch(t);
  const release = takeStateDir(dir, owner);
  t.after(release);
  assert.throws(() => takeStateDir(dir, owner), new RegExp(`runs already on .* \\(pid ${process.pid}\\)`));
});

test('a pid that is gone, was given out again, or is garbage does not hold it', (t) => {
  const dir = scratch(t);
  takeStateDir(dir, owner)();
  for (const stale of [{ pid: 4_194_303, start_time: 1 }, { pid: process.pid, start_time: startTimeOf(process.pid) - 1 }, 'garbage']) {
    writeFileSync(join(dir, 'start.pid'), typeof stale === 'string' ? stale : JSON.stringify(stale));
    writeFileSync(join(dir, 'standalone.json'), '{}');
    const release = takeStateDir(dir, owner);
    assert.ok(!existsSync(join(dir, 'standalone.json')), 'what the last one left is gone');
    release();
  }
});

test('a taken port is seen, with the pid and name of who listens', async (t) => {
  const server = net.createServer();
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  t.after(() => server.close());
  const { port } = server.address();
  assert.equal(await isFree(port), false);
  assert.equal(holderOf(port), `${nameOf('self')} (pid ${process.pid})`);
  assert.match(nameOf('self'), /^node .*start-state\.test\.mjs$/);
});

test("a port that one start has claimed is no other start's, until that one ends", async () => {
  const port = await freePort();
  const ports = new URL('../../tools/start/ports.mjs', import.meta.url).href;
  const elsewhere = () =>
    execFileSync(process.execPath, ['--input-type=module', '-e', `import { claim } from '${ports}'; console.log(await claim(${port}));`], { encoding: 'utf8' }).trim();
  assert.equal(elsewhere(), 'true');
  assert.equal(elsewhere(), 'true', 'the first has ended');
  assert.equal(await claim(port), true);
  assert.equal(elsewhere(), 'false');
});

test('a free port is none that the kernel gives to clients, and is given once', async () => {
  const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  assert.equal(new Set(ports).size, 20);
  for (const port of ports) assert.ok(port >= 1_024 && (port < low || port > high), String(port));
});

test('allowed skips need a reason and match whole names', () => {
  const allowed = parseAllowedSkips('# comment\na.test.mjs > needs * kernel -- not on this machine\n');
  assert.equal(allowed('a.test.mjs > needs old kernel'), 'not on this machine');
  assert.equal(allowed('a.test.mjs > needs old kernel too'), null);
  assert.throws(() => parseAllowedSkips('a.test.mjs > x\n'), /must be: name of the test -- reason/);
});
