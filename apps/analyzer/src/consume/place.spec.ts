import { expect, it } from 'vitest';
import { beginning, fit } from './place.ts';

const log = { partition: 0, earliest: 10, next: 20 };

it.each([
  [null, { kind: 'begin', offset: 10 }],
  [10, { kind: 'go on', offset: 10 }],
  [20, { kind: 'go on', offset: 20 }],
  [9, { kind: 'lost', offset: 10 }],
  [21, { kind: 'start over', offset: 10 }],
])('a store that stands at %s in a log of 10 to 20', (stored, expected) => {
  expect(beginning(stored, log)).toEqual(expected);
});

it('a batch is folded from the next record on, or sought again', () => {
  expect(fit({ first: 5, last: 9 }, 5)).toEqual({ kind: 'fits', skip: 0 });
  expect(fit({ first: 5, last: 9 }, 8)).toEqual({ kind: 'fits', skip: 3 });
  expect(fit({ first: 5, last: 9 }, 4)).toEqual({ kind: 'elsewhere' });
  expect(fit({ first: 5, last: 9 }, 10)).toEqual({ kind: 'elsewhere' });
});
