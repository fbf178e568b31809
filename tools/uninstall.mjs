#!/usr/bin/env node
// `npm run uninstall [-- --yes|--dry-run]`: what of ours lies outside the clone, and away with it. The clone itself stays.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords } from './outside.mjs';
import { ROOT } from './repo.mjs';
import { Told, ask, bold, dim, endWith, green, line, run, step } from './say.mjs';
import { liveStart } from './start/state-dir.mjs';
import { planUninstall } from './uninstall/plan.mjs';

const HELP = `npm run uninstall [-- --yes | --dry-run]

Lists what Headwater put outside this clone: Debian packages that its set-up
installed and nothing else needs, state directories, temporary files; asks, and
removes them. What was there before it stays.

  --yes       do not ask
  --dry-run   list, and do nothing
`;

/** Names of the installed packages among `names`. */
function installed(names) {
  if (names.length === 0) return [];
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Abbrev}\n', ...names], { encoding: 'utf8' });
  const there = new Set(
    (stdout ?? '')
      .split('\n')
      .filter((l) => / ii\b/.test(l))
      .map((l) => l.split(' ')[0]),
  );
  return names.filter((n) => there.has(n));
}

/** What apt would take away with `names`, by its own simulation. */
function removedWith(names) {
  if (names.length === 0) return [];
  const { status, stdout, stderr } = spawnSync('apt-get', ['-s', 'remove', ...names], { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (status !== 0) throw new Told(`apt-get -s remove did not work, so no package is touched:\n${stderr}`);
  return [...stdout.matchAll(/^Remv (\S+)/gm)].map((m) => m[1]);
}

/** What of ours a directory that was there before us holds. */
const OURS =
  /^(bus|summaries|state|identity)\.db(-wal|-shm)?$|^(config|keys|logs)$|^(clients|users|login|standalone)\.json$|^(token|api)\.curl$|^(fingerprint|session)\.key$|^(dashboard\.secret|host-id|start\.pid|probe\.sock)$/;

function listDirectory(dir) {
  return readdirSync(dir).filter((name) => OURS.test(name));
}

function removeDirectory({ dir, made }) {
  if (made) return rmSync(dir, { recursive: true, force: true });
  for (const name of listDirectory(dir)) rmSync(join(dir, name), { recursive: true, force: true });
}

async function main(words) {
  const unknown = words.find((w) => !['--yes', '--dry-run', '--help'].includes(w));
  if (unknown) throw new Told(`${unknown} is not an option; known: --yes, --dry-run, --help`, 2);
  if (words.includes('--help')) return void process.stdout.write(HELP);
  if (words.includes('--yes') && words.includes('--dry-run')) throw new Told('--yes contradicts --dry-run; give one', 2);

  const records = readRecords();
  const plan = planUninstall({ records, root: ROOT, liveStart, installed, removedWith, exists: existsSync, listDirectory });
  const root = process.getuid() === 0;
  const aptLine = `${root ? '' : 'sudo '}apt-get remove -y ${plan.packages.join(' ')}`;
  show(plan);
  const nothing = plan.packages.length === 0 && plan.directories.length === 0;
  if (words.includes('--dry-run') || nothing) return forget(nothing && !words.includes('--dry-run') ? records : []);
  if (!words.includes('--yes')) {
    if (!process.stdin.isTTY || !process.stdout.isTTY) throw new Told('nothing was removed; say it with: npm run uninstall -- --yes', 3);
    if (!(await ask('Remove this?', false))) throw new Told('nothing was removed', 3);
  }
  for (const directory of plan.directories) await step(`remove ${directory.dir}`, async () => removeDirectory(directory));
  if (plan.packages.length > 0 && root) {
    await step(`remove ${plan.packages.length} Debian packages`, (at) =>
      run('apt-get', ['-o', 'DPkg::Lock::Timeout=600', 'remove', '-y', ...plan.packages], { env: { DEBIAN_FRONTEND: 'noninteractive' }, onLine: at }).then(() => undefined),
    );
  } else if (plan.packages.length > 0) {
    line(`  Debian packages need root; type this:\n    ${aptLine}`);
  }
  forget(records.filter((r) => r.kind !== 'debian' || root));
  goodbye();
}

/** Lines of at most 74 columns. */
function wrapped(words) {
  const lines = [''];
  for (const word of words) {
    if (lines.at(-1).length + word.length > 73) lines.push('');
    lines.push(`${lines.pop()} ${word}`.trimStart());
  }
  return lines;
}

function show(plan) {
  line(bold('Outside this clone, put there by Headwater:'));
  if (plan.packages.length > 0) {
    line(`  ${plan.packages.length} Debian packages that set-up installed:`);
    for (const text of wrapped(plan.packages)) line(dim(`    ${text}`));
    line(dim('    (apt-get remove: what they keep in /etc stays)'));
  }
  for (const { dir, made, files } of plan.directories) line(`  ${dir}${made ? '' : `: ${files.join(', ')} (the directory was there before)`}`);
  if (plan.packages.length === 0 && plan.directories.length === 0) line(`  ${green('nothing')}`);
  if (plan.kept.length > 0) {
    line('Installed by set-up too, but they stay:');
    for (const { name, because } of plan.kept) line(`  ${name}: ${because}`);
  }
  line(dim('Not touched: the caches of npm (~/.npm) and Maven (~/.m2), which others share, and what was there before.'));
}

/** Their things are gone: so may the records be. */
function forget(records) {
  for (const { file } of records) rmSync(file, { force: true });
  try {
    rmdirSync(join(ROOT, '.cache/outside'));
  } catch {}
}

function goodbye() {
  line(`The clone itself, with what was captured (.headwater) and built: rm -rf ${/[^\w./-]/.test(ROOT) ? `'${ROOT.replaceAll("'", "'\\''")}'` : ROOT}`);
}

main(process.argv.slice(2)).catch(endWith);
