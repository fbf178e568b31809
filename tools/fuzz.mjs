#!/usr/bin/env node
// `npm run fuzz [-- --seconds N]`: libFuzzer with ASan and UBSan on wire records -> reassembly -> HTTP/1, from the seed
// corpus; bounded in time (60 s unless told). A finding is kept in libs/capture/build/ and fails the run.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './repo.mjs';
import { Told, endWith, line, run, step } from './say.mjs';
import { setup } from './setup.mjs';

const at = process.argv.indexOf('--seconds');
const seconds = at < 0 ? 60 : Number(process.argv[at + 1]);

async function fuzz() {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 36_000) throw new Told(`--seconds must be a whole number from 1 to 36000, not ${process.argv[at + 1]}`, 2);
  const capture = join(ROOT, 'libs/capture');
  await step('fuzz target', () => run('make', ['-C', capture, 'fuzz']).then(() => undefined));
  const found = mkdtempSync(join(tmpdir(), 'hw-fuzz-'));
  mkdirSync(join(capture, 'build/findings'), { recursive: true });
  const args = [
    found,
    join(capture, 'fuzz/corpus'),
    `-max_total_time=${seconds}`,
    '-max_len=65536',
    '-print_final_stats=1',
    `-artifact_prefix=${join(capture, 'build/findings/')}`,
  ];
  const code = await new Promise((done, failed) => spawn(join(capture, 'build/fuzz'), args, { stdio: 'inherit' }).once('error', failed).once('exit', done));
  rmSync(found, { recursive: true, force: true });
  line(code === 0 ? '1 passed, 0 failed, 0 skipped' : '0 passed, 1 failed, 0 skipped');
  return code === 0 ? 0 : 1;
}

setup({ groups: ['run', 'fuzz'], install: !process.argv.includes('--no-install') })
  .then(fuzz)
  .then((code) => process.exit(code))
  .catch(endWith);
