// The chaos table: a row for each fault, collected from test files that run side by side, shown as Markdown at the end.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../tools/repo.mjs';

const FILE = join(ROOT, 'build/chaos.md');
const ROWS = join(ROOT, 'build/chaos.jsonl');
const HEAD = ['fault', 'exchanges produced', 'counted', 'windows', 'windows equal', 'missing, as counted', 'took'];

/** Forgets the rows of the run before. */
export function beginTable() {
  rmSync(ROWS, { force: true });
  rmSync(FILE, { force: true });
}

/**
 * One append, so rows of two processes do not mix.
 * @param {{ fault: string, produced: number, counted: number, windows: number, windowsEqual: number, missing: string, seconds: number }} row
 *   missing: `none`, or what the API says is missing, as it says it
 */
export function addRow(row) {
  mkdirSync(dirname(ROWS), { recursive: true });
  appendFileSync(ROWS, `${JSON.stringify(row)}\n`);
}

/** Writes build/chaos.md and answers its text; null when no test added a row. */
export function endTable() {
  if (!existsSync(ROWS)) return null;
  const rows = readFileSync(ROWS, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .sort((a, b) => a.fault.localeCompare(b.fault));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const text = [
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...rows.map((r) => line([r.fault, r.produced, r.counted, r.windows, r.windowsEqual, r.missing, `${Math.round(r.seconds)} s`])),
  ].join('\n');
  writeFileSync(FILE, `${text}\n`);
  return text;
}
