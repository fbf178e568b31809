// Programs under test as children: started in a directory of their own, up when their port answers, gone after the test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../kernel/harness.mjs';

const running = new Set();
process.once('exit', () => {
  for (const child of running) signalAll(child, 'SIGKILL');
});

/** With the processes that it forked: they are of its group. */
function signalAll(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // they have ended
  }
}

export function scratch() {
  const dir = mkdtempSync(join(tmpdir(), 'hw-matrix-'));
  chmodSync(dir, 0o755);
  return dir;
}

/** Starts `command` and waits until `target` can be connected to. */
export async function startProgram(command, args, { target, dir, env = {}, signal = 'SIGTERM' }) {
  // in a process group of its own: apache2 ends its whole group when it is told to end
  const child = spawn(command, args, { cwd: dir, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let said = '';
  for (const out of [child.stdout, child.stderr]) out.on('data', (d) => (said = (said + d).slice(-4000)));
  for (const until = performance.now() + 20_000; !(await answers(target));) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > until) throw new Error(`${command} did not start: ${said}`);
    await sleep(20);
  }
  return {
    pid: child.pid,
    said: () => said,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        signalAll(child, signal);
        await Promise.race([gone, sleep(3000, undefined, { ref: false })]);
      }
      signalAll(child, 'SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function answers(target) {
  return new Promise((done) => {
    const s = net.connect(target, () => {
      s.destroy();
      done(true);
    });
    s.on('error', () => done(false));
  });
}
