import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownerOf, probeCommand, probePath, unprivileged } from '../probe-command.ts';
import { UsageError } from './usage-error.ts';

const READY_MS = 30_000;

/**
 * `tail --scope`: starts the probe on the scopes, then this program again without privileges on the probe's socket,
 * with `args`. This process, which may be root, touches nothing that was captured. Answers the exit status.
 */
export async function tailOwnCapture(scopes: readonly string[], meanAll: boolean, args: readonly string[], complain: (line: string) => void): Promise<number> {
  const uid = process.getuid!();
  const owner = ownerOf(uid, process.getgid!(), process.env);
  const dir = mkdtempSync(join(tmpdir(), 'headwater-tail-'));
  const socket = join(dir, 'probe.sock');
  if (owner.uid !== uid) chownSync(dir, owner.uid, owner.gid);
  let child: ChildProcess | null = null;
  // A session of its own: Ctrl-C ends the reader, which drains the ring before the probe goes.
  const [command, probeArgs] = probeCommand(
    probePath(),
    ['--socket', socket, ...scopes.flatMap((s) => ['--scope', s]), ...(meanAll ? ['--i-mean-all'] : []), '--exclude-pid', String(process.pid)],
    uid,
    owner,
  );
  const probe = spawn(command, probeArgs, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let words = '';
  probe.stderr.on('data', (data: Buffer) => (words = (words + data.toString('utf8')).slice(-4_000)));
  const probeGone = new Promise<void>((ok) => {
    probe.once('error', (error) => {
      words ||= error.message;
      ok();
    });
    probe.once('close', () => ok());
  });
  let over = false;
  void probeGone.then(() => (over = true));
  let asked: NodeJS.Signals | null = null;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      asked = signal;
      // A terminal gives SIGINT to the reader too; a second one does it no harm.
      child?.kill('SIGTERM');
    });
  }
  try {
    for (const until = Date.now() + READY_MS; !existsSync(socket) && asked === null; await sleep(20)) {
      if (over) throw new UsageError(probeWords(words));
      if (Date.now() > until) throw new Error(`headwater-probe was not ready after ${READY_MS / 1000} s: ${words.trim()}`);
    }
    if (asked !== null) return 0;
    const again = unprivileged(process.execPath, [...process.execArgv, process.argv[1]!, 'tail', '--probe-socket', socket, ...args], uid, owner);
    child = spawn(again[0], again[1], { stdio: 'inherit' });
    const running = child;
    const status = await new Promise<number>((ok, bad) => {
      running.once('error', bad);
      running.once('exit', (code, signal) => ok(code ?? (signal === 'SIGTERM' && asked !== null ? 0 : 1)));
    });
    if (over && words.trim() !== '') complain(`-- ${probeWords(words)}`);
    return status;
  } finally {
    probe.kill('SIGTERM');
    await Promise.race([probeGone, sleep(5_000, undefined, { ref: false })]);
    rmSync(dir, { recursive: true, force: true });
  }
}

function probeWords(text: string): string {
  return text.trim() || 'headwater-probe ended without a word';
}
