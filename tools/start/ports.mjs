// Whether a port of 127.0.0.1 is free, and who holds it when it is not: pid and name, read from /proc.
import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { basename } from 'node:path';

export async function isFree(port, host = '127.0.0.1') {
  return new Promise((ok) => {
    const server = net.createServer();
    server.once('error', () => ok(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => ok(true)));
  });
}

/** Ports that the kernel gives to clients, as /proc says it. */
function ephemeral() {
  try {
    const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
    return { low, high };
  } catch {
    return { low: 32_768, high: 60_999 };
  }
}

const LOWEST = 10_000;
const given = new Set();

/**
 * A free port of 127.0.0.1 outside those that the kernel gives to clients: a client that calls a port of that range
 * again and again while nobody listens there meets itself in the end, and then holds the port. At random, so that
 * two that look at the same time rarely find the same one.
 */
export async function freePort() {
  const { low, high } = ephemeral();
  // The larger of the two sides of the range; a host that gave its clients everything has none.
  const [from, to] = low - LOWEST >= 65_535 - high ? [LOWEST, low - 1] : [high + 1, 65_535];
  if (to - from < 100) throw new Error(`clients of this host take the ports ${low} to ${high} (net.ipv4.ip_local_port_range); that leaves none for servers`);
  for (let tries = 0; tries < 1_000; tries++) {
    const port = randomInt(from, to + 1);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port from ${from} to ${to} after 1000 tries`);
}

/**
 * Whether this process may have a port that nothing listens on yet: between looking and listening another start could
 * choose it too. Kept until the process ends, by a name among the abstract sockets, which goes with it (unix(7)).
 */
export async function claim(port) {
  return new Promise((ok) => {
    const held = net.createServer((caller) => caller.destroy());
    held.once('error', () => ok(false));
    held.listen(`\0headwater-port-${port}`, () => ok(Boolean(held.unref())));
  });
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
