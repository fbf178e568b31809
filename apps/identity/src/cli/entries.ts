import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeSync, openSync, rmSync } from 'node:fs';
import { PrivateFile, writePrivate } from '../private-file.ts';

/** A command that was refused; the message says what to do. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

type Entry = Readonly<Record<string, unknown>>;

/** Two commands at the same time must not undo each other: one at a time per file. */
async function locked<T>(file: string, work: () => T): Promise<T> {
  const lock = `${file}.lock`;
  for (let tries = 0; ; tries += 1) {
    try {
      closeSync(openSync(lock, 'wx', 0o600));
      break;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EACCES') throw new Refused(`${file}: its directory cannot be written (${code}); make it, or run this as its owner`);
      if (code !== 'EEXIST') throw error;
      if (tries > 50) throw new Refused(`${lock} is there: another command is at work, or one was killed; remove it if none is`);
      await sleep(100);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock);
  }
}

/**
 * Changes the list under `member` of a file of secrets, in one step; a missing file is begun.
 * `parse` checks the whole before it is written: what the server would refuse is never written.
 */
export async function changeEntries(
  file: string,
  member: 'users' | 'clients',
  parse: (file: string, parsed: unknown) => unknown,
  change: (entries: Entry[]) => Entry[],
): Promise<void> {
  await locked(file, () => {
    let whole: Record<string, unknown> = { [member]: [] };
    if (existsSync(file)) {
      // Refuses what is damaged or readable by others, with the fix.
      new PrivateFile(file, parse).get();
      whole = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    }
    const next = { ...whole, [member]: change(whole[member] as Entry[]) };
    parse(file, next);
    writePrivate(file, `${JSON.stringify(next, null, 2)}\n`);
  });
}
