// Installs Debian packages without starting anything: a package of a server must not open a port on this machine.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UNPACKED_DIR } from './needs.mjs';
import { recordDebian } from './outside.mjs';
import { asOwner, owners } from './repo.mjs';
import { Told, line, run, step } from './say.mjs';

export function hasApt() {
  return existsSync('/usr/bin/apt-get') || existsSync('/bin/apt-get');
}

/** @param {{package: string, unpack?: boolean}[]} needs */
export function installCommand(needs) {
  const install = needs.filter((n) => !n.unpack).map((n) => n.package);
  const unpack = needs.filter((n) => n.unpack).map((n) => n.package);
  return [
    ...(install.length > 0 ? [`apt-get install -y --no-install-recommends ${install.join(' ')}`] : []),
    ...unpack.map((p) => (p.includes('*') ? unpackCommand(p) : `apt-get install -y --no-install-recommends ${p}`)),
  ].join(' && ');
}

/** A pattern names a kernel for a virtual machine: nobody wants it installed. */
function unpackCommand(pattern) {
  const name = newestOf(pattern) ?? pattern;
  return `(mkdir -p ${UNPACKED_DIR} && cd ${UNPACKED_DIR} && apt-get download ${name} && dpkg-deb -x ${name}_*.deb .)`;
}

/** The newest package that apt offers of a pattern with `*`, or null. */
function newestOf(pattern) {
  const regex = `^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`;
  const { stdout } = spawnSync('apt-cache', ['search', '--names-only', regex], { encoding: 'utf8' });
  const names = (stdout ?? '').split('\n').flatMap((l) => l.split(' ', 1)[0] || []);
  return names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0] ?? null;
}

/** @param {{package: string, unpack?: boolean}[]} needs; `sudo`: put before the commands that need root */
export async function installDebian(needs, { sudo = false } = {}) {
  const install = needs.filter((n) => !n.unpack).map((n) => n.package);
  if (install.length > 0) {
    if (sudo) spawnSync('sudo', ['-v'], { stdio: 'inherit' });
    const asRoot = (script, onLine) => (sudo ? run('sudo', ['sh', '-c', script], { onLine }) : run('sh', ['-c', script], { onLine }));
    const lists = () => step('Debian package lists', (at) => asRoot(`${APT} update`, at).then(() => undefined));
    const packages = () => step(`${install.length} Debian packages`, (at) => asRoot(installScript(install), at).then(() => undefined));
    if (!hasLists()) await lists();
    // Old lists name files that the mirror has no more: then once again with new ones.
    try {
      recordDebian(install, await newWith(install));
      await packages();
    } catch {
      await lists();
      recordDebian(install, await newWith(install));
      await packages();
    }
  }
  for (const need of needs.filter((n) => n.unpack)) {
    // What one test alone needs must not keep the others from running: that test fails and says the same.
    await unpackMissing([need]).catch((error) => {
      if (!need.tested) throw error;
      line(error.message);
    });
  }
}

/** Fetches and unpacks those of them that are not to be installed. */
export async function unpackMissing(needs) {
  for (const { package: name } of needs.filter((n) => n.unpack)) await step(`${name}, unpacked into .cache/debian`, () => unpackDebian(name));
}

/** Waits for another apt instead of failing. */
const APT = 'DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600';

function hasLists() {
  return readdirSync('/var/lib/apt/lists').some((f) => f.includes('_Packages'));
}

/** Names that an install would add to this machine; upgrades of what is there are not among them. */
async function newWith(packages) {
  return addedBy(await run('apt-get', ['-s', 'install', '--no-install-recommends', ...packages]));
}

/** `Inst name (version ...)` is new, `Inst name [old version] (version ...)` an upgrade. */
export function addedBy(simulation) {
  return [...simulation.matchAll(/^Inst (\S+) \(/gm)].map((m) => m[1]);
}

/**
 * Debian starts a server as soon as its package is in; policy-rc.d is the documented way to say no. One that
 * exists already stays as it is, ours goes when the shell ends.
 */
function installScript(packages) {
  return `set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\n# set-up of headwater: no service is started while packages are installed\\nexit 101\\n' > $policy
  chmod 755 $policy
fi
${APT} install -y --no-install-recommends ${packages.join(' ')}
`;
}

/** Fetches a package and unpacks it into the clone; needs no root. */
async function unpackDebian(pattern) {
  const name = pattern.includes('*') ? newestOf(pattern) : pattern;
  if (name === null) throw new Told(`apt offers no package ${pattern}: add the security or backports suite of your release to apt's sources and run apt-get update`);
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
