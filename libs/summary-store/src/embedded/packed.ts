/**
 * Segments cross the thread with their bytes in one array: cloning thousands of small ones costs more than reading them.
 */
export interface Packed<T> {
  /** as they are, but for `bytes`: all have the same empty one */
  rows: T[];
  sizes: number[];
  all: Uint8Array;
}

const NONE = new Uint8Array(0);

/** Takes the bytes out of the rows it is given. */
export function pack<T extends { bytes: Uint8Array }>(rows: T[]): Packed<T> {
  const sizes = rows.map((row) => row.bytes.length);
  const all = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row.bytes, at);
    at += row.bytes.length;
    row.bytes = NONE;
  }
  return { rows, sizes, all };
}

/** Puts them back (views of one buffer). */
export function unpack<T extends { bytes: Uint8Array }>({ rows, sizes, all }: Packed<T>): T[] {
  let at = 0;
  rows.forEach((row, i) => (row.bytes = all.subarray(at, (at += sizes[i]!))));
  return rows;
}
