// The version before: this repository's own commit that "0.1" names, built once into .cache/ beside the clone's packages.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { NODE } from '../e2e/fleet.mjs';
import { ROOT } from '../e2e/standalone.mjs';

const run = promisify(execFile);
/** The last commit that writes and reads windows of services up to version 2. */
export const OLDER = '665419b6a9aac356cc6b575881464e7dc0838349';
const HOME = join(ROOT, '.cache/older', OLDER.slice(0, 12));
const APPS = ['apps/analyzer', 'apps/api'];

/**
 * Analyzer and API as they were at `OLDER`, with its libs and with the packages that the clone has installed.
 * @returns {Promise<{ analyzer: string, api: string } | null>} their main files; null: the clone's history does not go back so far
 */
export async function olderVersion() {
  if (!existsSync(HOME)) {
    // Root tests clones of others too.
    const git = (...args) => run('git', ['-c', 'safe.directory=*', ...args], { cwd: ROOT });
    const known = await git('cat-file', '-e', `${OLDER}^{commit}`).then(
      () => true,
      () => false,
    );
    if (!known) return null;
    await build(git);
  }
  return { analyzer: join(HOME, 'apps/analyzer/dist/main.js'), api: join(HOME, 'apps/api/dist/main.js') };
}

async function build(git) {
  mkdirSync(join(HOME, '..'), { recursive: true });
  const aside = mkdtempSync(`${HOME}.`);
  try {
    const tar = join(aside, 'tree.tar');
    await git('archive', '-o', tar, OLDER, '--', 'libs', ...APPS, 'tsconfig.base.json', ':(exclude,glob)**/*.spec.ts', ':(exclude,glob)**/*.integration.ts');
    await run('tar', ['-xf', tar, '-C', aside]);
    rmSync(tar);
    linkPackages(aside);
    // Types were checked when this was new.
    await run(NODE, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', '--noCheck', ...APPS.map((app) => join(aside, app))]);
    // Another run may have been first; either is whole.
    if (!existsSync(HOME)) renameSync(aside, HOME);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** What is ours is the older one's, everything else the clone's. */
function linkPackages(dir) {
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, '@headwater'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@headwater' && (name === '.bin' || !name.startsWith('.'))) symlinkSync(relative(modules, join(ROOT, 'node_modules', name)), join(modules, name));
  }
  for (const name of readdirSync(join(dir, 'libs'))) symlinkSync(join('../../libs', name), join(modules, '@headwater', name));
}
