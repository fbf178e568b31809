#!/usr/bin/env node
// `npm run fuzz [-- --seconds N] [-- --target T]`: libFuzzer with ASan and UBSan, each target N seconds (60 unless told)
// from its seed corpus: records (wire records -> reassembly -> HTTP/1), policy (rules, layers, memory of lines), facts
// (what is said of credentials). A finding is kept in libs/capture/build/findings/ and fails the run.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './repo.mjs';
import { Told, endWith, line, run, step } from './say.mjs';
import { setup } from './setup.mjs';

const TARGETS = { records: 'corpus', policy: 'corpus-policy', facts: 'corpus-facts' };

function option(name, otherwise) {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
}

async function fuzz() {
  const seconds = Number(option('--seconds', '60'));
  const target = option('--target', undefined);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 36_000) throw new Told(`--seconds must be a whole number from 1 to 36000, not ${option('--seconds')}`, 2);
  if (target !== undefined && !(target in TARGETS)) throw new Told(`--target must be one of ${Object.keys(TARGETS).join(', ')}, not ${target}`, 2);
  const targets = target === undefined ? Object.keys(TARGETS) : [target];
  const capture = join(ROOT, 'libs/capture');
  await step('fuzz targets', () => run('make', ['-C', capture, '-j2', 'fuzz']).then(() => undefined));
  mkdirSync(join(capture, 'build/findings'), { recursive: true });
  let failed = 0;
  for (const name of targets) {
    const grown = mkdtempSync(join(tmpdir(), 'hw-fuzz-'));
    const args = [
      grown,
      join(capture, 'fuzz', TARGETS[name]),
      `-max_total_time=${seconds}`,
      `-max_len=${name === 'records' ? 65_536 : 1024}`,
      '-print_final_stats=1',
      `-artifact_prefix=${join(capture, 'build/findings', `${name}-`)}`,
    ];
    line(`fuzz ${name}: ${seconds} s`);
    const code = await new Promise((done, broke) =>
      spawn(join(capture, `build/fuzz-${name}`), args, { stdio: 'inherit' })
        .once('error', broke)
        .once('exit', done),
    );
    rmSync(grown, { recursive: true, force: true });
    if (code !== 0) failed++;
    line(code === 0 ? `fuzz ${name}: no finding` : `fuzz ${name}: a finding, kept in libs/capture/build/findings/${name}-*`);
  }
  line(`${targets.length - failed} passed, ${failed} failed, 0 skipped`);
  return failed === 0 ? 0 : 1;
}

setup({ groups: ['run', 'fuzz'], install: !process.argv.includes('--no-install') })
  .then(fuzz)
  .then((code) => process.exit(code))
  .catch(endWith);
