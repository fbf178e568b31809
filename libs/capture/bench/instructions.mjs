// Prints instructions per exchange of the C++ core by callgrind: two rounds minus one, so the making of the input is
// not in it. With --check: fails when it is more than 10 % above bench/instructions.json; with --write: writes it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../build/bench-core', import.meta.url));
const file = fileURLToPath(new URL('instructions.json', import.meta.url));
const exchanges = 4000;
const scratch = mkdtempSync(join(tmpdir(), 'hw-callgrind-'));
const count = (rounds) => {
  const out = join(scratch, `${rounds}.out`);
  execFileSync('valgrind', ['--tool=callgrind', `--callgrind-out-file=${out}`, program, String(exchanges), String(rounds)], { stdio: ['ignore', 'ignore', 'ignore'] });
  return Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(out, 'utf8'))[1]);
};
try {
  const instructions = Math.round((count(2) - count(1)) / exchanges);
  const committed = process.argv.includes('--check') ? JSON.parse(readFileSync(file, 'utf8')).instructions_per_exchange : undefined;
  console.log(JSON.stringify({ instructions_per_exchange: instructions, ...(committed ? { committed } : {}) }));
  if (process.argv.includes('--write')) writeFileSync(file, JSON.stringify({ instructions_per_exchange: instructions, exchanges, headers: '8 + 8' }, null, 2) + '\n');
  if (committed && instructions > committed * 1.1) {
    console.error(`${instructions} instructions per exchange are more than 10 % above the committed ${committed}`);
    process.exit(1);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
