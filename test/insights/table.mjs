// The table of insights' faults, as Markdown.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../tools/repo.mjs';

const FILE = join(ROOT, 'build/insights.md');
const HEAD = ['fault', 'what the user sees', 'counted', 'requests at the provider', 'analyzer: exchanges/s folded, lag (records) at its end', 'took'];

/** Of the run before. */
export function forgetFaults() {
  rmSync(FILE, { force: true });
}

/** build/insights.md; null: the test did not get so far */
export function tableOfFaults() {
  return existsSync(FILE) ? readFileSync(FILE, 'utf8').trimEnd() : null;
}

/** Writes build/insights.md. @param {{ fault: string, seen: string, counted: string, requests: string | number, folded: number, lag: number, seconds: number }[]} rows */
export function writeTable(rows, foot) {
  const line = (cells) => `| ${cells.map((c) => String(c).replaceAll('|', '\\|')).join(' | ')} |`;
  const text = [
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...rows.map((r) => line([r.fault, r.seen, r.counted, r.requests, `${Math.round(r.folded)}/s, ${r.lag}`, `${r.seconds.toFixed(1)} s`])),
    '',
    ...foot,
  ].join('\n');
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${text}\n`);
  return text;
}
