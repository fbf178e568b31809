// What every kernel test needs: the built probe on a scope, the unprivileged reader, a raw client.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// A test that fails half-way leaves children; without this they would keep the run alive.
const started = new Set();
function track(child) {
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}
if (process.env.NODE_TEST_CONTEXT)
  (await import('node:test')).after(() => {
    for (const child of started) child.kill('SIGKILL');
  });

const build = resolve(import.meta.dirname, '../../bpf/build');
export const probePath = join(build, 'headwater-probe');
export const readerPath = join(build, 'ring-reader');
export const objectPath = join(build, 'probe.bpf.o');

/** Why capture cannot be tested here, or false: the value of node:test's `skip`. */
export function whyNot() {
  if (!existsSync(probePath) || !existsSync(readerPath)) return 'bpf is not built: run make -C bpf';
  const check = spawnSync(probePath, ['--check'], { encoding: 'utf8' });
  if (check.status === 0) return false;
  return `capture is not possible here: ${JSON.parse(check.stdout || '{"reasons":["--check failed"]}').reasons.join('; ')}`;
}

/** The hooks that this kernel allows: what holds of one must hold of the other. */
export const modes = (() => {
  try {
    return JSON.parse(spawnSync(probePath, ['--check'], { encoding: 'utf8' }).stdout).hooks;
  } catch {
    return [];
  }
})();

export function hasProgram(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** Names of enum hw_counter in order, read from wire.h so that they cannot differ. */
export const counterNames = (() => {
  const header = readFileSync(resolve(import.meta.dirname, '../../bpf/include/wire.h'), 'utf8');
  const body = /enum hw_counter \{([^}]*)\}/.exec(header)[1].replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const names = {};
  let next = 0;
  for (const item of body
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean)) {
    const [name, value] = item.split('=').map((s) => s.trim());
    next = value === undefined ? next : Number(value);
    names[name] = next++;
  }
  return names;
})();

/**
 * Starts probe and reader. Returns `records` (growing), `ask(command)` -> its answer,
 * `settled()` (the ring is empty), `counters()` by name, `stop()`.
 */
export async function capture(scopes, { probeArgs = [], readerArgs = [], uid, hooks = 'auto' } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'hw-kernel-'));
  chmodSync(dir, 0o755);
  const socket = join(dir, 'probe.sock');
  const probe = track(
    spawn(probePath, ['--socket', socket, '--hooks', hooks, ...scopes.flatMap((s) => ['--scope', s]), ...probeArgs], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const [ready] = await Promise.race([
    once(createInterface(probe.stdout), 'line'),
    once(probe, 'exit').then(([code]) => {
      throw new Error(`the probe ended with ${code}`);
    }),
  ]);
  if (!ready.startsWith('ready ')) throw new Error(`probe said: ${ready}`);
  const reader = await openReader(socket, { readerArgs, uid });
  return {
    ...reader,
    dir,
    socket,
    probe,
    async stop() {
      await reader.close();
      probe.kill('SIGTERM');
      if (probe.exitCode === null && probe.signalCode === null) await once(probe, 'exit');
      rmSync(dir, { recursive: true, force: true });
      return probe.exitCode;
    },
  };
}

/** The reader, with every capability dropped. */
export async function openReader(socket, { readerArgs = [], uid } = {}) {
  const user = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const child = track(
    spawn('setpriv', [...user, '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', readerPath, socket, ...readerArgs], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const records = [];
  const answers = [];
  const waiting = [];
  child.setMaxListeners(0);
  let hello;
  createInterface(child.stdout).on('line', (line) => {
    const record = JSON.parse(line);
    if (['HELLO', 'REPLY', 'COUNTERS', 'DRAINED', 'CPU'].includes(record.type)) {
      const wait = waiting.shift();
      if (wait) wait(record);
      else answers.push(record);
    } else records.push(record);
  });
  const next = () =>
    answers.length
      ? Promise.resolve(answers.shift())
      : new Promise((done, fail) => {
          waiting.push(done);
          child.once('exit', () => fail(new Error('the reader is gone')));
        });
  hello = await next();
  const send = (command) => child.stdin.write(`${command}\n`);
  const ask = (command) => {
    const answer = next();
    send(command);
    return answer;
  };
  return {
    hello,
    records,
    ask,
    send,
    child,
    // a hook runs after its bytes are on their way, so a peer that has them may be ahead of the record
    async settled() {
      for (let before = -1, i = 0; before !== records.length && i < 50; i++) {
        before = records.length;
        await sleep(25);
        await ask('drain');
      }
    },
    async counters() {
      const answer = await ask('counters');
      return { ...answer, ...Object.fromEntries(Object.entries(counterNames).map(([k, i]) => [k, answer.values[i] ?? 0])) };
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      send('quit');
      await once(child, 'exit');
    },
  };
}

/** A raw TCP or Unix client: `send(bytes)`, `receive()` = what comes (within 1 s) until 60 ms of silence. */
export async function client(target) {
  const socket = net.connect(target);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  let got = '';
  socket.on('data', (chunk) => {
    got += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  return {
    socket,
    send: (data) => new Promise((done) => socket.write(data, done)),
    async receive(quiet = 60) {
      for (let i = 0; i < 100 && !got && !socket.destroyed; i++) await sleep(10);
      for (let before = -1; before !== got.length;) {
        before = got.length;
        await sleep(quiet);
      }
      const all = got;
      got = '';
      return all;
    },
    /** What came, as soon as something did. */
    async answer(quiet = 5) {
      await until(() => got || socket.destroyed, 'an answer', 1);
      return this.receive(quiet);
    },
    async close() {
      socket.destroy();
      await sleep(20);
    },
  };
}

/** nginx with one worker and a configuration of its own; returns { pid, stop }. */
export async function nginx(port, locations, { worker = '', access = 'access_log off;' } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'hw-nginx-'));
  chmodSync(dir, 0o755);
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log; ${worker}
events { worker_connections 256; }
http { ${access} keepalive_requests 100000000; sendfile on;
  client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  server { listen 127.0.0.1:${port}; root ${dir}; ${locations} } }`,
  );
  writeFileSync(join(dir, 'small.txt'), 'a'.repeat(200));
  writeFileSync(join(dir, 'large.txt'), 'b'.repeat(200_000));
  const child = track(spawn('nginx', ['-c', join(dir, 'nginx.conf')], { stdio: 'ignore' }));
  for (let i = 0; ; i++) {
    const up = await new Promise((done) => {
      const probe = net.connect(port, '127.0.0.1', () => {
        probe.destroy();
        done(true);
      });
      probe.on('error', () => done(false));
    });
    if (up) break;
    if (i > 100 || child.exitCode !== null) throw new Error(`nginx did not start on ${port}`);
    await sleep(20);
  }
  return {
    pid: child.pid,
    dir,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A small server in Python whose `body` is Python code with the accepted socket as `c`. */
export async function pythonServer(port, body, { unix, family = 'AF_INET', command = ['python3'] } = {}) {
  const address = unix ? `'${unix}'` : family === 'AF_INET6' ? `('::1', ${port})` : `('127.0.0.1', ${port})`;
  const indented = body
    .split('\n')
    .map((line) => `        ${line}`)
    .join('\n');
  const source = `import socket, os, sys, time, array, struct
l = socket.socket(socket.${unix ? 'AF_UNIX' : family}); ${unix ? '' : 'l.setsockopt(1, 2, 1); '}l.bind(${address}); l.listen(16)
print('up', flush=True)
OK = b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'
while True:
    c, _ = l.accept()
    try:
${indented}
    except ConnectionError: pass
    c.close()
`;
  const child = track(spawn(command[0], [...command.slice(1), '-c', source], { stdio: ['ignore', 'pipe', 'inherit'] }));
  await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(() => {
      throw new Error(`the Python server on ${unix ?? port} ended at once`);
    }),
  ]);
  return {
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** Waits, for up to 20 s, until `condition()` holds; fails with `what` was waited for. */
export async function until(condition, what, interval = 10) {
  for (const end = performance.now() + 20_000; !(await condition());) {
    if (performance.now() > end) throw new Error(`not within 20 s: ${what}`);
    await sleep(interval);
  }
}

/**
 * ns per run (bpf_stats) of the programs that a probe holds, over what `run` does: { hw_send: 512, ... }.
 * About 75 ns of it is the measurement itself: that much an empty program is shown with.
 */
export async function programTimes(probe, run) {
  const ids = readdirSync(`/proc/${probe.pid}/fdinfo`).flatMap((fd) => /^prog_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${probe.pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? []);
  const stats = '/proc/sys/kernel/bpf_stats_enabled';
  const before = readFileSync(stats, 'utf8');
  writeFileSync(stats, '1');
  try {
    await run();
    const shown = ids.map((id) => JSON.parse(spawnSync('/usr/sbin/bpftool', ['prog', 'show', 'id', id, '-j'], { encoding: 'utf8' }).stdout));
    return Object.fromEntries(shown.filter((p) => p.run_cnt > 100).map((p) => [p.name, Math.round(p.run_time_ns / p.run_cnt)]));
  } finally {
    writeFileSync(stats, before);
  }
}

export { sleep };
