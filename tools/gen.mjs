#!/usr/bin/env node
// Generated files: `npm run gen` writes them, `--check` fails when one differs from what would be written.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { ROOT, asOwner, node24, owners } from './repo.mjs';
import { endWith, line, run, step } from './say.mjs';
import { setup } from './setup.mjs';

/** [script, what it writes]; each takes --check. Those of the core come first: the build needs them. */
const BEFORE_BUILD = [
  ['bpf/gen-wire.mjs', 'TypeScript mirror of wire.h'],
  ['libs/capture/gen-columns.mjs', 'C++ list of the event columns'],
];
const AFTER_BUILD = [
  ['libs/header-event/gen.mjs', 'JSON Schemas, AsyncAPI'],
  ['libs/config/gen.mjs', 'CONFIG.md'],
  ['apps/api/gen.mjs', 'openapi.json'],
  ['apps/web/gen.mjs', "TypeScript types of the API's answers"],
];

async function each(list, check, failures) {
  for (const [script, what] of list) {
    if (!existsSync(join(ROOT, script))) {
      failures.push(`${script} does not exist`);
      continue;
    }
    await step(what, () => run(...asOwner(owners().clone, node24(), [join(ROOT, script), ...(check ? ['--check'] : [])])).then(() => undefined)).catch((error) => {
      failures.push(error.message);
      line(error.message);
    });
  }
}

/** @returns {{ passed: number, failed: number, skipped: never[] }} */
export async function gen({ check, built = false }) {
  const failures = [];
  await each(BEFORE_BUILD, check, failures);
  if (!built) await build();
  await each(AFTER_BUILD, check, failures);
  const all = BEFORE_BUILD.length + AFTER_BUILD.length;
  return { passed: all - failures.length, failed: failures.length, skipped: [] };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup({ groups: ['run'], install: !process.argv.includes('--no-install') })
    .then(() => gen({ check: process.argv.includes('--check') }))
    .then(({ passed, failed }) => {
      line(`${passed} passed, ${failed} failed, 0 skipped`);
      process.exit(failed > 0 ? 1 : 0);
    })
    .catch(endWith);
}
