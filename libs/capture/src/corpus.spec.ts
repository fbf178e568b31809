import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const home = fileURLToPath(new URL('..', import.meta.url));

it('runs the whole fuzz corpus with the start account recounted after every record', { timeout: 180_000 }, () => {
  execFileSync('make', ['-s', 'corpus'], { cwd: home });
  const inputs = readdirSync(new URL('../fuzz/corpus/', import.meta.url)).map((f) => `fuzz/corpus/${f}`);
  expect(inputs.length).toBeGreaterThan(40);
  expect(execFileSync('build/replay-corpus', inputs, { cwd: home, encoding: 'utf8' })).toBe(`${inputs.length} inputs\n`);
});
