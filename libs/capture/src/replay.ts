import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { addon, type NativeReplay, type RawBatch } from './addon.ts';
import { toCaptureBatch } from './columns.ts';
import { CaptureError } from './errors.ts';
import { NativeDoors } from './native-doors.ts';
import { checkOptions } from './options.ts';
import type { Capture, CaptureBatch, CaptureOptions } from './port.ts';

const READ = 256 * 1024;
const MAX_RECORD = 64 * 1024;

export interface ReplayInput {
  /** a recording: [u32 LE length][wire record] again and again */
  file?: string;
  /** or the records themselves */
  records?: Iterable<Uint8Array>;
  options: CaptureOptions;
  /** keep the recorded times between records (demo); default: as fast as it goes */
  paced?: boolean;
  /** the first record's time, ms since the epoch; default now */
  startUnixMs?: number;
  /** recount the start account after every record (tests) */
  audit?: boolean;
}

/** Framed records in slices of about 256 KiB, or one by one when paced. */
async function* slices(input: ReplayInput): AsyncGenerator<Uint8Array> {
  if (input.records) {
    if (Array.isArray(input.records) && !input.paced) yield* together(input.records as Uint8Array[]);
    else for (const r of input.records) yield frame(r);
    return;
  }
  let file: FileHandle | undefined;
  try {
    file = await open(input.file!, 'r');
    let rest = new Uint8Array(0);
    for (;;) {
      const chunk = new Uint8Array(READ);
      const { bytesRead } = await file.read(chunk, 0, READ);
      if (bytesRead === 0) break;
      const all = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      let end = 0;
      while (end + 4 <= all.length) {
        const n = all.readUInt32LE(end);
        if (n === 0 || n > MAX_RECORD) throw new CaptureError('HW_CAPTURE_RECORDING', `${input.file} is not a recording: a record of ${n} bytes`);
        if (end + 4 + n > all.length) break;
        if (input.paced) yield all.subarray(end, end + 4 + n);
        end += 4 + n;
      }
      if (!input.paced && end > 0) yield all.subarray(0, end);
      rest = all.subarray(end);
    }
    if (rest.length > 0) throw new CaptureError('HW_CAPTURE_RECORDING', `${input.file} ends inside a record`);
  } catch (cause) {
    if (cause instanceof CaptureError) throw cause;
    throw new CaptureError('HW_CAPTURE_RECORDING', `cannot read the recording ${input.file}: ${(cause as Error).message}`, { cause });
  } finally {
    await file?.close();
  }
}

/** A list that is there already, in few slices: a call for every record would cost more than what is read in it. */
function* together(records: Uint8Array[]): Generator<Uint8Array> {
  for (let i = 0; i < records.length;) {
    const parts: Uint8Array[] = [];
    for (let size = 0; i < records.length && size < READ; i++) {
      const framed = frame(records[i]!);
      parts.push(framed);
      size += framed.length;
    }
    yield Buffer.concat(parts);
  }
}

function frame(record: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + record.length);
  new DataView(out.buffer).setUint32(0, record.length, true);
  out.set(record, 4);
  return out;
}

/** Nanoseconds of a framed record: the second word of every record is its time. */
function timeOf(framed: Uint8Array): bigint {
  return framed.length >= 20 ? new DataView(framed.buffer, framed.byteOffset).getBigUint64(12, true) : 0n;
}

class ReplayCapture extends NativeDoors<NativeReplay> implements Capture {
  readonly source = 'replay';
  readonly probe = null;
  private done: Promise<void> | undefined;
  private stopping = false;
  private pausedUntil = 0;
  private readonly input: ReplayInput;

  constructor(native: NativeReplay, input: ReplayInput) {
    super(native);
    this.input = input;
  }

  start(onBatch: (batch: CaptureBatch) => void, onEnd: (error: Error | null) => void): void {
    if (this.done) throw new CaptureError('HW_CAPTURE_STATE', 'this replay was started before: open a new one');
    const give = (list: RawBatch[]) => list.forEach((raw) => onBatch(toCaptureBatch(raw)));
    this.done = this.run(give).then(
      () => onEnd(null),
      (error: unknown) => onEnd(error as Error),
    );
  }

  private async run(give: (list: RawBatch[]) => void): Promise<void> {
    let first: bigint | undefined;
    const began = performance.now();
    try {
      for await (const slice of slices(this.input)) {
        if (this.stopping) break;
        if (this.input.paced) {
          const t = timeOf(slice);
          first ??= t;
          const wait = Number(t - first) / 1e6 - (performance.now() - began);
          if (wait > 1) await sleep(wait);
        }
        while (performance.now() < this.pausedUntil && !this.stopping) await sleep(5);
        give(this.native.push(slice));
      }
    } finally {
      give(this.native.flush());
    }
  }

  async stop(): Promise<void> {
    this.stopping = this.input.paced === true;
    await this.done;
  }

  pauseDrain(ms: number): void {
    this.pausedUntil = performance.now() + ms;
  }
}

/**
 * Recorded records through the same core as live ones; needs no privileges. `onEnd(null)` after the last batch.
 * @throws CaptureError HW_CAPTURE_OPTION, HW_CAPTURE_ADDON, HW_CAPTURE_RECORDING
 */
export async function openReplay(input: ReplayInput): Promise<Capture> {
  checkOptions(input.options);
  if ((input.file === undefined) === (input.records === undefined)) throw new CaptureError('HW_CAPTURE_OPTION', 'a replay takes either `file` or `records`');
  if (input.file !== undefined) {
    await open(input.file, 'r').then(
      (f) => f.close(),
      (cause: Error) => {
        throw new CaptureError('HW_CAPTURE_RECORDING', `cannot read the recording ${input.file}: ${cause.message}`, { cause });
      },
    );
  }
  const native = new (addon().Replay)(input.options, input.startUnixMs ?? Date.now(), input.audit === true);
  return new ReplayCapture(native, input);
}
