import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const home = fileURLToPath(new URL('..', import.meta.url));

it('native parts: cgroup paths, reused pids, bounded caches, a full batch queue', { timeout: 180_000 }, () => {
  execFileSync('make', ['-s', 'units'], { cwd: home });
  const told = execFileSync('build/units', { cwd: home, encoding: 'utf8' });
  expect(Number(/^ok (\d+)\n$/.exec(told)?.[1])).toBeGreaterThan(100);
});

it('sampling is unbiased over many draws, exact in whole blocks, bounded', { timeout: 180_000 }, () => {
  execFileSync('make', ['-s', 'units'], { cwd: home });
  const told = execFileSync('build/units-sampling', { cwd: home, encoding: 'utf8' });
  expect(Number(/^ok (\d+)\n$/.exec(told)?.[1])).toBeGreaterThan(1000);
});
