/** Two files are the same in state-store and summary-store, which may not import each other: a change belongs in both. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test.each(['redis/connection.ts', 'embedded/thread.ts'])('%s is the same in both stores', (file) => {
  const here = readFileSync(new URL(file, import.meta.url), 'utf8');
  const there = readFileSync(new URL(`../../summary-store/src/${file}`, import.meta.url), 'utf8');
  expect(here).toBe(there);
});
