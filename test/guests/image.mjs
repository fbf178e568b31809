// The disk of the guests: Node 24, the built agent, probe and admin with what they import, nginx, all their libraries.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, node24 } from '../../tools/repo.mjs';
import { busybox } from './initramfs.mjs';

const CACHE = join(ROOT, '.cache/guests');
/** Our own program that runs in there; the rest follows from its package.json. */
const APPS = ['apps/agent'];
const OUR_PARTS = ['bin', 'dist', 'schemas', 'build/capture.node'];
/** Where it lies in the guest; the same tree as here, so that what our programs look for is where they look. */
const HOME = '/headwater';
/** V8 without its compilers: under an emulator, code that changes costs more than it saves (start of the agent: 8 s instead of 15). */
const PLAIN_NODE = '--no-opt --no-maglev --no-sparkplug';

const INIT = `#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t cgroup2 cgroup /sys/fs/cgroup
for d in tmp run var; do /bin/busybox mount -t tmpfs -o mode=1777 tmpfs /$d; done
/bin/busybox mkdir -p /var/lib/nginx /var/log/nginx /dev/shm
/bin/busybox mount -t tmpfs tmpfs /dev/shm
/bin/busybox ifconfig lo up
/bin/busybox hostname guest
node ${PLAIN_NODE} ${HOME}/test/guests/inside/main.mjs
echo "guest: main.mjs ended with $?"
/bin/busybox sync
/bin/busybox poweroff -f
`;

/** @returns {string} the image, made anew only when something in it has changed */
export function image() {
  const files = contents();
  const key = createHash('sha256')
    .update(JSON.stringify([INIT, files.map(([to, from]) => [to, from, ...stamp(from)])]))
    .digest('hex')
    .slice(0, 16);
  const file = join(CACHE, `${key}.ext4`);
  if (existsSync(file)) return file;
  mkdirSync(CACHE, { recursive: true });
  for (const old of readdirSync(CACHE).filter((f) => f.endsWith('.ext4'))) rmSync(join(CACHE, old));
  const root = join(CACHE, `root-${process.pid}`);
  try {
    stage(root, files);
    const megabytes = Math.ceil((files.reduce((n, [, from]) => n + Math.ceil(statSync(from).size / 4096) * 4096 + 512, 0) / (1 << 20)) * 1.1) + 24;
    const made = spawnSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-E', 'root_owner=0:0', '-d', root, `${file}.part`, `${megabytes}M`], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    if (made.status !== 0) throw new Error(`mke2fs could not make the guests' disk: ${made.error?.message ?? made.stderr}`);
    renameSync(`${file}.part`, file);
  } finally {
    rmSync(root, { recursive: true, force: true });
    rmSync(`${file}.part`, { force: true });
  }
  return file;
}

function stage(root, files) {
  for (const dir of ['proc', 'sys', 'dev', 'tmp', 'run', 'var', 'root', 'etc/headwater', 'bin', 'sbin', 'usr/bin', 'usr/sbin']) mkdirSync(join(root, dir), { recursive: true });
  for (const [to, from] of files) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to), 2 /* COPYFILE_FICLONE: a reference where the file system can */);
  }
  writeFileSync(join(root, 'init'), INIT);
  chmodSync(join(root, 'init'), 0o755);
  symlinkSync('/bin/busybox', join(root, 'bin/sh'));
  symlinkSync('/proc/self/mounts', join(root, 'etc/mtab'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nprobe:x:601:601::/:/bin/sh\nagent:x:602:602::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nprobe:x:601:\nagent:x:602:\nwww-data:x:33:\n');
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
  writeFileSync(join(root, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n');
  // Making the topics in there would take another start of Node.
  const topics = spawnSync(node24(), [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--path', join(root, 'etc/headwater/bus.db')], { encoding: 'utf8' });
  if (topics.status !== 0) throw new Error(`headwater-admin topics apply: ${topics.stderr}`);
  mkdirSync(join(root, `.${HOME}/node_modules/@headwater`), { recursive: true });
  for (const dir of ours())
    symlinkSync(`../../${dir}`, join(root, `.${HOME}/node_modules/@headwater`, JSON.parse(readFileSync(join(ROOT, dir, 'package.json'), 'utf8')).name.split('/')[1]));
}

const stamp = (file) => {
  const { size, mtimeMs } = statSync(file);
  return [size, mtimeMs];
};

/** [path in the guest, file here] of everything. */
function contents() {
  const programs = { '/usr/bin/node': node24(), '/usr/sbin/nginx': which('nginx'), '/usr/bin/setpriv': which('setpriv'), '/bin/busybox': busybox() };
  const native = [...Object.values(programs).slice(0, 3), join(ROOT, 'bpf/build/headwater-probe'), join(ROOT, 'libs/capture/build/capture.node')];
  const files = [
    ...Object.entries(programs),
    ...libraries(native).map((f) => [f, realpathSync(f)]),
    ...['headwater-probe', 'ring-reader'].map((f) => [`${HOME}/bpf/build/${f}`, join(ROOT, 'bpf/build', f)]),
    ...under(join(ROOT, 'test/guests/inside'), `${HOME}/test/guests/inside`),
  ];
  for (const dir of ours()) {
    const documents = readdirSync(join(ROOT, dir)).filter((f) => f.endsWith('.json') && f !== 'tsconfig.json');
    for (const part of [...documents, ...OUR_PARTS]) files.push(...under(join(ROOT, dir, part), `${HOME}/${dir}/${part}`));
  }
  for (const dir of packages()) files.push(...under(join(ROOT, dir), `${HOME}/${dir}`));
  // Of a package's files, those that Node reads.
  return files.filter(([to]) => !to.includes('/node_modules/') || /\.(c?js|mjs|json|node)$/.test(to)).filter(([to]) => !/\.(d\.ts|map|spec\.js|integration\.js)$/.test(to));
}

function under(from, to) {
  if (!existsSync(from)) return [];
  if (!lstatSync(from).isDirectory()) return [[to, from]];
  return readdirSync(from)
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => under(join(from, name), `${to}/${name}`));
}

const manifest = (dir) => JSON.parse(readFileSync(join(ROOT, dir, 'package.json'), 'utf8'));

/** Folders of our own packages that the apps import, themselves included. */
function ours(found = new Set(), dirs = APPS) {
  for (const dir of dirs) {
    if (found.has(dir)) continue;
    found.add(dir);
    const own = Object.keys(manifest(dir).dependencies ?? {}).filter((name) => name.startsWith('@headwater/'));
    ours(
      found,
      own.map((name) => realpathSync(join(ROOT, 'node_modules', name)).slice(ROOT.length + 1)),
    );
  }
  return found;
}

/** Folders of the other packages that those need, found as Node finds them. */
function packages() {
  const found = new Set();
  const visit = (dir) => {
    const { dependencies, optionalDependencies, peerDependencies } = manifest(dir);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      if (name.startsWith('@headwater/')) continue;
      for (let at = dir; ; at = dirname(at)) {
        const here = join(at, 'node_modules', name);
        if (existsSync(join(ROOT, here, 'package.json'))) {
          if (!found.has(here)) {
            found.add(here);
            visit(here);
          }
          break;
        }
        if (at === '.') break;
      }
    }
  };
  for (const dir of ours()) visit(dir);
  return found;
}

function which(name) {
  const file = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].map((dir) => join(dir, name)).find((f) => existsSync(f));
  if (!file) throw new Error(`${name} is missing on this machine: node tools/setup.mjs test brings it`);
  return realpathSync(file);
}

/** Shared libraries of programs, by the names under which the loader looks for them. */
function libraries(programs) {
  const { stdout, status, stderr } = spawnSync('ldd', programs, { encoding: 'utf8' });
  if (status !== 0 || stdout.includes('not found')) throw new Error(`ldd ${programs.join(' ')}: ${stderr}${stdout}`);
  return [...new Set([...stdout.matchAll(/(\/\S+) \(0x/g)].map((m) => m[1]))];
}
