/** Values as they lie in Redis (see lua-1.ts), and replies, to and from the port's shapes. */
import type { Closed, ClosedHead, Partial, Resolution, SegmentKey } from '../port.ts';

/** First item of the functions' answers. */
export const ANSWER = { ok: 0, fenced: -1, stale: -2, taken: -3 } as const;

/** revision f64 be, the rest as JSON */
export function packHead({ revision, holds, missing, closedAt }: ClosedHead): Buffer {
  const front = Buffer.alloc(8);
  front.writeDoubleBE(revision, 0);
  return Buffer.concat([front, Buffer.from(JSON.stringify({ holds, missing, closedAt }))]);
}

export function unpackHead({ resolution, start, subject }: SegmentKey, value: Buffer): ClosedHead {
  const rest = JSON.parse(value.toString('utf8', 8)) as Pick<Closed, 'holds' | 'missing' | 'closedAt'>;
  return { resolution, start, subject, revision: value.readDoubleBE(0), ...rest };
}

/** revision f64 be, '0' (not final), the rest as JSON */
export function packRollHead({ revision, missing, closedAt }: Pick<Closed, 'revision' | 'missing' | 'closedAt'>): Buffer {
  const front = Buffer.alloc(9, '0');
  front.writeDoubleBE(revision, 0);
  return Buffer.concat([front, Buffer.from(JSON.stringify({ missing, closedAt }))]);
}

export function unpackRollHead({ resolution, start, subject }: SegmentKey, value: Buffer): ClosedHead {
  const rest = JSON.parse(value.toString('utf8', 9)) as Pick<Closed, 'missing' | 'closedAt'>;
  return { resolution, start, subject, revision: value.readDoubleBE(0), holds: {}, ...rest, rollUp: true };
}

/** {start, {subject, head, bytes, ...}, ...} */
export function unpackClosed(resolution: Resolution, reply: unknown): Closed[] {
  return closedOf(resolution, reply, unpackHead);
}
export function unpackRolled(resolution: Resolution, reply: unknown): Closed[] {
  return closedOf(resolution, reply, unpackRollHead);
}

function closedOf(resolution: Resolution, reply: unknown, headOf: typeof unpackHead): Closed[] {
  const windows = reply as (Buffer | Buffer[])[];
  const closed: Closed[] = [];
  for (let w = 0; w < windows.length; w += 2) {
    const start = Number(windows[w]);
    const found = windows[w + 1] as Buffer[];
    for (let i = 0; i < found.length; i += 3) closed.push({ ...headOf({ resolution, start, subject: found[i]!.toString() }, found[i + 1]!), bytes: found[i + 2]! });
  }
  return closed;
}

/** One field of a window's hash of partials: the open one, or the frozen ones in one value. */
export function unpackPartials(window: { resolution: Resolution; start: number }, partition: number, field: Buffer, value: Buffer, into: Partial[]): void {
  const { resolution, start } = window;
  const subject = field.toString('utf8', 1);
  if (field[0] === 0x6f /* o */) {
    into.push({ resolution, start, subject, partition, revision: value.readDoubleBE(0), bytes: value.subarray(8) });
    return;
  }
  for (let at = 0; at < value.length;) {
    const size = value.readUInt32BE(at + 8);
    into.push({ resolution, start, subject, partition, revision: value.readDoubleBE(at), bytes: value.subarray(at + 12, at + 12 + size) });
    at += 12 + size;
  }
}

/** RES \n START \n subject */
export function unpackKey(line: Buffer): SegmentKey {
  const text = line.toString();
  const first = text.indexOf('\n');
  const second = text.indexOf('\n', first + 1);
  return { resolution: text.slice(0, first) as Resolution, start: Number(text.slice(first + 1, second)), subject: text.slice(second + 1) };
}

/** {start, {field, value, ...}, ...} */
export function* fieldsOf(reply: unknown): Generator<[start: number, field: Buffer, value: Buffer]> {
  const windows = reply as (Buffer | Buffer[])[];
  for (let w = 0; w < windows.length; w += 2) {
    const start = Number(windows[w]);
    const fields = windows[w + 1] as Buffer[];
    for (let f = 0; f < fields.length; f += 2) yield [start, fields[f]!, fields[f + 1]!];
  }
}
