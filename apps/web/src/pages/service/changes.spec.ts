import { describe, expect, it } from 'vitest';
import { classOf, codesText, sharesOf } from './clients.ts';
import { longOf } from './in-progress.ts';

describe('what a caller was answered', () => {
  const statuses = { 0: 1, 200: 90, 204: 4, '4xx': 1, 404: 2, 503: 2, 101: 0 };
  it('by class, in one order, as shares of all', () =>
    expect(sharesOf(statuses).map((s) => [s.class, s.exchanges, s.share])).toEqual([
      ['2xx', 94, 0.94],
      ['4xx', 3, 0.03],
      ['5xx', 2, 0.02],
      ['none', 1, 0.01],
    ]));
  it('by code, failures first', () => expect(codesText(statuses)).toBe('404 2, 503 2, no response 1, 4xx 1, 200 90, 204 4'));
  it('whatever the code', () => expect(['0', '101', '2xx', '304', '499', '599', '777'].map(classOf)).toEqual(['none', '1xx', '2xx', '3xx', '4xx', '5xx', 'none']));
  it('nothing of nothing', () => expect([sharesOf({}), codesText({})]).toEqual([[], '']));
});

describe('long exchanges', () => {
  it('are at least so many in progress', () => {
    expect(longOf([{ begun: 10, ended: 4 }, { begun: 1, ended: 0 }, {}])).toEqual({ begun: 11, ended: 4, open: 7 });
    expect(longOf([{ begun: 0, ended: 3 }])).toEqual({ begun: 0, ended: 3, open: 0 });
    expect(longOf([{ begun: 0, ended: 0 }, {}])).toBeNull();
  });
});
