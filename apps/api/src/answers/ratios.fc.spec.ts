import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { burnRate, excessOf, ratio, trendOf } from './ratios.ts';

const count = fc.integer({ min: 1, max: 1e9 });
const counts = fc.tuple(fc.nat(1e9), count).map(([part, whole]) => [Math.min(part, whole), whole] as const);

describe('error ratio and burn rate', () => {
  test('nothing from nothing; else a share between none and all', () => {
    expect([ratio(0, 0), burnRate(0, 0, 99.9)]).toEqual([null, null]);
    fc.assert(
      fc.property(counts, ([failed, exchanges]) => {
        const r = ratio(failed, exchanges)!;
        expect(r).toBeGreaterThanOrEqual(0);
        expect(r).toBeLessThanOrEqual(1);
        expect(Math.abs(r - failed / exchanges)).toBeLessThanOrEqual(5e-7);
      }),
    );
  });
  test('a service that fails exactly as often as the objective allows burns at 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), (permille) => {
        expect(burnRate(permille, 1_000, 100 - permille / 10)).toBeCloseTo(1, 4);
      }),
    );
  });
  test('more failures never burn less; a stricter objective never burns less; twice the traffic with twice the failures burns the same', () => {
    fc.assert(
      fc.property(counts, fc.nat(1e6), fc.tuple(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 1, max: 99_999 })), ([failed, exchanges], more, slos) => {
        const [loose, strict] = [...slos].sort((a, b) => a - b).map((s) => s / 1_000) as [number, number];
        expect(burnRate(Math.min(exchanges, failed + more), exchanges, loose)!).toBeGreaterThanOrEqual(burnRate(failed, exchanges, loose)!);
        expect(burnRate(failed, exchanges, strict)!).toBeGreaterThanOrEqual(burnRate(failed, exchanges, loose)!);
        expect(burnRate(2 * failed, 2 * exchanges, loose)).toBe(burnRate(failed, exchanges, loose));
      }),
    );
  });
});

describe('excess', () => {
  test('between none and all failures; all where nothing was before; none where it is as before', () => {
    fc.assert(
      fc.property(counts, fc.option(fc.double({ min: 0, max: 1, noNaN: true })), ([failed, exchanges], baseline) => {
        const excess = excessOf(failed, exchanges, baseline);
        expect(excess).toBeGreaterThanOrEqual(0);
        expect(excess).toBeLessThanOrEqual(failed);
        if (baseline === null) expect(excess).toBe(failed);
        expect(excessOf(failed, exchanges, failed / exchanges)).toBeCloseTo(0, 3);
      }),
    );
  });
});

describe('trend', () => {
  test('null from nothing; 0 at the same rate, whatever the lengths; -1 when all is gone', () => {
    expect(trendOf(5, 10, 0, 10)).toBeNull();
    fc.assert(
      fc.property(count, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 }), (perSlot, a, b) => {
        expect(trendOf(perSlot * a, a * 10_000, perSlot * b, b * 10_000)).toBe(0);
        expect(trendOf(0, 10_000, perSlot, 10_000)).toBe(-1);
      }),
    );
  });
});
