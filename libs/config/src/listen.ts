import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Inodes of sockets that listen on a TCP port (state 0A in /proc/net/tcp, port in hex). */
function listeners(port: number): Set<string> {
  const inodes = new Set<string>();
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(file).split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[3] === '0A' && columns[1]?.endsWith(`:${hex}`)) inodes.add(columns[9] as string);
    }
  }
  return inodes;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** Program and first argument: the comm of every Node process is the same. More of a command line may hold secrets. */
function nameOf(pid: string): string {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, 2).join(' ').trim() || read(`/proc/${pid}/comm`).trim() || 'a process';
}

/** `nginx (pid 42)` that listens on the port, as far as /proc shows it to us; null otherwise. */
export function portHolder(port: number): string | null {
  const inodes = listeners(port);
  if (inodes.size === 0) return null;
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of entries(`/proc/${pid}/fd`)) {
      let target: string;
      try {
        target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        continue;
      }
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) return `${nameOf(pid)} (pid ${pid})`;
    }
  }
  return null;
}

/** A clear sentence for a failed listen; other errors as they are. */
export function explainListen(error: unknown, host: string, port: number, fix: string): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') return new Error(`port ${port} on ${host} is taken by ${portHolder(port) ?? 'a process of another user'}; ${fix}`, { cause: error });
  if (code === 'EADDRNOTAVAIL') return new Error(`${host} is no address of this machine; ${fix}`, { cause: error });
  if (code === 'EACCES') return new Error(`port ${port} needs privileges that this process does not have; ${fix}`, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}
