import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two that take over the lock of a dead third at once see each other after this time. */
const SETTLE_MS = 50;

interface Holder {
  pid: number;
  /** start of that process, ticks since boot: a pid is used again */
  start: string;
  boot: string;
}

/** Start time of a process, field 22 of /proc/PID/stat; '' when there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function holderOf(file: string): Holder | null {
  try {
    const held = JSON.parse(readFileSync(file, 'utf8')) as Holder;
    return typeof held.pid === 'number' ? held : null;
  } catch {
    return null;
  }
}

/**
 * Makes this process the only one on `dir`; answers what gives it back. A lock whose process is gone is taken over.
 * @throws Error that names the pid of the process that has it
 */
export function lockSpool(dir: string): () => void {
  const file = join(dir, 'lock');
  const own: Holder = { pid: process.pid, start: startOf(process.pid), boot: bootId() };
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(own), { mode: 0o600 });
  try {
    for (let tries = 0; ; tries++) {
      try {
        linkSync(mine, file);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 3) throw error;
      }
      const held = holderOf(file);
      if (held?.boot === own.boot && held.start === startOf(held.pid)) {
        throw new Error(`spool.dir ${dir} is used by another agent (pid ${held.pid}); give each agent a directory of its own`);
      }
      renameSync(mine, file);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SETTLE_MS);
      const now = holderOf(file);
      if (now?.pid === own.pid && now.start === own.start) break;
      writeFileSync(mine, JSON.stringify(own), { mode: 0o600 });
    }
  } finally {
    try {
      unlinkSync(mine);
    } catch {
      // It became the lock.
    }
  }
  return () => {
    if (holderOf(file)?.pid === process.pid) unlinkSync(file);
  };
}
