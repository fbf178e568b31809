/**
 * 64-bit values without BigInt on hot paths: a column holds little-endian pairs of 32-bit words
 * (element 2i low, 2i + 1 high).
 */
const TWO_32 = 4_294_967_296;

/** Signed value as a Number: exact up to 2^53, rounded beyond (times in ns lose the last 8 bits). */
export function wideToNumber(words: ArrayLike<number>, row: number): number {
  return (words[2 * row + 1]! | 0) * TWO_32 + words[2 * row]!;
}

/** Nanoseconds to milliseconds, exact to a microsecond for today's dates. */
export function nsToMs(words: ArrayLike<number>, row: number): number {
  // The high word alone is a whole number of ns; dividing the parts keeps 53 bits for the quotient.
  return (words[2 * row + 1]! | 0) * (TWO_32 / 1e6) + words[2 * row]! / 1e6;
}

/** Exact; for JSON and tests, not for loops over rows. */
export function wideToBigInt(words: ArrayLike<number>, row: number, signed: boolean): bigint {
  const value = (BigInt(words[2 * row + 1]!) << 32n) | BigInt(words[2 * row]!);
  return signed ? BigInt.asIntN(64, value) : value;
}

/** `2026-11-22T19:00:00.123456789Z` */
export function rfc3339FromNanos(ns: bigint): string {
  const fraction = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = Number((ns - fraction) / 1_000_000_000n);
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `unix:${ns}`;
  return `${date.toISOString().slice(0, -5)}.${fraction.toString().padStart(9, '0')}Z`;
}

/** @throws RangeError when it is not RFC 3339 in UTC (`Z`) */
export function nanosFromRfc3339(text: string): bigint {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  const ms = parts === null ? Number.NaN : Date.parse(`${parts[1]}Z`);
  if (Number.isNaN(ms)) throw new RangeError(`${text} is not an RFC 3339 time in UTC`);
  return BigInt(ms) * 1_000_000n + BigInt((parts![2] ?? '').padEnd(9, '0') || '0');
}
