// The order in which files of tests are begun.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ROOT } from '../../tools/repo.mjs';
import { LONG_FILES, longestFirst } from '../../tools/test/order.mjs';

test('files that are said to be long are there', () => {
  assert.deepEqual(
    LONG_FILES.filter((f) => !existsSync(join(ROOT, f))),
    [],
  );
});

test('the longest come first, the others by their names', () => {
  const [longest, second] = LONG_FILES;
  assert.deepEqual(longestFirst(['test/b', second, 'test/a', longest]), [longest, second, 'test/a', 'test/b']);
});
