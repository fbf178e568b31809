// What may be taken away, decided from facts alone: the records of set-up and start, and what the machine says of them.
import { join } from 'node:path';
import { Told } from '../say.mjs';

/**
 * @param {{
 *   records: ReturnType<import('../outside.mjs').readRecords>,
 *   root: string,                                     the clone
 *   liveStart: (dir: string) => number | null,        pid of a start that lives on a directory
 *   installed: (names: string[]) => string[],         those of them that are installed
 *   removedWith: (names: string[]) => string[],       what the package manager would take away with them (simulated)
 *   exists: (path: string) => boolean,
 *   listDirectory: (dir: string) => string[],         names in it that are ours
 * }} facts
 * @returns {{ packages: string[], kept: { name: string, because: string }[], directories: { dir: string, made: boolean, files: string[] }[] }}
 * @throws Told while a start lives, since its files would be taken from under it
 */
export function planUninstall({ records, root, liveStart, installed, removedWith, exists, listDirectory }) {
  const states = records.filter((r) => r.kind === 'state-dir').map((r) => r.dir);
  for (const dir of [join(root, '.headwater'), ...states]) {
    const pid = liveStart(dir);
    if (pid !== null) throw new Told(`Headwater runs on ${dir} (pid ${pid}); stop it first: kill ${pid}`, 1);
  }
  const directories = records
    .filter((r) => r.dir !== undefined && exists(r.dir))
    .map(({ dir, made }) => ({ dir, made, files: made ? [] : listDirectory(dir) }))
    .filter(({ made, files }) => made || files.length > 0);
  const ours = [...new Set(records.flatMap((r) => (r.kind === 'debian' ? r.packages : [])))].sort();
  return { ...packagesToRemove(installed(ours), removedWith), directories };
}

/**
 * Only packages of ours that nothing else needs: one whose removal would take a package along that is not ours stays,
 * and so does what stays because of it.
 */
function packagesToRemove(ours, removedWith) {
  const kept = [];
  let left = ours;
  for (;;) {
    const foreign = removedWith(left).filter((name) => !left.includes(name));
    if (foreign.length === 0) return { packages: left, kept };
    const stays = left.flatMap((name) => {
      const along = removedWith([name]).filter((n) => !left.includes(n));
      return along.length > 0 ? [{ name, because: `${along.slice(0, 3).join(', ')}${along.length > 3 ? ' and others' : ''} would go with it` }] : [];
    });
    // Needed only by several of ours together: then none of them can be told apart, and all stay.
    if (stays.length === 0) return { packages: [], kept: [...kept, ...left.map((name) => ({ name, because: `${foreign[0]} would go with these` }))] };
    kept.push(...stays);
    left = left.filter((name) => !stays.some((s) => s.name === name));
  }
}
