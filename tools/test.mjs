#!/usr/bin/env node
// `npm test [-- GROUP ...]`: set-up, build, then the groups; the last line is "N passed, N failed, N skipped".
import { beginTable, endTable } from '../test/chaos/table.mjs';
import { forgetFaults, tableOfFaults } from '../test/insights/table.mjs';
import { build } from './build.mjs';
import { gen } from './gen.mjs';
import { instructions } from './test/instructions.mjs';
import { lint } from './lint.mjs';
import { Told, bold, dim, green, line, red } from './say.mjs';
import { matrix } from './test/matrix.mjs';
import { setup } from './setup.mjs';
import { allowedSkip } from './test/allowed-skips.mjs';
import { asResults, nodeTest, vitest } from './test/runners.mjs';

/** In the order of the ladder: what fails cheaply fails first. */
const GROUPS = {
  lint: async () => asResults('lint', await lint()),
  gen: async () => asResults('generated files', await gen({ check: true, built: true })),
  tools: () => nodeTest(['test/boundaries', 'test/tools'], say),
  unit: () => vitest('vitest.config.ts', '.spec.ts', { isolate: false }),
  integration: () => vitest('vitest.integration.config.ts', '.integration.ts'),
  instructions: async () => asResults('instructions of the core', await instructions()),
  kernel: () => nodeTest(['test/kernel'], say),
  matrix: () => matrix(say),
  guests: () => nodeTest(['test/systemd', 'test/guests'], say),
};

/**
 * Directories of test/ whose time is mostly waiting: for windows to close, for a bus that is away, for tokens to end. They come last, and
 * those that are wanted run as one.
 */
const WAITING = ['chaos', 'insights', 'outputs', 'e2e', 'browser', 'start', 'consumer'];

async function waiting(names) {
  if (names.includes('chaos')) beginTable();
  if (names.includes('insights')) forgetFaults();
  const results = await nodeTest(
    names.map((name) => `test/${name}`),
    say,
    names.length > 1 ? 3 : 2,
  );
  if (names.includes('chaos')) line(endTable() ?? 'no fault got as far as its row');
  if (names.includes('insights')) line(tableOfFaults() ?? 'no fault of insights got as far as its row');
  return results;
}

const words = process.argv.slice(2);
const wanted = words.filter((w) => !w.startsWith('--'));
const total = { passed: 0, failed: 0, skipped: 0 };
let code = 0;
try {
  const known = [...Object.keys(GROUPS), ...WAITING];
  const unknown = wanted.find((w) => !known.includes(w)) ?? words.find((w) => w.startsWith('--') && w !== '--no-install');
  if (unknown !== undefined) throw new Told(`${unknown} is no group of tests; known: ${known.join(', ')}; and --no-install`, 2);
  await setup({ groups: ['run', 'test'], install: !words.includes('--no-install') });
  await build();
  const allowed = allowedSkip();
  const chosen = known.filter((name) => wanted.length === 0 || wanted.includes(name));
  for (const name of chosen) if (name in GROUPS) judge(await timed(name, GROUPS[name]), allowed);
  const together = chosen.filter((name) => WAITING.includes(name));
  if (together.length > 0) judge(await timed(together.join(', '), () => waiting(together)), allowed);
} catch (error) {
  // Set-up or build broke: that is a failure like any other, and the last line says so.
  line(`${red('✗')} ${error instanceof Told ? error.message : error.stack}`);
  total.failed++;
  code = error.exitCode ?? 1;
}
line(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? code || 1 : 0);

async function timed(name, group) {
  line(`\n${bold(name)}`);
  const began = performance.now();
  const results = await group();
  const count = (status) => results.filter((r) => r.status === status).length;
  line(dim(`  ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped in ${((performance.now() - began) / 1000).toFixed(1)} s`));
  return results;
}

function judge(results, allowed) {
  for (const result of results) {
    const reason = result.status === 'skipped' ? allowed(result.name) : null;
    if (result.status === 'skipped' && reason === null) {
      line(`${red('✗')} ${result.name}: skipped (${result.reason}), and not listed in test/allowed-skips`);
      total.skipped++;
      total.failed++;
    } else {
      total[result.status]++;
      if (result.status === 'failed') line(`${red('✗')} ${result.name}\n${indent(result.error ?? '')}`);
      if (reason !== null) line(`- ${result.name}: skipped; ${reason}`);
    }
  }
}

function say(result) {
  const mark = { passed: green('✓'), failed: red('✗'), skipped: '-' }[result.status];
  line(`  ${mark} ${result.name} ${dim(`${((result.ms ?? 0) / 1000).toFixed(1)} s`)}`);
}

function indent(text) {
  return text
    .split('\n')
    .map((l) => `    ${l}`)
    .join('\n');
}
