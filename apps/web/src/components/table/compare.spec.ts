import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathOf } from './row-link.tsx';
import { nextOrder, orderText, parseOrder, type CellValue, type Column } from './column.ts';
import { compareValues, matcher } from './compare.ts';

describe('compareValues', () => {
  it('counts as people do', () => {
    expect(['/v10', '/v2', '/V1', '/a'].sort(compareValues)).toEqual(['/a', '/V1', '/v2', '/v10']);
    expect([3, 'x', -1, 20].sort(compareValues)).toEqual([-1, 3, 20, 'x']);
  });

  it('is an order: antisymmetric and transitive over numbers and text', () => {
    const v: fc.Arbitrary<CellValue> = fc.oneof(fc.string({ maxLength: 4 }), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(v, v, v, (a, b, c) => {
        expect(compareValues(a, b) + compareValues(b, a)).toBe(0);
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0) expect(compareValues(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('order in the URL', () => {
  const columns: Column<unknown>[] = [
    { id: 'n', header: 'N', value: () => 0, width: 1, first: 'desc' },
    { id: 'name', header: 'Name', value: () => '', width: 1 },
    { id: 'marks', header: 'Marks', value: () => '', width: 1, sortable: false },
  ];
  it('is read, written and turned', () => {
    expect(parseOrder('-n', columns)).toEqual({ id: 'n', desc: true });
    expect([parseOrder('gone', columns), parseOrder('marks', columns), parseOrder('', columns), parseOrder(undefined, columns)]).toEqual([null, null, null, null]);
    const first = nextOrder(columns[0]!, null);
    expect(orderText(first)).toBe('-n');
    expect(orderText(nextOrder(columns[0]!, first))).toBe('n');
    expect(orderText(nextOrder(columns[1]!, first))).toBe('name');
  });
});

it('the filter asks for every word, in any order and case', () => {
  const m = matcher('  Orders GET ');
  expect([m('GET /orders/{int}'), m('GET /order'), matcher('')('x')]).toEqual([true, false, true]);
});

it('a path is filled with what a name may contain', () => expect(pathOf('/services/$service/x', { service: 'a/b c' })).toBe('/services/a%2Fb%20c/x'));
