// What the machine must have beside Node and npm: how to see it, and the Debian package that brings it.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './repo.mjs';

const program = (name) => () =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some((dir) => {
    try {
      accessSync(join(dir || '.', name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
const file =
  (...paths) =>
  () =>
    paths.some((p) => existsSync(p));

/** Packages that are unpacked into .cache/debian of the clone, not installed: only their sources are used. */
export const UNPACKED_DIR = join(ROOT, '.cache/debian');

/** Whether a kernel of the series is unpacked. */
const unpackedKernel = (series) => () => existsSync(join(UNPACKED_DIR, 'boot')) && readdirSync(join(UNPACKED_DIR, 'boot')).some((f) => f.startsWith(`vmlinuz-${series}.`));

/** Debian's kernels for the tests in a virtual machine; `package` is a pattern, of which the newest is taken. `tested`: the set-up goes on without it, its test fails. */
export const KERNELS = ['6.1', '6.12'].map((series) => ({
  group: 'test',
  package: `linux-image-${series}.*-cloud-amd64-unsigned`,
  series,
  why: `Linux ${series}, run in a virtual machine, not installed`,
  unpack: true,
  tested: true,
  have: unpackedKernel(series),
}));

export const NEEDS = [
  { group: 'run', package: 'clang', why: 'compiles the kernel programs', have: program('clang') },
  { group: 'run', package: 'llvm', why: 'strips the kernel programs', have: program('llvm-strip') },
  { group: 'run', package: 'bpftool', why: 'makes the skeleton of the kernel programs', have: program('bpftool') },
  { group: 'run', package: 'libbpf-dev', why: 'loads the kernel programs', have: file('/usr/include/bpf/libbpf.h') },
  { group: 'run', package: 'libelf-dev', why: 'libbpf needs it', have: file('/usr/include/libelf.h') },
  { group: 'run', package: 'zlib1g-dev', why: 'libbpf needs it', have: file('/usr/include/zlib.h') },
  { group: 'run', package: 'make', why: 'builds the native parts', have: program('make') },
  { group: 'run', package: 'g++', why: 'compiles the capture core', have: program('g++') },
  { group: 'run', package: 'pkg-config', why: 'finds the libraries', have: program('pkg-config') },
  { group: 'run', package: 'libsodium-dev', why: 'keyed fingerprints', have: file('/usr/include/sodium.h') },
  {
    group: 'run',
    package: 'node-llhttp',
    why: 'HTTP/1 parser, sources only',
    unpack: true,
    have: file('/usr/share/llhttp/llhttp.c', join(UNPACKED_DIR, 'usr/share/llhttp/llhttp.c')),
  },
  { group: 'run', package: 'util-linux', why: 'setpriv takes privileges away', have: program('setpriv') },
  { group: 'test', package: 'nginx', why: 'a real server to watch', have: program('nginx') },
  { group: 'test', package: 'apache2-utils', why: 'ab, a load', have: program('ab') },
  { group: 'test', package: 'wrk', why: 'a heavier load', have: program('wrk') },
  { group: 'test', package: 'curl', why: 'requests by hand', have: program('curl') },
  { group: 'test', package: 'apache2-bin', why: 'a real server to watch', have: program('apache2') },
  { group: 'test', package: 'haproxy', why: 'a real proxy to watch', have: program('haproxy') },
  { group: 'test', package: 'lighttpd', why: 'a real server to watch', have: program('lighttpd') },
  { group: 'test', package: 'golang-go', why: 'compiles a Go server to watch', have: program('go') },
  { group: 'test', package: 'prometheus-alertmanager', why: 'the real Alertmanager', have: program('prometheus-alertmanager') },
  { group: 'test', package: 'redis-server', why: 'the real Redis', have: program('redis-server') },
  { group: 'test', package: 'prometheus', why: 'the real Prometheus', have: () => program('prometheus')() && program('promtool')() },
  { group: 'test', package: 'openjdk-17-jre-headless', why: 'runs the real Kafka', have: program('java') },
  { group: 'test', package: 'maven', why: 'fetches the real Kafka', have: program('mvn') },
  { group: 'test', package: 'valgrind', why: 'counts the instructions of the core', have: program('valgrind') },
  { group: 'test', package: 'chromium', why: 'a real browser for the dashboard', have: program('chromium') },
  { group: 'test', package: 'python3', why: 'a client and a server of the kernel tests', have: program('python3') },
  { group: 'test', package: 'liburing-dev', why: 'io_uring in the kernel tests', have: file('/usr/include/liburing.h') },
  { group: 'test', package: 'iproute2', why: 'network namespaces of the tests', have: program('ip') },
  { group: 'test', package: 'openssl', why: 'certificates of the tests', have: program('openssl') },
  { group: 'test', package: 'qemu-system-x86', why: 'virtual machines with older kernels', have: program('qemu-system-x86_64') },
  { group: 'test', package: 'busybox-static', why: 'the first program in them', have: program('busybox') },
  { group: 'test', package: 'e2fsprogs', why: 'makes their disk', have: program('mke2fs') },
  { group: 'test', package: 'systemd', why: 'checks the units', have: program('systemd-analyze') },
  ...KERNELS,
  {
    group: 'test',
    package: 'python3-venv',
    why: 'a consumer that is not ours',
    have: () => program('python3')() && spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0,
  },
  {
    group: 'fuzz',
    package: 'libclang-rt-14-dev',
    why: 'libFuzzer and the sanitizers',
    have: file('/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a', '/usr/lib/clang/14/lib/linux/libclang_rt.fuzzer-x86_64.a'),
  },
];
