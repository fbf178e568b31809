// The table: each program's cells are kept as a file of their own, so programs can be run one by one; build/matrix.md is all.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const build = resolve(import.meta.dirname, '../../build');
const cells = join(build, 'matrix');

/** Notes a cell: what was expected, captured, how many header fields there were and how many are equal. */
export function note(mode, program, name, result) {
  const dir = join(cells, mode);
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${program.replaceAll(/[^a-z0-9.-]+/gi, '_')}.json`);
  const known = read(file) ?? { program, cells: {} };
  known.cells[name] = result;
  writeFileSync(file, JSON.stringify(known, null, 1));
}

/** Forgets what earlier runs noted. */
export function forget() {
  rmSync(cells, { recursive: true, force: true });
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

const whole = (c) => c.captured === c.expected && c.headersEqual === c.headers && c.faults.length === 0;

/** `exchanges expected/captured`, header fields equal; a lone number where both are the same. */
export function show(c) {
  const pair = (a, b) => (a === b ? `${a}` : `${b} of ${a}`);
  const mark = whole(c) ? '' : c.reason ? ' (listed)' : ' ✗';
  return `${pair(c.expected, c.captured)}, ${pair(c.headers, c.headersEqual)}${mark}`;
}

/** Writes build/matrix.md of all cells noted, and gives its text. */
export function render() {
  let text = '# Matrix of real programs\n\nEach cell: exchanges, header fields. One number where all were captured and equal; else `captured of expected`.\n';
  const listed = [];
  for (const mode of names(cells)) {
    const programs = names(join(cells, mode)).map((f) => read(join(cells, mode, f)));
    const cases = [...new Set(programs.flatMap((p) => Object.keys(p.cells)))];
    const all = programs.flatMap((p) => Object.values(p.cells));
    const sum = (key) => all.reduce((n, c) => n + c[key], 0);
    text += `\n## Hooks: ${mode}\n\n${all.filter(whole).length} of ${all.length} cells are whole: ${sum('captured')} of ${sum('expected')} exchanges, ${sum('headersEqual')} of ${sum('headers')} header fields byte-equal.\n\n`;
    text += `| case | ${programs.map((p) => p.program).join(' | ')} |\n|---|${programs.map(() => '---|').join('')}\n`;
    for (const name of cases) text += `| ${name} | ${programs.map((p) => (p.cells[name] ? show(p.cells[name]) : '')).join(' | ')} |\n`;
    for (const p of programs)
      for (const [name, c] of Object.entries(p.cells)) if (c.reason) listed.push(`- ${p.program}, ${name}, ${mode}: ${c.reason}; \`${c.counter.name}\` is ${c.counter.value}`);
  }
  if (listed.length > 0) text += `\n## Listed cells\n\n${listed.join('\n')}\n`;
  mkdirSync(build, { recursive: true });
  writeFileSync(join(build, 'matrix.md'), text);
  return text;
}

function names(dir) {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(render());
