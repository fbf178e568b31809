// Whether a port of 127.0.0.1 is free, and who holds it when it is not: pid and name, read from /proc.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { basename } from 'node:path';

export async function isFree(port) {
  return new Promise((ok) => {
    const server = net.createServer();
    server.once('error', () => ok(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => ok(true)));
  });
}

export async function freePort() {
  const server = net.createServer();
  await new Promise((ok, bad) => server.once('error', bad).listen(0, '127.0.0.1', ok));
  const { port } = server.address();
  await new Promise((ok) => server.close(ok));
  return port;
}

/** Its command's base name; of an interpreter the script too, since all Node processes have one name. */
export function nameOf(pid) {
  const [command = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const script = /^(node|python[\d.]*|ruby|java|sh|bash)$/.test(basename(command)) ? args.find((a) => a !== '' && !a.startsWith('-')) : undefined;
  // nginx and others write a sentence into their argv: `nginx: worker process`.
  return [command.includes(': ') ? command.split(':')[0] : basename(command), script].filter(Boolean).join(' ') || readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}

/** `nginx (pid 123)`; what can be known of a listener. */
export function holderOf(port) {
  const inodes = new Map();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text = '';
    try {
      text = readFileSync(table, 'utf8');
    } catch {}
    for (const row of text.split('\n').slice(1)) {
      const f = row.trim().split(/\s+/);
      // 0A: a listening socket
      if (f.length > 9 && f[3] === '0A' && Number.parseInt(f[1].split(':')[1], 16) === port) inodes.set(f[9], f[7]);
    }
  }
  for (const pid of readdirSync('/proc').filter((d) => /^\d+$/.test(d))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const link = readlinkSync(`/proc/${pid}/fd/${fd}`);
        if (link.startsWith('socket:[') && inodes.has(link.slice(8, -1))) return `${nameOf(pid)} (pid ${pid})`;
      }
    } catch {
      // another user's process, or one that has just ended
    }
  }
  const [uid] = inodes.values();
  return uid === undefined ? 'somebody (nothing listens there, but the port cannot be bound)' : `a process of user id ${uid} that may not be looked into`;
}
