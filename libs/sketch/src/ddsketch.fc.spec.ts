import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader, Writer } from './bytes.ts';
import { DdSketch, RELATIVE_ERROR, bucketOf, bucketOfWhole } from './ddsketch.ts';

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

  it('the bucket without a logarithm is the bucket with one, at every bound below 2^32 and between', () => {
    for (let index = 0; DdSketch.upperOf(index) < 2 ** 32; index++) {
      const bound = Math.floor(DdSketch.upperOf(index));
      for (const v of [bound - 1, bound, bound + 1, bound + 2]) if (v >= 1 && v < 2 ** 32) expect(`${v} in ${bucketOfWhole(v)}`).toBe(`${v} in ${bucketOf(v)}`);
    }
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), (v) => {
        expect(bucketOfWhole(v)).toBe(bucketOf(v));
      }),
      { numRuns: 5000 },
    );
  });

  it('many whole numbers at once are as many additions', () => {
    const weighed = fc.array(
      fc.tuple(fc.oneof(fc.integer({ min: 0, max: 2 ** 40 }), fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 62)), fc.integer({ min: 1, max: 9 })),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(weighed, weighed, (first, then) => {
        const [one, many] = [new DdSketch(), new DdSketch()];
        for (const all of [first, then]) {
          for (const [v, w] of all) one.add(v, w);
          many.addWhole(
            Float64Array.from(all, ([v]) => v),
            Float64Array.from(all, ([, w]) => w),
            all.length,
          );
        }
        // Sums beyond 2^53 depend on the order of additions.
        fc.pre(one.sum < Number.MAX_SAFE_INTEGER);
        expect(bytesOf(many)).toEqual(bytesOf(one));
      }),
    );
  });

  /** u from 0 to 1, the quantile function of each */
  const shapes: Record<string, (u: number) => number> = {
    uniform: (u) => 1 + u * 5e6,
    exponential: (u) => 1 + -Math.log(1 - u * 0.999_999) * 3e6,
    'log-normal': (u) => Math.exp(14 + 1.5 * Math.sqrt(8) * (u - 0.5)),
    Pareto: (u) => 1e5 / (1 - u * 0.999_999) ** (1 / 1.2),
    'two humps': (u) => (u < 0.9 ? 2e5 + u * 1e5 : 9e8 + u * 1e8),
    'one value': () => 123_456_789,
  };
  it.each(Object.keys(shapes))('%s: p1 to p99.9 of 20,000 values in 1 to 12 merged parts are within RELATIVE_ERROR', (shape) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })), (parts, us) => {
        const at = shapes[shape]!;
        const seeds = Array.from({ length: 64 }, () => us.next().value);
        const all = Array.from({ length: 20_000 }, (_, i) => Math.round(at((i / 20_000 + seeds[i % 64]!) % 1)));
        const sketches = Array.from({ length: parts }, (_, p) => of(all.filter((_v, i) => i % parts === p)));
        const union = new DdSketch();
        for (const s of sketches) union.merge(back(bytesOf(s)));
        const sorted = all.toSorted((a, b) => a - b);
        for (const q of [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]) {
          const exact = sorted[Math.floor(q * (sorted.length - 1))]!;
          expect(Math.abs(union.quantile(q) - exact)).toBeLessThanOrEqual(exact * RELATIVE_ERROR * 1.0001);
        }
      }),
      { numRuns: 10 },
    );
  });
});
