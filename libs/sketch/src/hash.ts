/**
 * A 64-bit hash of bytes in two 32-bit lanes (the mixing steps of MurmurHash3). It is stored in no
 * format, but HyperLogLog registers depend on it: changing it is a new version of both composites.
 */
export interface Hash64 {
  hi: number;
  lo: number;
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** From this length on a view that reads four bytes at once is worth making; the fold makes one per batch. */
const LONG = 1024;

/** Hashes bytes[start, end) into `into`, without an allocation where a view of all `bytes` is given or it is shorter than 1 KiB. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, into: Hash64, words?: DataView): void {
  let a = 0x9747b28c ^ (end - start);
  let b = 0x3c6ef372;
  let i = start;
  if (words !== undefined || end - start >= LONG) {
    const view = words ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; i + 4 <= end; i += 4) {
      const word = view.getInt32(i, true);
      let k = Math.imul(word, 0xcc9e2d51);
      k = (k << 15) | (k >>> 17);
      a ^= Math.imul(k, 0x1b873593);
      a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
      k = Math.imul(word, 0x239b961b);
      k = (k << 16) | (k >>> 16);
      b ^= Math.imul(k, 0xab0e9789);
      b = (Math.imul((b << 17) | (b >>> 15), 5) + 0x561ccd1b + a) | 0;
    }
  }
  for (; i + 4 <= end; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    let k = Math.imul(word, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    a ^= Math.imul(k, 0x1b873593);
    a = Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64;
    k = Math.imul(word, 0x239b961b);
    k = (k << 16) | (k >>> 16);
    b ^= Math.imul(k, 0xab0e9789);
    b = Math.imul((b << 17) | (b >>> 15), 5) + 0x561ccd1b + a;
  }
  for (; i < end; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x5bd1e995);
    a ^= a >>> 15;
    b = Math.imul(b ^ bytes[i]!, 0xcc9e2d51) + a;
    b ^= b >>> 13;
  }
  const x = finish(a);
  const y = finish(b ^ x);
  into.hi = finish((x + y) | 0);
  into.lo = y;
}

/** 53 bits of the hash as one number: the key of a value inside a summary. */
export function hashKey(h: Hash64): number {
  return h.hi * 0x20_0000 + (h.lo >>> 11);
}
