// Debian's own kernels, unpacked into the clone and never installed: the newest that apt offers of each series.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { unpackMissing } from '../../tools/debian.mjs';
import { KERNELS, UNPACKED_DIR } from '../../tools/needs.mjs';

/**
 * The kernel of a series, fetched when it is not there yet.
 * @param {string} series such as `6.1`
 * @returns {Promise<{ release: string, image: string, modules: string }>} `modules`: the folder `kernel` of its modules
 */
export async function kernel(series) {
  const need = KERNELS.find((k) => k.series === series);
  if (!need.have()) await unpackMissing([need]);
  const [release] = readdirSync(join(UNPACKED_DIR, 'boot'))
    .filter((f) => f.startsWith(`vmlinuz-${series}.`))
    .map((f) => f.slice('vmlinuz-'.length))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return { release, image: join(UNPACKED_DIR, `boot/vmlinuz-${release}`), modules: join(UNPACKED_DIR, `lib/modules/${release}/kernel`) };
}
