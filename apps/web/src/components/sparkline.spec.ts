import { describe, expect, it } from 'vitest';
import { sparkPath, sparkSummary, thinned } from './sparkline.ts';

describe('sparkline', () => {
  it('joins neighbours by mean or maximum and keeps gaps', () => {
    const values = [1, 3, null, null, 5, null, 2, 2];
    expect(thinned(values, 4, 'mean')).toEqual([2, null, 5, 2]);
    expect(thinned(values, 4, 'max')).toEqual([3, null, 5, 2]);
    expect(thinned(values, 20, 'max')).toEqual(values);
  });

  it('never loses a peak', () => {
    const values = Array.from({ length: 8640 }, (_, i) => (i === 4321 ? 99 : 1));
    expect(Math.max(...thinned(values, 60, 'max').map((v) => v ?? 0))).toBe(99);
  });

  it('lifts the pen at a gap', () => {
    expect(sparkPath([1, 1, null, 1], 1, 40, 20).match(/M/g)).toHaveLength(2);
    expect(sparkPath([null, null], 1, 40, 20)).toBe('');
  });

  it('draws nothing but the ground line where all is 0', () => expect(sparkPath([0, 0], 0, 40, 20)).toBe('M0.0 18.5H20.0L20.0 18.5H40.0'));

  it('can be read', () => {
    expect(sparkSummary('Rate', [1, null, 5, 2], (v) => `${v}/s`)).toBe('Rate: from 1/s to 2/s, at most 5/s');
    expect(sparkSummary('Rate', [null], String)).toBe('Rate: no data');
  });
});
