/**
 * Milliseconds since the Unix epoch from unsigned 64-bit nanoseconds in two words, exactly: a double cannot hold
 * today's nanoseconds, and a rounded one would put an exchange into the wrong window now and then.
 * 2^32 ns are 4294 ms and 967,296 ns, so no term below reaches 2^53.
 */
export function msOf(low: number, high: number): number {
  return high * 4294 + Math.floor((high * 967_296 + low) / 1e6);
}

/** A signed 64-bit count in two words as a number; -1 (unknown) for every negative one. */
export function known64(low: number, high: number): number {
  return high >= 0x8000_0000 ? -1 : high * 0x1_0000_0000 + low;
}
