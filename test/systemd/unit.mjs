// Reads a unit file as systemd does, as far as ours need it, and runs its service without systemd: by its own words.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/repo.mjs';

const UNITS = join(ROOT, 'infra/systemd');
/** Where a unit says the tree lies. */
export const INSTALLED = '/opt/headwater';
/** linux/socket.h */
const FAMILIES = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10, AF_NETLINK: 16 };

/** @returns {{ get(key: string): string | undefined, all(key: string): string[] }} `all`: of a list, every word given */
export function readUnit(name) {
  const values = new Map();
  for (const line of readFileSync(join(UNITS, name), 'utf8').split('\n')) {
    const found = /^(\w+)=(.*)$/.exec(line);
    if (!found) continue;
    const [, key, value] = found;
    // systemd.syntax(7): an empty value takes back what was given before.
    values.set(key, value === '' ? [] : [...(values.get(key) ?? []), value]);
  }
  return { get: (key) => values.get(key)?.at(-1), all: (key) => (values.get(key) ?? []).flatMap((v) => v.split(/\s+/)), lines: (key) => values.get(key) ?? [] };
}

/** Names of all system calls that SystemCallFilter= leaves: lines in turn add or, with ~, take away; sets as systemd has them. */
export function allowedCalls(unit) {
  const allowed = new Set();
  for (const line of unit.lines('SystemCallFilter')) {
    const take = line.startsWith('~');
    for (const call of line.replace('~', '').split(/\s+/).flatMap(callsOf)) {
      if (take) allowed.delete(call);
      else allowed.add(call);
    }
  }
  // systemd lets these through in every allow list, or nothing could be started.
  for (const call of callsOf('@default')) allowed.add(call);
  return allowed;
}

const sets = new Map();
function callsOf(name) {
  if (!name.startsWith('@')) return [name];
  if (!sets.has(name)) {
    const { stdout, status, error, stderr } = spawnSync('systemd-analyze', ['syscall-filter', '--no-pager', name], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`systemd-analyze syscall-filter ${name}: ${error?.message ?? stderr}`);
    const words = stdout.split('\n').map((l) => l.trim());
    sets.set(
      name,
      words
        .slice(1)
        .filter((w) => w && !w.startsWith('#'))
        .flatMap(callsOf),
    );
  }
  return sets.get(name);
}

/** Numbers on x86-64, from the kernel's own header. */
function numbers(names) {
  const header = readFileSync(
    ['/usr/include/x86_64-linux-gnu/asm/unistd_64.h', '/usr/include/asm/unistd_64.h'].find((f) => spawnSync('test', ['-r', f]).status === 0),
    'utf8',
  );
  const table = new Map([...header.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map((m) => [m[1], m[2]]));
  return [...names].flatMap((name) => table.get(name) ?? []);
}

/** The helper that sets seccomp; compiled once a run. */
export function confine(dir) {
  const file = join(mkdtempSync(join(dir, 'confine-')), 'confine');
  const made = spawnSync('gcc', ['-O1', '-Wall', '-Werror', '-o', file, join(import.meta.dirname, 'confine.c')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`confine.c: ${made.error?.message ?? made.stderr}`);
  return file;
}

/**
 * The command that runs a unit's ExecStart with what the unit says of capabilities, user, system calls, address families,
 * memory, securebits, mounts and network; the unit's own values, read from its file.
 * @param {{ uid: number, writable: string, replace: Record<string, string>, env: Record<string, string>, helper: string }} o `writable`: what stays writable
 *   under ProtectSystem=strict; `replace`: directories of the unit and ours; `env`: variables of ExecStart
 * @returns {string[]}
 */
export function commandOf(unit, { uid, writable, replace, env, helper }) {
  const caps = (key) => ['-all', ...unit.all(key).map((c) => `+${c.toLowerCase().replace('cap_', '')}`)].join();
  const start = unit
    .get('ExecStart')
    .split(/\s+/)
    .flatMap((word) => (word.startsWith('$') ? env[word.slice(1)].split(' ') : [word]));
  const own = start.map((word) => Object.entries(replace).reduce((w, [from, to]) => w.replace(from, to), word));
  const bits = unit.all('SecureBits').map((b) => `+${b.replace('-', '_')}`);
  return [
    'unshare',
    '--mount',
    '--propagation=private',
    ...(unit.get('PrivateNetwork') === 'yes' ? ['--net'] : []),
    '--',
    'sh',
    '-c',
    // ProtectSystem=strict: everything read-only but what is named; ProtectHome=yes: homes are empty.
    `set -e; mount -t tmpfs tmpfs /opt; mkdir ${INSTALLED}; mount --bind "$1" ${INSTALLED}; mount --bind "$2" "$2"
${unit.get('ProtectHome') === 'yes' ? 'mount -t tmpfs -o ro tmpfs /home' : ''}
${unit.get('ProtectSystem') === 'strict' ? 'mount -o remount,bind,ro /' : ''}
shift 2; umask ${unit.get('UMask')}; exec "$@"`,
    'sh',
    ROOT,
    writable,
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${uid}`,
    '--clear-groups',
    ...(bits.length > 0 ? [`--securebits=${bits.join()}`] : []),
    `--inh-caps=${caps('AmbientCapabilities')}`,
    `--ambient-caps=${caps('AmbientCapabilities')}`,
    `--bounding-set=${caps('CapabilityBoundingSet')}`,
    ...(unit.get('NoNewPrivileges') === 'yes' ? ['--no-new-privs'] : []),
    '--',
    helper,
    unit.get('MemoryDenyWriteExecute') === 'yes' ? '-m' : '-',
    unit
      .all('RestrictAddressFamilies')
      .map((f) => FAMILIES[f])
      .join(),
    numbers(allowedCalls(unit)).join(),
    '--',
    ...own,
  ];
}
