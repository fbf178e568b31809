/**
 * Segments cross the thread as one array of bytes: cloning thousands of small ones costs more than reading them.
 */
export interface Packed<T> {
  rows: Omit<T, 'bytes'>[];
  sizes: number[];
  all: Uint8Array;
}

export function pack<T extends { bytes: Uint8Array }>(segments: readonly T[]): Packed<T> {
  const sizes = segments.map((s) => s.bytes.length);
  const all = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  const rows = segments.map(({ bytes, ...row }) => {
    all.set(bytes, at);
    at += bytes.length;
    return row;
  });
  return { rows, sizes, all };
}

export function unpack<T extends { bytes: Uint8Array }>({ rows, sizes, all }: Packed<T>): T[] {
  let at = 0;
  return rows.map((row, i) => ({ ...row, bytes: all.subarray(at, (at += sizes[i]!)) }) as T);
}
