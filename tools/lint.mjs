#!/usr/bin/env node
// `npm run lint`: oxlint with types, the import table of ARCHITECTURE.md, and the format. Ends with "N passed, N failed, N skipped".
import { pathToFileURL } from 'node:url';
import { checkRooms } from './lint/rooms.mjs';
import { ROOT } from './repo.mjs';
import { Told, endWith, line, run, step } from './say.mjs';
import { setup } from './setup.mjs';

const CHECKS = [
  ['oxlint', () => run('oxlint', ['--type-aware', '--quiet', 'apps', 'libs']).then(() => undefined)],
  ['format (oxfmt)', () => run('oxfmt', ['--check', '.']).then(() => undefined)],
  [
    'imports (the table of ARCHITECTURE.md)',
    async () => {
      const problems = checkRooms(ROOT);
      if (problems.length > 0) throw new Told(problems.join('\n'));
    },
  ],
];

/** Runs every check, also after one has failed. */
export async function lint() {
  let failed = 0;
  for (const [title, check] of CHECKS) {
    try {
      await step(title, check);
    } catch (error) {
      failed++;
      line(error.message);
    }
  }
  return { passed: CHECKS.length - failed, failed, skipped: [] };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup({ groups: ['run'], install: !process.argv.includes('--no-install') })
    .then(lint)
    .then(({ passed, failed }) => {
      line(`${passed} passed, ${failed} failed, 0 skipped`);
      process.exit(failed > 0 ? 1 : 0);
    })
    .catch(endWith);
}
