import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { UsageError } from './usage-error.ts';
import type { Sink } from './sink.ts';

const SAY_AGAIN_MS = 10_000;

export interface FileSinkOptions {
  path: string;
  /** bytes after which the file is put aside as PATH.1, PATH.1 as PATH.2 and so on */
  rotateSize: number;
  /** how many of those are kept */
  rotateKeep: number;
  /** a line about what the file does not take */
  say(line: string): void;
  now?: () => number;
}

/**
 * A file that a log shipper can follow: whole lines only, put aside by rename, a new file at once in its place. What
 * it does not take (a full disk) is refused and said; it is tried again with the next write.
 */
export class FileSink implements Sink {
  readonly chunkBytes: number;
  private readonly o: FileSinkOptions;
  private fd: number;
  private size = 0;
  private regular = true;
  private saidMs = -Infinity;
  readonly gone: AbortSignal = new AbortController().signal;

  /** @throws UsageError when the file cannot be opened */
  constructor(options: FileSinkOptions) {
    this.o = options;
    this.chunkBytes = Math.min(64 << 10, options.rotateSize);
    this.fd = this.open();
  }

  private open(): number {
    let fd: number;
    try {
      // What passes through is not for everybody: only its owner reads it.
      fd = openSync(this.o.path, 'a+', 0o600);
    } catch (error) {
      throw new UsageError(`--output ${this.o.path} cannot be written: ${(error as Error).message}; name a file in a directory of your own`, { cause: error });
    }
    const stat = fstatSync(fd);
    this.regular = stat.isFile();
    this.size = stat.size;
    const last = Buffer.alloc(1);
    // Left by a process that was killed in the middle of a line.
    if (this.regular && this.size > 0 && readSync(fd, last, 0, 1, this.size - 1) === 1 && last[0] !== 0x0a) this.size += writeSync(fd, '\n');
    return fd;
  }

  write(text: string): boolean {
    const data = Buffer.from(text, 'utf8');
    if (this.regular && this.size > 0 && this.size + data.length > this.o.rotateSize) this.rotate();
    try {
      for (let at = 0; at < data.length;) at += writeSync(this.fd, data, at);
      this.size += data.length;
      return true;
    } catch (error) {
      // A half line would spoil the next one.
      if (this.regular) attempt(() => ftruncateSync(this.fd, this.size));
      this.complain(`--output ${this.o.path} takes nothing at present: ${(error as Error).message}`);
      return false;
    }
  }

  /** The new file is made first, under another name, so that a failure leaves everything as it was. */
  private rotate(): void {
    const { path, rotateKeep } = this.o;
    const next = `${path}.next`;
    try {
      const fd = openSync(next, 'a+', 0o600);
      ftruncateSync(fd, 0);
      for (let n = rotateKeep; n > 1; n--) attempt(() => renameSync(`${path}.${n - 1}`, `${path}.${n}`));
      if (rotateKeep > 0) attempt(() => renameSync(path, `${path}.1`));
      renameSync(next, path);
      closeSync(this.fd);
      this.fd = fd;
      this.size = 0;
    } catch (error) {
      this.complain(`--output ${path} cannot be put aside: ${(error as Error).message}; it grows on`);
    }
  }

  private complain(line: string): void {
    const now = (this.o.now ?? Date.now)();
    if (now - this.saidMs < SAY_AGAIN_MS) return;
    this.saidMs = now;
    this.o.say(`-- ${line}`);
  }

  room(): Promise<void> {
    return Promise.resolve();
  }

  end(): Promise<void> {
    closeSync(this.fd);
    return Promise.resolve();
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // There may be no such file yet, or no room to do it: the caller goes on either way.
  }
}
