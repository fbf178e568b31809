import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, usualRate, usualRatio, USUAL_SIGMAS } from './robust.ts';

const rate = fc.double({ min: 0, max: 1e6, noNaN: true });

test('the median is a middle: no more values lie beyond it than before it', () =>
  fc.assert(
    fc.property(fc.array(rate, { minLength: 1, maxLength: 40 }), (values) => {
      const m = median(values);
      expect(values.filter((v) => v < m).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((v) => v > m).length).toBeLessThanOrEqual(values.length / 2);
    }),
  ));

test('a few wild hours move neither the usual nor its band out of what the others say', () =>
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1_000, noNaN: true }),
      fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 15, maxLength: 15 }),
      fc.array(rate, { maxLength: 5 }),
      (base, noise, wild) => {
        const { median: m, low, high } = usualRate(base * 3_600, 3_600, [...noise.map((n) => n * base), ...wild]);
        expect(m).toBeGreaterThanOrEqual(0.9 * base);
        expect(m).toBeLessThanOrEqual(1.1 * base);
        expect(high).toBeLessThan(2.5 * base);
        expect(low).toBeGreaterThanOrEqual(0);
      },
    ),
  ));

test('a figure is in the band exactly when its deviation is at most three', () =>
  fc.assert(
    fc.property(fc.nat(1e6), fc.integer({ min: 10, max: 1e5 }), fc.array(rate, { minLength: 3, maxLength: 24 }), (count, seconds, rates) => {
      const u = usualRate(count, seconds, rates);
      if (Math.abs(Math.abs(u.deviation) - USUAL_SIGMAS) < 1e-6) return;
      expect(count / seconds <= u.high && (u.low === 0 || count / seconds >= u.low)).toBe(u.deviation <= USUAL_SIGMAS && (u.low === 0 || u.deviation >= -USUAL_SIGMAS));
    }),
  ));

test('a handful in a short range is chance; a share never leaves 0 to 1', () => {
  expect(Math.abs(usualRate(2, 10, [0.05, 0.05, 0.05]).deviation)).toBeLessThan(3);
  expect(usualRate(2_000, 10, [0.05, 0.05, 0.05]).deviation).toBeGreaterThan(100);
  expect(usualRatio(1, 10, [0, 0, 0]).deviation).toBeLessThan(3);
  expect(usualRatio(1_000, 10_000, [0, 0, 0]).deviation).toBeGreaterThan(10);
  expect(usualRatio(5, 10, [0.9, 1, 1]).high).toBe(1);
});
