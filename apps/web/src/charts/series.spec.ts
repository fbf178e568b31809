import { describe, expect, it } from 'vitest';
import { lonely, perSecond, summaryOf, sumOf } from './series.ts';

describe('series', () => {
  it('is summed up without its gaps', () => {
    expect(summaryOf([null, 4, null, 2, 6, null])).toEqual({ first: 4, last: 6, min: 2, max: 6, mean: 4 });
    expect(summaryOf([null])).toBeNull();
    expect(summaryOf([])).toBeNull();
  });

  it('becomes a rate; a gap stays one', () => expect(perSecond([20, null, 0], 10)).toEqual([2, null, 0]));

  it('adds up step by step', () => {
    expect(sumOf([1, null, 3], [1, null, null])).toEqual([2, null, 3]);
    expect(sumOf([1], [1, 2])).toEqual([2, 2]);
    expect(sumOf()).toEqual([]);
  });

  it('knows values between two gaps', () => expect(lonely([1, null, 2, null, 3, 4, null, 5])).toEqual([0, 2, 7]));
});
