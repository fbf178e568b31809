#!/usr/bin/env node
// Builds everything that changed: kernel programs and probe, capture core and addon, TypeScript. `npm run build`
import { existsSync, readdirSync } from 'node:fs';
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
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup({ groups: ['run'], install: !process.argv.includes('--no-install') })
    .then(build)
    .catch(endWith);
}
