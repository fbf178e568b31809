import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sink } from './sink.ts';

/** Bytes that may wait for a slow reader. */
const HELD_MAX = 4 << 20;

/**
 * Standard output as a stream that never blocks: Node writes to a pipe synchronously on Linux, so a reader that
 * stands still would stop the capture and Ctrl-C with it (nodejs.org/api/process.html, "A note on process I/O").
 */
export function openStdout(): Writable {
  const kind = fstatSync(1);
  return kind.isFIFO() || kind.isSocket() ? new Socket({ fd: 1, readable: false, writable: true }) : process.stdout;
}

export class StreamSink implements Sink {
  readonly chunkBytes = 64 << 10;
  private readonly stream: Writable;
  private readonly over = new AbortController();
  /** what ended it; null: its reader left, which is no fault */
  trouble: Error | null = null;

  constructor(stream: Writable) {
    this.stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.trouble ??= error;
      this.over.abort();
    });
    stream.on('close', () => this.over.abort());
  }

  get gone(): AbortSignal {
    return this.over.signal;
  }

  write(text: string): boolean {
    if (this.over.signal.aborted || this.stream.writableLength > HELD_MAX) return false;
    this.stream.write(text);
    return true;
  }

  async room(): Promise<void> {
    if (this.over.signal.aborted || this.stream.writableLength <= HELD_MAX / 4) return;
    await new Promise<void>((ok) => {
      const done = (): void => {
        this.stream.off('drain', done);
        this.over.signal.removeEventListener('abort', done);
        ok();
      };
      this.stream.once('drain', done);
      this.over.signal.addEventListener('abort', done, { once: true });
    });
  }

  async end(ms: number): Promise<void> {
    for (const until = Date.now() + ms; this.stream.writableLength > 0 && !this.over.signal.aborted && Date.now() < until;) await sleep(5);
  }
}
