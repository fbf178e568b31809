// The bench's part on the analyzer: each program of apps/analyzer/bench in a process of its own, its last line is its figures.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { NODE } from '../e2e/fleet.mjs';
import { ROOT } from '../e2e/standalone.mjs';

/** Runs a bench, passes on what it says, and answers its last line. */
async function run(file, args, say) {
  const child = spawn(NODE, ['--conditions=@headwater/source', '--disable-warning=ExperimentalWarning', join(ROOT, 'apps/analyzer/bench', file), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (d) => {
    text += d;
  });
  const code = await new Promise((ok) => child.once('exit', ok));
  const lines = text.trim().split('\n');
  for (const line of lines.slice(0, -1)) say(`  ${line}`);
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${lines.at(-1)}`);
  return JSON.parse(lines.at(-1));
}

/** `against`: another checkout (with its node_modules) to compare with, turn by turn; `attack`: exchanges of the attack on cardinality, 0: none */
export async function analyzerBench({ say, against, attack = 200_000 }) {
  const other = against === undefined ? [] : ['--against', against];
  const answer = {};
  say('full batches from Kafka into Redis');
  answer.full = await run('kafka.ts', ['--rounds', '5', ...other], say);
  say('the same, batches of 500 rows');
  answer.full_500 = await run('kafka.ts', ['--rounds', '3', '--rows', '500', '--batches', '2400', ...other], say);
  say('1,000 quiet hosts');
  answer.quiet = await run('quiet.ts', other, say);
  if (attack > 0) {
    say(`an attack on cardinality, ${attack} exchanges`);
    answer.attack = await run('attack.ts', [String(attack)], say);
  }
  return answer;
}
