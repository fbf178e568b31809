import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file of secrets that cannot be used; the message names the file, the field and what to do. */
export class PrivateFileError extends Error {
  constructor(file: string, what: string, options?: ErrorOptions) {
    super(`${file}: ${what}`, options);
    this.name = 'PrivateFileError';
  }
}

/** Written aside and renamed, so a crash leaves the old file or the new one, never a part. Mode 0600. */
export function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.new`;
  const fd = openSync(aside, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(aside, file);
}

/** A JSON file of mode 0600, read again when it changes: what is added or removed needs no restart. */
export class PrivateFile<T> {
  readonly #file: string;
  readonly #parse: (file: string, parsed: unknown) => T;
  #stamp = '';
  #value: T | undefined;

  /** Reads at once; throws PrivateFileError. */
  constructor(file: string, parse: (file: string, parsed: unknown) => T) {
    this.#file = file;
    this.#parse = parse;
    this.get();
  }

  get(): T {
    try {
      const stat = statSync(this.#file);
      const stamp = `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
      if (stamp === this.#stamp) return this.#value as T;
      if ((stat.mode & 0o077) !== 0) {
        throw new PrivateFileError(this.#file, `holds secrets and is readable by others (mode ${(stat.mode & 0o777).toString(8)}): chmod 600 ${this.#file}`);
      }
      this.#value = this.#parse(this.#file, JSON.parse(readFileSync(this.#file, 'utf8')));
      this.#stamp = stamp;
      return this.#value;
    } catch (cause) {
      if (cause instanceof PrivateFileError) throw cause;
      throw new PrivateFileError(this.#file, `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}
