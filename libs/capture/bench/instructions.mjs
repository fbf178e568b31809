// Prints instructions per exchange of the C++ core by callgrind: two rounds minus one, so the making of the input is
// not in it. With --check: fails when one is more than 10 % above bench/instructions.json; with --write: writes it.
// Builds the bench first. From anywhere: node libs/capture/bench/instructions.mjs --check
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = fileURLToPath(new URL('..', import.meta.url));
const program = join(home, 'build', 'bench-core');
const file = fileURLToPath(new URL('instructions.json', import.meta.url));
const exchanges = 10000;
execFileSync('make', ['-s', 'bench-core'], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
const scratch = mkdtempSync(join(tmpdir(), 'hw-callgrind-'));

function count(rounds, traffic) {
  const out = join(scratch, `${traffic}-${rounds}.out`);
  execFileSync('valgrind', ['--tool=callgrind', `--callgrind-out-file=${out}`, program, String(exchanges), String(rounds), traffic], { stdio: ['ignore', 'ignore', 'ignore'] });
  return Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(out, 'utf8'))[1]);
}

try {
  const found = {};
  for (const traffic of ['repeated', 'unique']) found[traffic] = Math.round((count(2, traffic) - count(1, traffic)) / exchanges);
  const committed = process.argv.includes('--check') ? JSON.parse(readFileSync(file, 'utf8')).instructions_per_exchange : undefined;
  console.log(JSON.stringify({ instructions_per_exchange: found, ...(committed ? { committed } : {}) }));
  if (process.argv.includes('--write')) writeFileSync(file, JSON.stringify({ instructions_per_exchange: found, exchanges, headers: '8 + 8' }, null, 2) + '\n');
  for (const [traffic, n] of Object.entries(found))
    if (committed && n > committed[traffic] * 1.1) {
      console.error(`${traffic} traffic: ${n} instructions per exchange are more than 10 % above the committed ${committed[traffic]}`);
      process.exitCode = 1;
    }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
