import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader, Writer } from './bytes.ts';
import { HyperLogLog } from './hyperloglog.ts';

const of = (values: Iterable<string>): HyperLogLog => {
  const h = new HyperLogLog();
  for (const v of values) h.add(v);
  return h;
};
const bytesOf = (h: HyperLogLog): Uint8Array => {
  const w = new Writer();
  w.u8(1);
  w.u8(1);
  h.write(w);
  return w.seal();
};
const back = (bytes: Uint8Array): HyperLogLog => HyperLogLog.read(new Reader(bytes, 'test', 1, 1));
const numbered = (from: number, n: number): string[] => Array.from({ length: n }, (_, i) => `value-${from + i}`);

describe('HyperLogLog', () => {
  // 1.6 % is the standard error of 4096 registers; over 20 sets each size the mean shows a bias, the spread a bad hash.
  it.each([1, 10, 100, 500, 600, 2_000, 10_000, 20_000, 60_000])('%d distinct values: no bias, error as promised', (n) => {
    const errors = Array.from({ length: 20 }, (_, k) => of(numbered(k * 1_000_000, n)).estimate() / n - 1);
    const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
    const spread = Math.sqrt(errors.reduce((a, b) => a + b * b, 0) / errors.length);
    expect(Math.abs(mean)).toBeLessThan(0.012);
    expect(spread).toBeLessThan(0.022);
  });

  it('a merge is the union, whatever the forms, and a round trip keeps everything', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 1200 }), (a, b, from) => {
        const union = bytesOf(of([...numbered(0, a), ...numbered(from, b)]));
        const left = of(numbered(0, a));
        left.merge(of(numbered(from, b)));
        const right = of(numbered(from, b));
        right.merge(of(numbered(0, a)));
        expect(bytesOf(left)).toEqual(union);
        expect(bytesOf(right)).toEqual(union);
        expect(bytesOf(back(union))).toEqual(union);
      }),
      { numRuns: 60 },
    );
  });

  it('repeats do not count', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 50 }), (all) => {
        expect(bytesOf(of([...all, ...all]))).toEqual(bytesOf(of(all)));
      }),
    );
  });
});
