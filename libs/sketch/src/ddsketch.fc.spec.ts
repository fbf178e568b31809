import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader, Writer } from './bytes.ts';
import { DdSketch, RELATIVE_ERROR } from './ddsketch.ts';

const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 1e12, noNaN: true })), {
  minLength: 1,
  maxLength: 400,
});
const integers = fc.array(fc.integer({ min: 0, max: 10_000_000_000 }), { maxLength: 200 });

const of = (all: readonly number[]): DdSketch => {
  const s = new DdSketch();
  for (const v of all) s.add(v);
  return s;
};

const bytesOf = (s: DdSketch): Uint8Array => {
  const w = new Writer();
  w.u8(1);
  w.u8(1);
  s.write(w);
  return w.seal();
};

const back = (bytes: Uint8Array): DdSketch => {
  const r = new Reader(bytes, 'test', 1, 1);
  const s = DdSketch.read(r);
  r.done();
  return s;
};

describe('DdSketch', () => {
  it('every quantile is within 1 % of the value of that rank', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, q) => {
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.floor(q * (sorted.length - 1))]!;
        const got = of(all).quantile(q);
        // Values below 1 share a bucket: an absolute error of 1 instead of a relative one.
        expect(Math.abs(got - exact)).toBeLessThanOrEqual(exact < 1 ? 1 : exact * RELATIVE_ERROR * 1.0001);
      }),
    );
  });

  it('count, sum, min and max are exact', () => {
    fc.assert(
      fc.property(integers, (all) => {
        const s = of(all);
        expect([s.count, s.sum, s.min, s.max]).toEqual([all.length, all.reduce((a, b) => a + b, 0), Math.min(Infinity, ...all), Math.max(-Infinity, ...all)]);
      }),
    );
  });

  it('a merge is the union, in whatever order, and a round trip keeps everything', () => {
    fc.assert(
      fc.property(integers, integers, integers, (a, b, c) => {
        const union = bytesOf(of([...a, ...b, ...c]));
        const left = of(a);
        left.merge(of(b));
        left.merge(of(c));
        const right = of(c);
        const inner = of(b);
        inner.merge(of(a));
        right.merge(inner);
        expect(bytesOf(left)).toEqual(union);
        expect(bytesOf(right)).toEqual(union);
        expect(bytesOf(back(union))).toEqual(union);
      }),
    );
  });

  it('a weight is as many additions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 50 }), (v, w) => {
        const s = new DdSketch();
        s.add(v, w);
        expect(bytesOf(s)).toEqual(bytesOf(of(Array.from({ length: w }, () => v))));
      }),
    );
  });

  it('unknown (negative, NaN) is not a value, and the largest stays in range', () => {
    const s = of([-1, NaN, Number.MAX_VALUE]);
    expect([s.count, s.max]).toEqual([1, Number.MAX_SAFE_INTEGER]);
    expect(s.quantile(0.5)).toBe(Number.MAX_SAFE_INTEGER);
    expect(new DdSketch().quantile(0.5)).toBeNaN();
  });

  it('buckets hold all values in ascending order', () => {
    fc.assert(
      fc.property(values, (all) => {
        const buckets = [...of(all).buckets()];
        expect(buckets.reduce((n, b) => n + b.count, 0)).toBe(all.length);
        expect(buckets.map((b) => b.upper)).toEqual([...buckets.map((b) => b.upper)].sort((x, y) => x - y));
      }),
    );
  });
});
