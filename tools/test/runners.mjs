// Runs a group of tests with its runner and answers what the runner itself reported, test by test.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT, node24 } from '../repo.mjs';
import { run, tail } from '../say.mjs';
import { longestFirst } from './order.mjs';

const REPORTER = join(ROOT, 'tools/test/node-reporter.mjs');

/** @typedef {{ status: 'passed'|'failed'|'skipped', name: string, ms?: number, reason?: string, error?: string }} Result */

/** Packages at a time, each with one worker: no core waits while another package starts or ends. */
const SIDE = 2;

/**
 * Every package that has such files, in its own folder as `vitest run` by hand does it; the largest first.
 * @param {string} config of the root, by its name
 * @param {{ isolate?: boolean }} [options] isolate: a process for each file; without it the files of a package run in one after the other, which saves a
 *   quarter to two thirds of a package's CPU (start, transforms, imports)
 * @returns {Promise<Result[]>}
 */
export async function vitest(config, suffix, { isolate = true } = {}) {
  const weight = (dir) => {
    const src = join(ROOT, dir, 'src');
    if (!existsSync(src)) return 0;
    return readdirSync(src, { recursive: true })
      .filter((f) => f.endsWith(suffix))
      .reduce((sum, f) => sum + statSync(join(src, f)).size, 0);
  };
  const waiting = ['libs', 'apps']
    .flatMap((g) => readdirSync(join(ROOT, g)).map((n) => ({ dir: `${g}/${n}`, weight: weight(`${g}/${n}`) })))
    .filter((p) => p.weight > 0)
    .sort((a, b) => b.weight - a.weight);
  const results = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results.push(...(await vitestIn(next.dir, config, isolate ? [] : ['--no-isolate'])));
  };
  await Promise.all(Array.from({ length: SIDE }, work));
  return results;
}

async function vitestIn(cwd, config, more) {
  const dir = mkdtempSync(join(tmpdir(), 'hw-vitest-'));
  const file = join(dir, 'report.json');
  let broke = null;
  try {
    const words = ['run', '--config', join(ROOT, config), '--root', join(ROOT, cwd), '--maxWorkers=1', ...more, '--reporter=json', `--outputFile=${file}`];
    await run('vitest', words, { cwd: join(ROOT, cwd) }).catch((error) => (broke = error));
    if (!existsSync(file)) return [{ status: 'failed', name: cwd, error: broke?.message ?? 'vitest wrote no report' }];
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const results = report.testResults.flatMap((f) => {
      const path = relative(ROOT, f.name);
      const tests = f.assertionResults.map((a) => ({
        status: a.status === 'passed' || a.status === 'failed' ? a.status : 'skipped',
        name: `${path} > ${[...a.ancestorTitles, a.title].join(' > ')}`,
        ms: a.duration,
        ...(a.status === 'failed' ? { error: a.failureMessages.join('\n').slice(0, 8_000) } : {}),
        ...(a.status !== 'passed' && a.status !== 'failed' ? { reason: a.status } : {}),
      }));
      // A file that cannot be loaded has no tests to fail.
      if (f.status === 'failed' && !tests.some((t) => t.status === 'failed')) tests.push({ status: 'failed', name: path, error: f.message });
      return tests;
    });
    if (broke && !results.some((r) => r.status === 'failed')) results.push({ status: 'failed', name: cwd, error: tail(broke.message, 40) });
    return results;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Files `*.test.mjs` of directories of test/, `side` of them side by side, the longest first: each by a runner of its own, since one that is
 * given many takes them by their names.
 * @returns {Promise<Result[]>}
 */
export async function nodeTest(dirs, onResult = () => {}, side = 1) {
  const files = dirs.flatMap((dir) =>
    existsSync(join(ROOT, dir))
      ? readdirSync(join(ROOT, dir))
          .filter((f) => f.endsWith('.test.mjs'))
          .sort()
          .map((f) => `${dir}/${f}`)
      : [],
  );
  if (files.length === 0) return [{ status: 'failed', name: dirs.join(', '), error: 'there is no *.test.mjs in there' }];
  const waiting = side > 1 ? longestFirst(files) : files;
  const results = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results.push(...(await nodeTestOf(next, onResult)));
  };
  await Promise.all(Array.from({ length: side }, work));
  return results;
}

async function nodeTestOf(path, onResult) {
  const results = [];
  let broke = null;
  await run(node24(), ['--test', `--test-reporter=${REPORTER}`, '--test-reporter-destination=stdout', join(ROOT, path)], {
    onLine: (text) => {
      if (!text.startsWith('{"status":')) return;
      const { file: _file, ...result } = JSON.parse(text);
      const named = { ...result, name: `${path} > ${result.name}` };
      results.push(named);
      onResult(named);
    },
  }).catch((error) => (broke = error));
  if (broke && !results.some((r) => r.status === 'failed')) results.push({ status: 'failed', name: path, error: tail(broke.message, 60) });
  return results;
}

/** Checks that have no runner: `N passed, N failed` of lint and gen. */
export function asResults(name, { passed, failed }) {
  return [...Array.from({ length: passed }, () => ({ status: 'passed', name })), ...Array.from({ length: failed }, () => ({ status: 'failed', name, error: 'see above' }))];
}
