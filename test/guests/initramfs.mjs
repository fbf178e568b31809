// The first file system of a guest: busybox, the modules of virtio, and a script that goes on to the disk.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What a disk needs; a module brings those it depends on, and what is built into a kernel has no file. */
const MODULES = ['virtio/virtio', 'virtio/virtio_ring', 'virtio/virtio_pci_legacy_dev', 'virtio/virtio_pci_modern_dev', 'virtio/virtio_pci', 'block/virtio_blk'];

const INIT = `#!/busybox sh
/busybox mkdir -p /proc /dev /root
/busybox mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
for m in /modules/*; do /busybox insmod $m || echo "guest: cannot load $m"; done
i=0; while [ ! -b /dev/vdb ] && [ $i -lt 50 ]; do /busybox sleep 0.1; i=$((i+1)); done
/busybox mount -t ext4 -o ro /dev/vda /root || { echo 'guest: the disk cannot be mounted'; /busybox poweroff -f; }
/busybox mount --move /dev /root/dev
exec /busybox switch_root /root /init
`;

/** @param {string} modules folder `kernel` of a kernel's modules @returns {Buffer} compressed cpio archive */
export function initramfs(modules) {
  const files = [
    ['busybox', readFileSync(busybox()), 0o755],
    ['init', Buffer.from(INIT), 0o755],
  ];
  inOrder(modules).forEach((bytes, i) => files.push([`modules/${i}.ko`, bytes, 0o644]));
  return gzipSync(cpio([['modules', null, 0o755], ...files]), { level: 1 });
}

/** Their bytes, each after those that it depends on: the order differs from kernel to kernel. */
function inOrder(modules) {
  const waiting = new Map();
  for (const name of MODULES) {
    const file = join(modules, 'drivers', `${name}.ko`);
    const bytes = existsSync(file) ? readFileSync(file) : existsSync(`${file}.xz`) ? unxz(`${file}.xz`) : null;
    if (bytes) waiting.set(name.split('/')[1], { bytes, needs: /\0depends=([^\0]*)/.exec(bytes.toString('latin1'))[1].split(',') });
  }
  const ordered = [];
  while (waiting.size > 0) {
    const [name] = [...waiting].find(([, { needs }]) => !needs.some((n) => waiting.has(n)));
    ordered.push(waiting.get(name).bytes);
    waiting.delete(name);
  }
  return ordered;
}

export function busybox() {
  const file = ['/bin/busybox', '/usr/bin/busybox'].find((f) => existsSync(f));
  if (!file) throw new Error('busybox is missing: apt-get install busybox-static');
  return file;
}

function unxz(file) {
  const { stdout, status, stderr } = spawnSync(busybox(), ['xz', '-dc', file], { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${file} cannot be unpacked: ${stderr}`);
  return stdout;
}

/** cpio in the form `newc`, as Linux's Documentation/driver-api/early-userspace/buffer-format.rst has it; bytes null: a directory. */
function cpio(files) {
  const parts = [];
  const padded = (bytes) => [bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)];
  [...files, ['TRAILER!!!', Buffer.alloc(0), 0]].forEach(([name, bytes, mode], i) => {
    const type = bytes === null ? 0o040000 : 0o100000;
    const fields = [i + 1, type | mode, 0, 0, 1, 0, bytes?.length ?? 0, 0, 0, 0, 0, name.length + 1, 0];
    const head = `070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}${name}\0`;
    parts.push(...padded(Buffer.from(head)), ...padded(bytes ?? Buffer.alloc(0)));
  });
  return Buffer.concat(parts);
}
