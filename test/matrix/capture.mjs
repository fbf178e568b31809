// What the capture says, read through libs/capture as the agent reads it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEFAULT_CAPTURE_OPTIONS, openLive } from '../../libs/capture/dist/index.js';
import { DictionaryStrings, toJson } from '../../libs/header-event/dist/index.js';
import { probePath, sleep } from '../kernel/harness.mjs';

/** The hook modes to test: what this kernel allows, or HW_MATRIX_HOOKS=sock or syscall. */
export function modes() {
  if (process.env.HW_MATRIX_HOOKS) return process.env.HW_MATRIX_HOOKS.split(',');
  const { hooks } = JSON.parse(spawnSync(probePath, ['--check'], { encoding: 'utf8' }).stdout);
  return Array.isArray(hooks) ? hooks : ['sock'];
}

const choosesHooks = String(spawnSync(probePath, ['--help'], { encoding: 'utf8' }).stdout).includes('--hooks');

/** Kept is all that a policy can keep: the paths, all values but credentials; an opaque one only where its field is named. */
const OPTIONS = {
  ...DEFAULT_CAPTURE_OPTIONS,
  batch: { ...DEFAULT_CAPTURE_OPTIONS.batch, lingerMs: 15 },
  policy: { ...DEFAULT_CAPTURE_OPTIONS.policy, id: 'matrix', path: 'keep', rules: ['sec-websocket-accept', '*'].map((header) => ({ header, action: 'keep' })) },
};

/** @param {string[]} scopes of the test's own ports and pids only */
export async function openCapture(mode, scopes) {
  const dir = mkdtempSync(join(tmpdir(), 'hw-matrix-'));
  const socketPath = join(dir, 'p.sock');
  const args = [...(choosesHooks ? ['--hooks', mode] : []), '--socket', socketPath, '--head-budget', '65536', '--ring-bytes', '16777216', ...scopes.flatMap((s) => ['--scope', s])];
  const probe = spawn(probePath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const first = await Promise.race([once(createInterface(probe.stdout), 'line'), once(probe, 'exit')]);
  if (!String(first[0]).startsWith('ready ')) throw new Error(`the probe did not start with ${args.join(' ')}: ${first[0]}`);
  const capture = await openLive({ socketPath, options: OPTIONS });
  const rows = [];
  const account = { request: emptyAccount(), response: emptyAccount() };
  let broken = null;
  capture.start(
    (batch) => {
      const strings = new DictionaryStrings(batch.columns.dictionary);
      for (let i = 0; i < batch.columns.rows; i++) rows.push(toJson(batch.columns, i, strings));
      for (const kind of ['request', 'response']) add(account[kind], batch.account[kind]);
    },
    (error) => (broken = error),
  );
  return {
    mode,
    /** rows that nobody has taken; `end` rows are among them */
    rows,
    account,
    totals: () => capture.totals(),
    hooks: capture.probe.hooks,
    async settled(ms = 60) {
      for (let before = -1; before !== rows.length;) {
        before = rows.length;
        await sleep(ms);
      }
    },
    async stop() {
      await capture.stop();
      if (broken) throw broken;
      probe.kill('SIGTERM');
      if (probe.exitCode === null && probe.signalCode === null) await once(probe, 'exit');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const emptyAccount = () => ({ started: 0, emitted: 0, filtered: 0, lost: 0, in_flight: 0 });

function add(sum, delta) {
  const all = (reasons) => Object.values(reasons).reduce((a, b) => a + b, 0);
  sum.started += delta.started;
  sum.emitted += delta.emitted;
  sum.filtered += all(delta.filtered);
  sum.lost += all(delta.lost);
  sum.in_flight = delta.in_flight;
}
