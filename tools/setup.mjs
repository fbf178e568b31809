#!/usr/bin/env node
// Lists what is missing and installs it: Debian packages (as root) and npm's. `node tools/setup.mjs [run|test] [--no-install]`
import { pathToFileURL } from 'node:url';
import { hasApt, installCommand, installDebian } from './debian.mjs';
import { NEEDS } from './needs.mjs';
import { npmCi, npmGap } from './npm-packages.mjs';
import { Told, ask, dim, endWith, line, together } from './say.mjs';

/**
 * @param {{ groups?: string[], install?: boolean }} options
 * `groups`: `run` for npm start, `test` beside it for npm test. `install: false` prints the commands and exits 3.
 */
export async function setup({ groups = ['run'], install = true } = {}) {
  machineOrRefuse();
  const missing = NEEDS.filter((n) => groups.includes(n.group) && !n.have());
  const gap = npmGap();
  if (missing.length === 0 && gap === null) return;

  line('Missing on this machine:');
  for (const need of missing) line(`  ${need.package.padEnd(24)} ${dim(need.why)}`);
  if (gap !== null) line(`  ${'npm packages'.padEnd(24)} ${dim(gap)}`);
  const root = process.getuid() === 0;
  const command = [missing.length > 0 ? `${root ? '' : 'sudo '}sh -c '${installCommand(missing)}'` : '', gap !== null ? 'npm ci' : ''].filter(Boolean).join(' && ');
  if (!install) throw new Told(`nothing is installed with --no-install; this would do it:\n  ${command}`, 3);

  const needRoot = missing.some((n) => !n.unpack);
  if (missing.length > 0) {
    if (!hasApt())
      throw new Told(`this is not Debian or Ubuntu; install what brings the same files as these packages, then run this again: ${missing.map((n) => n.package).join(' ')}`, 3);
    if (needRoot && !root && !process.stdin.isTTY) throw new Told(`installing needs root; run this once:\n  ${command}`, 3);
    const how = root || !needRoot ? '' : ' with sudo';
    if (!(await ask(`Install this now${how}?`, true))) throw new Told(`nothing was installed; by hand it is:\n  ${command}`, 3);
  }
  // One is busy unpacking, the other fetching: side by side they take as long as the longer one.
  await together(
    () => installDebian(missing, { sudo: needRoot && !root }),
    async () => gap !== null && npmCi(),
  );
  const still = missing.filter((n) => !n.have() && !n.tested);
  if (still.length > 0) throw new Told(`installed, but still not found: ${still.map((n) => n.package).join(' ')}; run the command above by hand and look at what it says`);
  const after = npmGap();
  if (after !== null) throw new Told(`npm ci ended well, but ${after}; remove node_modules and run this again`);
}

function machineOrRefuse() {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Told(`Headwater runs on Linux on x86-64; this is ${process.platform} on ${process.arch}`);
  if (Number(process.versions.node.split('.')[0]) < 20) throw new Told(`Node >= 20 is needed to begin with; this is ${process.version}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const words = process.argv.slice(2);
  const groups = words.filter((w) => !w.startsWith('--'));
  setup({ groups: groups.length > 0 ? ['run', ...groups] : ['run'], install: !words.includes('--no-install') })
    .then(() => line('Everything is there.'))
    .catch(endWith);
}
