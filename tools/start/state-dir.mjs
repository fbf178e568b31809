// The state directory: 0700, one owner, one start at a time.
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { recordDirectory } from '../outside.mjs';
import { Told } from '../say.mjs';

/** Start time of a process in clock ticks since boot; a pid that was given out again has another. null: no such process. */
export function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}

/** The pid of the start that lives on this directory, else null; looks only. */
export function liveStart(dir) {
  const other = readPid(join(dir, 'start.pid'));
  return other && startTimeOf(other.pid) === other.start_time ? other.pid : null;
}

export function refuseIfLive(dir) {
  const pid = liveStart(dir);
  if (pid !== null) throw new Told(`Headwater runs already on ${dir} (pid ${pid}); stop it with: kill ${pid}\n  or give this one its own --state-dir`, 1);
}

/** Makes the directory and takes it for this process. Answers a function that gives it back. */
export function takeStateDir(dir, owner) {
  try {
    const made = mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined;
    recordDirectory('state-dir', dir, made);
    const held = statSync(dir);
    if (!held.isDirectory()) throw new Told(`--state-dir ${dir} is not a directory`, 2);
    const me = process.getuid();
    if (me !== 0 && held.uid !== me) throw new Told(`--state-dir ${dir} belongs to user id ${held.uid} and you are ${me}; name another directory`, 2);
    if (me === 0 && held.uid !== owner.uid) chownSync(dir, owner.uid, owner.gid);
    chmodSync(dir, 0o700);
  } catch (error) {
    if (error instanceof Told) throw error;
    throw new Told(`--state-dir ${dir} cannot be used: ${error.message}`, 2);
  }
  const file = join(dir, 'start.pid');
  const mine = JSON.stringify({ pid: process.pid, start_time: startTimeOf(process.pid) });
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST' || tries > 3) throw new Told(`${file} cannot be written: ${error.message}`);
    }
    refuseIfLive(dir);
    rmSync(file, { force: true });
  }
  rmSync(join(dir, 'standalone.json'), { force: true });
  for (const name of ['logs', 'config', 'keys']) {
    mkdirSync(join(dir, name), { recursive: true, mode: 0o700 });
    if (process.getuid() === 0) chownSync(join(dir, name), owner.uid, owner.gid);
  }
  return () => {
    for (const name of ['standalone.json', 'start.pid']) rmSync(join(dir, name), { force: true });
  };
}

function readPid(file) {
  try {
    const { pid, start_time } = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) ? { pid, start_time } : null;
  } catch {
    return null;
  }
}

/** A file only its owner reads, written whole. */
export function writePrivate(file, text, owner) {
  // Aside and renamed: whoever waits for the file to appear never reads half of it.
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text, { mode: 0o600 });
  chmodSync(aside, 0o600);
  if (process.getuid() === 0) chownSync(aside, owner.uid, owner.gid);
  renameSync(aside, file);
}
