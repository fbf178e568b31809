import { describe, expect, it } from 'vitest';
import { arrivingFrom, perSecond, summaryOf, sumOf } from './series.ts';

describe('series', () => {
  it('is summed up without its gaps', () => {
    expect(summaryOf([null, 4, null, 2, 6, null])).toEqual({ first: 4, last: 6, min: 2, max: 6, mean: 4 });
    expect(summaryOf([null])).toBeNull();
    expect(summaryOf([])).toBeNull();
  });

  it('becomes a rate; a gap stays one', () => expect(perSecond([20, null, 0], [0, 10_000, 20_000], 10, 60_000)).toEqual([2, null, 0]));

  it('has no rate in a step that was not over', () => expect(perSecond([20, 20, 3], [0, 10_000, 20_000], 10, 26_000)).toEqual([2, 2, null]));

  it('knows from where on more may come', () => {
    const range = { start: 0, end: 3_600_000 };
    expect(arrivingFrom(range, false, 3_600_000)).toBe(3_560_000);
    expect(arrivingFrom(range, true, 3_600_000)).toBeNull();
    expect(arrivingFrom(range, false, 9_999_999)).toBeNull();
  });

  it('adds up step by step', () => {
    expect(sumOf([1, null, 3], [1, null, null])).toEqual([2, null, 3]);
    expect(sumOf([1], [1, 2])).toEqual([2, 2]);
    expect(sumOf()).toEqual([]);
  });
});
