import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';

const home = fileURLToPath(new URL('..', import.meta.url));

beforeAll(() => {
  execFileSync('make', ['-s', 'corpus'], { cwd: home });
}, 180_000);

it.each([
  ['records', 'corpus', 40, ['--heads', '200000']],
  ['policy', 'corpus-policy', 10, ['--random', '2000']],
  ['facts', 'corpus-facts', 20, ['--random', '2000']],
])('runs the whole corpus of the fuzz target %s, and inputs made at random', { timeout: 60_000 }, (target, folder, atLeast, more) => {
  const inputs = readdirSync(new URL(`../fuzz/${folder}/`, import.meta.url)).map((f) => `fuzz/${folder}/${f}`);
  expect(inputs.length).toBeGreaterThanOrEqual(atLeast);
  expect(execFileSync(`build/replay-${target}`, [...inputs, ...more], { cwd: home, encoding: 'utf8' })).toBe(`${inputs.length} inputs\n`);
});
