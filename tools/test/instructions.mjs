// Instructions per exchange of the C++ core by callgrind, held against the committed figure: repeatable on a noisy machine.
import { join } from 'node:path';
import { ROOT, node24 } from '../repo.mjs';
import { line, run, step } from '../say.mjs';

/** @returns {Promise<{ passed: number, failed: number, skipped: never[] }>} */
export async function instructions() {
  try {
    await step('bench of the core', () => run('make', ['-C', join(ROOT, 'libs/capture'), 'bench-core']).then(() => undefined));
    await step('callgrind', () =>
      run(node24(), [join(ROOT, 'libs/capture/bench/instructions.mjs'), '--check']).then((out) => void line(`  ${String(out?.stdout ?? out ?? '').trim()}`)),
    );
    return { passed: 1, failed: 0, skipped: [] };
  } catch (error) {
    line(error.message);
    return { passed: 0, failed: 1, skipped: [] };
  }
}
