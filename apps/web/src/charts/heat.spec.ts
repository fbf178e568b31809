import { describe, expect, it } from 'vitest';
import { bucketOf, joinColumns, levelOf, maxCount, rowOf, ticksOf } from './heat.ts';

const le = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

describe('heatmap', () => {
  it('sums neighbours where there are more points than places, and loses none', () => {
    const points = Array.from({ length: 8640 }, (_, i) => ({ counts: [1, i % 2] }));
    const columns = joinColumns(points, 2, 1000);
    expect(columns).toHaveLength(1000);
    expect(columns.reduce((sum, c) => sum + (c[0] ?? 0), 0)).toBe(8640);
    expect(columns.reduce((sum, c) => sum + (c[1] ?? 0), 0)).toBe(4320);
    expect(joinColumns(points.slice(0, 3), 2, 1000)).toHaveLength(3);
    expect(maxCount(columns)).toBe(9);
  });

  it('shows one exchange beside ten thousand', () => {
    expect(levelOf(0, 10_000, 64)).toBe(0);
    expect(levelOf(1, 10_000, 64)).toBe(1);
    expect(levelOf(10_000, 10_000, 64)).toBe(63);
    expect(levelOf(1, 1, 64)).toBe(63);
    expect(levelOf(100, 10_000, 64)).toBeGreaterThan(levelOf(10, 10_000, 64));
  });

  it('places a latency in its bucket', () => {
    expect(rowOf(1, le)).toBeCloseTo(1);
    expect(rowOf(2, le)).toBeCloseTo(2);
    expect(rowOf(Math.SQRT2, le)).toBeCloseTo(1.5);
    expect(rowOf(0.1, le)).toBe(0);
    expect(rowOf(99_999, le)).toBe(le.length);
    expect(rowOf(5, [])).toBe(0);
  });

  it('knows the bounds of a bucket', () => {
    expect(bucketOf(0, le)).toEqual({ from: 0.5, to: 1 });
    expect(bucketOf(3, le)).toEqual({ from: 4, to: 8 });
  });

  it('labels round latencies that do not touch', () => {
    expect(ticksOf(le, 3)).toEqual([1, 10, 100, 1000]);
    const dense = ticksOf(le, 0.9);
    expect(dense).toContain(10);
    for (let i = 1; i < dense.length; i++) expect(rowOf(dense[i] ?? 0, le) - rowOf(dense[i - 1] ?? 0, le)).toBeGreaterThanOrEqual(0.9);
    expect(ticksOf([], 1)).toEqual([]);
  });
});
