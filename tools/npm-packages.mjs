// Whether node_modules is what package-lock.json says, and npm ci when it is not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, asOwner, owners } from './repo.mjs';
import { run, step } from './say.mjs';

/** null when node_modules fits the lock; else why not. npm's own record of what it installed is compared, entry by entry. */
export function npmGap() {
  const record = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return 'node_modules is not there';
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const held = JSON.parse(readFileSync(record, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue;
    const have = held[path];
    // A package of ours: a link, without a version.
    if (entry.link) {
      if (!have?.link) return `${entry.resolved} is not linked`;
      continue;
    }
    // Optional packages of other platforms are in the lock and not on the disk.
    if (!have && (entry.optional || entry.devOptional || entry.peer)) continue;
    if (have?.version !== entry.version) return `${path.replace(/^.*node_modules\//, '')} is ${have?.version ?? 'missing'}, not ${entry.version}`;
  }
  return null;
}

export async function npmCi() {
  await step('npm packages (npm ci), about 400 MB', async () => {
    await run(...asOwner(owners().clone, 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']));
  });
}
