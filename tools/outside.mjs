// What of ours lies outside the clone: written down when it is made, so that `npm run uninstall` takes away that and nothing else.
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT, owners } from './repo.mjs';

const RECORDS = join(ROOT, '.cache/outside');

/** A file for each record: two starts at the same time write two files, and none loses the other's. */
function write(name, record, records) {
  try {
    const { uid, gid } = owners().clone;
    mkdirSync(records, { recursive: true });
    const file = join(records, name);
    writeFileSync(file, `${JSON.stringify(record)}\n`);
    if (process.getuid() === 0) for (const path of [join(records, '..'), records, file]) chownSync(path, uid, gid);
  } catch (error) {
    // Somebody else's clone: then it is not ours to keep books in either.
    if (error.code !== 'EACCES' && error.code !== 'EROFS') throw error;
  }
}

const key = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);
const inside = (dir) => !relative(ROOT, dir).startsWith('..');

/** Debian packages that are about to be installed: `asked` for, and `packages` that come with them. */
export function recordDebian(asked, packages, records = RECORDS) {
  if (packages.length > 0) write(`debian-${key(packages.join(' '))}.json`, { kind: 'debian', time: new Date().toISOString(), asked, packages }, records);
}

/** A directory of ours. `made`: it was not there before us, so that all of it is ours. */
export function recordDirectory(kind, dir, made, records = RECORDS) {
  if (inside(dir)) return;
  for (const record of readRecords(records)) if (record.dir !== undefined && !existsSync(record.dir)) rmSync(record.file, { force: true });
  const name = `${kind}-${key(dir)}.json`;
  // A second start finds it there: who made it is what the first one wrote.
  if (!existsSync(join(records, name))) write(name, { kind, time: new Date().toISOString(), dir, made }, records);
}

/** @returns {{ kind: 'debian' | 'state-dir' | 'temporary', file: string, dir?: string, made?: boolean, asked?: string[], packages?: string[] }[]} */
export function readRecords(records = RECORDS) {
  if (!existsSync(records)) return [];
  return readdirSync(records)
    .sort()
    .flatMap((name) => {
      const file = join(records, name);
      try {
        return [{ ...JSON.parse(readFileSync(file, 'utf8')), file }];
      } catch {
        return [];
      }
    });
}
