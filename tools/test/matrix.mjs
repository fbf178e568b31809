// The matrix of real programs, two of them at a time, and its table.
import { forget, render } from '../../test/matrix/table.mjs';
import { nodeTest } from './runners.mjs';

export async function matrix(onResult) {
  forget();
  const results = await nodeTest(['test/matrix'], onResult, 2);
  process.stdout.write(`\n${render()}\n`);
  return results;
}
