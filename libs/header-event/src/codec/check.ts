import { EventCodecError } from '../errors.ts';
import type { EventColumns } from '../schema.ts';
import { HEADER_COLUMNS, STRING_COLUMNS } from './layout.ts';

const damaged = (detail: string): never => {
  throw new EventCodecError('malformed', { detail });
};

function checkOffsets(what: string, offsets: Int32Array, end: number): void {
  let before = 0;
  if (offsets[0] !== 0) damaged(`${what}: the first offset is not 0`);
  for (let i = 1; i < offsets.length; i++) {
    const o = offsets[i]!;
    if (o < before) damaged(`${what}: offset ${i} goes back`);
    before = o;
  }
  if (before !== end) damaged(`${what}: offsets end at ${before}, not at ${end}`);
}

/**
 * All bits of the indices together: while they are below `entries`, so is every index, and the sign says that one is negative.
 * Only then, and in a full dictionary, is the largest looked for. Four at a time, since this reads most of a batch.
 */
function checkIndices(what: string, indices: Int32Array, entries: number): void {
  const whole = indices.length & ~3;
  let a = 0;
  let b = 0;
  for (let i = 0; i < whole; i += 4) {
    a |= indices[i]! | indices[i + 1]!;
    b |= indices[i + 2]! | indices[i + 3]!;
  }
  for (let i = whole; i < indices.length; i++) a |= indices[i]!;
  a |= b;
  if (a >= 0 && a < entries) return;
  let max = 0;
  if (a >= 0) for (let i = 0; i < indices.length; i++) if (indices[i]! > max) max = indices[i]!;
  if (a < 0 || max >= entries) damaged(`${what}: a dictionary index is outside of 0..${entries - 1}`);
}

/** After this nothing in a batch points outside of it: readers index without further checks. */
export function checkColumns({ dictionary, columns, headers }: EventColumns): void {
  const entries = dictionary.offsets.length - 1;
  if (entries < 1 || dictionary.offsets[1] !== 0) damaged('the dictionary does not begin with the empty string');
  checkOffsets('dictionary', dictionary.offsets, dictionary.bytes.length);
  for (const name of STRING_COLUMNS) checkIndices(name, columns[name] as Int32Array, entries);
  for (const name of HEADER_COLUMNS) {
    const list = headers[name]!;
    checkOffsets(name, list.offsets, list.name.length);
    checkIndices(`${name}.name`, list.name, entries);
    checkIndices(`${name}.value`, list.value, entries);
  }
}
