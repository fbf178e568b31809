// A virtual environment of the pinned packages, made again when the pins change.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @returns {Promise<string>} its python */
export async function python(root, name, pins) {
  const venv = join(root, '.cache', name);
  const program = join(venv, 'bin', 'python');
  const digest = createHash('sha256').update(readFileSync(pins)).digest('hex');
  const stamp = join(venv, 'requirements.sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return program;
  rmSync(venv, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', venv]);
  await run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '-r', pins], { maxBuffer: 16 << 20 });
  writeFileSync(stamp, digest);
  return program;
}
