// Boots a kernel in a virtual machine of its own and answers what the program inside found.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initramfs } from './initramfs.mjs';
import { kernel } from './kernels.mjs';

/** Room for the findings, which the guest writes to its second disk. */
const FINDINGS_BYTES = 16 << 20;
/** Of the console, what is shown when a guest fails. */
const CONSOLE_LINES = 80;

/**
 * By qemu's own translator: some ten times slower than KVM, but it needs nothing of the machine; inside of other
 * virtual machines /dev/kvm can be there and not work. No network: what is inside talks to itself.
 * @param {string} series of the kernel @param {string[]} hooks values of --hooks, one run each
 * @param {string} image the disk, see image.mjs
 * @param {{ unprivileged?: boolean }} [options] `unprivileged`: doctor is asked as a user without capabilities too
 * @returns {Promise<{ findings: object, release: string, seconds: number, console: string }>}
 */
export async function boot(series, hooks, image, { unprivileged = false, timeoutMs = 420_000 } = {}) {
  const { release, image: vmlinuz, modules } = await kernel(series);
  const dir = mkdtempSync(join(tmpdir(), 'hw-guest-'));
  const file = (name) => join(dir, name);
  let text = '';
  try {
    writeFileSync(file('initramfs'), initramfs(modules));
    const fd = openSync(file('findings'), 'w');
    ftruncateSync(fd, FINDINGS_BYTES);
    closeSync(fd);
    const began = performance.now();
    const qemu = spawn(
      'qemu-system-x86_64',
      // prettier-ignore
      ['-accel', 'tcg', '-cpu', 'max,la57=off', '-m', '1536', '-smp', '2', '-nodefaults', '-display', 'none', '-serial', 'stdio', '-no-reboot',
        '-kernel', vmlinuz, '-initrd', file('initramfs'),
        '-drive', `file=${image},if=virtio,format=raw,readonly=on`, '-drive', `file=${file('findings')},if=virtio,format=raw`,
        '-append', `console=ttyS0 quiet panic=-1 random.trust_cpu=on hw.hooks=${hooks.join()}${unprivileged ? ' hw.unprivileged' : ''}`],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [qemu.stdout, qemu.stderr]) stream.setEncoding('utf8').on('data', (d) => (text = (text + d).slice(-400_000)));
    const kill = () => qemu.kill('SIGKILL');
    process.once('exit', kill);
    const timer = setTimeout(kill, timeoutMs);
    const [code, signal] = await once(qemu, 'close').catch((error) => {
      throw error.code === 'ENOENT' ? new Error('qemu-system-x86_64 is missing: apt-get install qemu-system-x86 (node tools/setup.mjs test does)') : error;
    });
    clearTimeout(timer);
    process.off('exit', kill);
    const seconds = (performance.now() - began) / 1_000;
    const bytes = readFileSync(file('findings'));
    const end = bytes.indexOf(0);
    if (signal === 'SIGKILL') throw new Error(`the guest had not ended after ${timeoutMs / 1_000} s`);
    if (end <= 0) throw new Error(`qemu ended with ${code ?? signal}, and the guest left no findings`);
    return { findings: JSON.parse(bytes.subarray(0, end).toString()), release, seconds, console: text };
  } catch (error) {
    error.message += `\nkernel ${release}; the end of the guest's console:\n${text.trimEnd().split('\n').slice(-CONSOLE_LINES).join('\n')}`;
    throw error;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
