// Installs Debian packages without starting anything: a package of a server must not open a port on this machine.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UNPACKED_DIR } from './needs.mjs';
import { asOwner, owners } from './repo.mjs';
import { Told, run, step } from './say.mjs';

export function hasApt() {
  return existsSync('/usr/bin/apt-get') || existsSync('/bin/apt-get');
}

/** @param {{package: string, unpack?: boolean}[]} needs */
export function installCommand(needs) {
  const install = needs.filter((n) => !n.unpack).map((n) => n.package);
  const unpack = needs.filter((n) => n.unpack).map((n) => n.package);
  return [
    ...(install.length > 0 ? [`apt-get install -y --no-install-recommends ${install.join(' ')}`] : []),
    ...unpack.map((p) => `apt-get install -y --no-install-recommends ${p}`),
  ].join(' && ');
}

/** @param {{package: string, unpack?: boolean}[]} needs; `sudo`: put before the command that needs root */
export async function installDebian(needs, { sudo = false } = {}) {
  const install = needs.filter((n) => !n.unpack).map((n) => n.package);
  const unpack = needs.filter((n) => n.unpack).map((n) => n.package);
  if (install.length > 0) {
    if (sudo) spawnSync('sudo', ['-v'], { stdio: 'inherit' });
    await step(`Debian packages: ${install.join(' ')}`, async () => {
      const script = installScript(install);
      await (sudo ? run('sudo', ['sh', '-c', script]) : run('sh', ['-c', script]));
    });
  }
  for (const name of unpack) await step(`sources of ${name}, unpacked into .cache/debian`, () => unpackDebian(name));
}

/**
 * Debian starts a server as soon as its package is in; policy-rc.d is the documented way to say no. One that
 * exists already stays as it is, ours goes when the shell ends. apt waits for another apt instead of failing.
 */
function installScript(packages) {
  const apt = 'apt-get -o DPkg::Lock::Timeout=600';
  const install = `${apt} install -y --no-install-recommends ${packages.join(' ')}`;
  return `set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\n# set-up of headwater: no service is started while packages are installed\\nexit 101\\n' > $policy
  chmod 755 $policy
fi
ls /var/lib/apt/lists/*_Packages* > /dev/null 2>&1 || ${apt} update
${install} || { ${apt} update; ${install}; }
`;
}

/** Fetches a package and unpacks it into the clone; needs no root. */
async function unpackDebian(name) {
  const owner = owners().clone;
  const download = join(UNPACKED_DIR, 'download');
  const as = (command, args, cwd) => run(...asOwner(owner, command, args), { cwd });
  await as('mkdir', ['-p', download]);
  await as('apt-get', ['download', name], download);
  const deb = readdirSync(download).find((f) => f.startsWith(`${name}_`) && f.endsWith('.deb'));
  if (!deb) throw new Told(`apt-get download ${name} brought no file`);
  await as('dpkg-deb', ['-x', join(download, deb), UNPACKED_DIR]);
  rmSync(download, { recursive: true, force: true });
}
