import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DdSketch } from '@headwater/sketch';
import type { RoleTotals } from '../windows/digest.ts';
import { HeatmapFold } from './heatmap.ts';

const ns = fc.oneof(fc.integer({ min: 0, max: 5e10 }), fc.constantFrom(0, 0.5, 1, 2, 1e6, Number.MAX_SAFE_INTEGER));
const points = fc.array(fc.array(fc.tuple(ns, fc.integer({ min: 1, max: 50 })), { maxLength: 25 }), { minLength: 1, maxLength: 6 });

/** Totals of a role whose latencies are these, and one exchange more whose latency is not known. */
function totals(latencies: readonly (readonly [number, number])[]): Map<'server', RoleTotals> {
  const t = { exchanges: 1, clientErrors: 0, serverErrors: 0, transportErrors: 0, ttfb: new DdSketch(), total: new DdSketch() };
  for (const [value, n] of latencies) {
    t.exchanges += n;
    t.ttfb.add(value, n);
  }
  return new Map([['server', t]]);
}

test('bounds are shared, at most 40, in equal ratios; every known latency is counted once, in a bucket that is its own within 1 %', () => {
  fc.assert(
    fc.property(points, (given) => {
      const range = { start: 0, end: given.length * 10_000, stepMs: 10_000 };
      const fold = new HeatmapFold({ role: 'server', method: null, route: null, status: null, errorTypes: null }, range, 'ttfb');
      given.forEach((latencies, i) => fold.addTotals(i * 10_000, totals(latencies)));
      const rows = fold.points(() => true);
      const bounds = rows[0]!.le_ms;
      const all = given.flat().map(([v]) => v);
      expect(bounds.length).toBeLessThanOrEqual(40);
      if (all.length > 0) expect(bounds.at(-1)! * 1e6 * 1.00001).toBeGreaterThanOrEqual(Math.max(1, ...all));
      for (let i = 1; i < bounds.length; i += 1) expect(bounds[i]!).toBeGreaterThan(bounds[i - 1]!);
      for (let i = 2; i < bounds.length; i += 1) expect(bounds[i]! / bounds[i - 1]!).toBeCloseTo(bounds[i - 1]! / bounds[i - 2]!, 3);
      rows.forEach((row, i) => {
        const latencies = given[i]!;
        expect(row.le_ms).toEqual(bounds);
        expect(row.exchanges).toBe(1 + latencies.reduce((n, [, k]) => n + k, 0));
        expect(row.counts.reduce((a, b) => a + b, 0)).toBe(row.exchanges - 1);
        // Cumulative counts at each bound lie between those of the values a hundredth below and above it.
        let below = 0;
        row.counts.forEach((n, b) => {
          below += n;
          const bound = Math.max(1, bounds[b]! * 1e6);
          const upTo = (limit: number): number => latencies.reduce((sum, [v, k]) => sum + (v <= limit ? k : 0), 0);
          expect(below).toBeGreaterThanOrEqual(upTo(bound * 0.99));
          expect(below).toBeLessThanOrEqual(upTo(bound * 1.01));
        });
      });
    }),
  );
});
