#!/usr/bin/env node
// Builds everything that changed: kernel programs and probe, capture core and addon, TypeScript. `npm run build`
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, asOwner, owners } from './repo.mjs';
import { endWith, run, step, together } from './say.mjs';
import { setup } from './setup.mjs';

/** Packages with a tsconfig; each references what it imports. */
export function typescriptProjects() {
  return ['libs', 'apps'].flatMap((dir) => readdirSync(join(ROOT, dir)).map((name) => `${dir}/${name}`)).filter((p) => existsSync(join(ROOT, p, 'tsconfig.json')));
}

/** When TypeScript was last built without an error: tsc takes seconds to find that there is nothing to do. */
const BUILT = join(ROOT, '.cache/typescript.built');

/** @param {{ trustTimes?: boolean }} [options] `trustTimes`: leave out what no source is newer than (a second start) */
export async function build({ trustTimes = false } = {}) {
  const as = (command, args) => run(...asOwner(owners().clone, command, args)).then(() => undefined);
  const make = (dir) => as('make', ['-s', `-j${availableParallelism()}`, '-C', join(ROOT, dir)]);
  // Neither needs the other: what is generated from C for TypeScript, and the other way, is committed.
  await together(
    async () => {
      await step('kernel programs and probe', () => make('bpf'));
      await step('capture core and addon', () => make('libs/capture'));
    },
    async () => {
      if (!trustTimes || typescriptIsStale()) await step('TypeScript', () => typescript(as));
      if (webIsStale()) await step('dashboard', () => as('vite', ['build', '--logLevel', 'warn', join(ROOT, 'apps/web')]));
    },
  );
}

async function typescript(as) {
  // As of now: what is edited while tsc runs is newer.
  const now = new Date();
  rmSync(BUILT, { force: true });
  await as('tsc', ['-b', ...typescriptProjects()]);
  await as('mkdir', ['-p', dirname(BUILT)]);
  await as('touch', ['-d', now.toISOString(), BUILT]);
}

/** Whether anything in `paths` is newer than a time, ms; a folder's own time tells of files that were removed. */
function anyNewer(paths, since) {
  return paths.some((path) => {
    const stat = statSync(path);
    return (
      stat.mtimeMs > since ||
      (stat.isDirectory() &&
        anyNewer(
          readdirSync(path).map((name) => join(path, name)),
          since,
        ))
    );
  });
}

export function typescriptIsStale() {
  const projects = typescriptProjects().map((p) => join(ROOT, p));
  if (!existsSync(BUILT) || projects.some((p) => !p.endsWith('/web') && !existsSync(join(p, 'dist')))) return true;
  const inputs = projects.flatMap((p) => ['src', 'tsconfig.json', 'package.json'].map((name) => join(p, name)));
  return anyNewer([...inputs, join(ROOT, 'tsconfig.base.json'), join(ROOT, 'package-lock.json')], statSync(BUILT).mtimeMs);
}

/** Whether anything the dashboard is built from is newer than its dist. */
export function webIsStale() {
  const web = join(ROOT, 'apps/web');
  const built = join(web, 'dist/index.html');
  if (!existsSync(built)) return true;
  return anyNewer([...['src', 'public', 'index.html', 'vite.config.ts', 'package.json'].map((p) => join(web, p)), join(ROOT, 'package-lock.json')], statSync(built).mtimeMs);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup({ groups: ['run'], install: !process.argv.includes('--no-install') })
    .then(build)
    .catch(endWith);
}
