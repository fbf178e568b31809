#!/usr/bin/env node
// Builds everything that changed: kernel programs and probe, capture core and addon, TypeScript. `npm run build`
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, asOwner, owners } from './repo.mjs';
import { endWith, run, step } from './say.mjs';
import { setup } from './setup.mjs';

/** Packages with a tsconfig; each references what it imports. */
export function typescriptProjects() {
  return ['libs', 'apps'].flatMap((dir) => readdirSync(join(ROOT, dir)).map((name) => `${dir}/${name}`)).filter((p) => existsSync(join(ROOT, p, 'tsconfig.json')));
}

export async function build() {
  const as = (command, args) => run(...asOwner(owners().clone, command, args));
  for (const [dir, title] of [
    ['bpf', 'kernel programs and probe'],
    ['libs/capture', 'capture core and addon'],
  ]) {
    await step(title, () => as('make', ['-s', '-j2', '-C', join(ROOT, dir)]).then(() => undefined));
  }
  await step('TypeScript', () => as('tsc', ['-b', ...typescriptProjects()]).then(() => undefined));
  if (webIsStale()) await step('dashboard', () => as('vite', ['build', '--logLevel', 'warn', join(ROOT, 'apps/web')]).then(() => undefined));
}

/** Whether anything the dashboard is built from is newer than its dist: a second start must not wait for it. */
export function webIsStale() {
  const web = join(ROOT, 'apps/web');
  const built = join(web, 'dist/index.html');
  if (!existsSync(built)) return true;
  const since = statSync(built).mtimeMs;
  const newer = (path) => {
    const stat = statSync(path);
    // A folder's own time tells of files that were removed.
    return stat.mtimeMs > since || (stat.isDirectory() && readdirSync(path).some((name) => newer(join(path, name))));
  };
  return [...['src', 'public', 'index.html', 'vite.config.ts', 'package.json'].map((p) => join(web, p)), join(ROOT, 'package-lock.json')].some(newer);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup({ groups: ['run'], install: !process.argv.includes('--no-install') })
    .then(build)
    .catch(endWith);
}
