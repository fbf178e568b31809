import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffHeaders, varying } from './diff.ts';
import type { HeaderField } from './exchange.ts';
import { comparable } from './value.ts';

const h = (...pairs: string[]): HeaderField[] => pairs.map((p) => ({ name: p.split(':')[0]!, value: p.split(':')[1]!, action: 'keep' }));
const told = (left: HeaderField[], right: HeaderField[]): string[] =>
  diffHeaders(left, right).map((d) => `${d.mark} ${d.left?.value ?? '-'}|${d.right?.value ?? '-'}${d.moved ? ' moved' : ''}${d.casing ? ' casing' : ''}`);

describe('diffHeaders', () => {
  it('pairs by name without case, marks what differs, keeps the left order', () => {
    expect(told(h('Host:a', 'accept:x', 'x-a:1'), h('host:a', 'accept:y', 'x-b:2'))).toEqual(['same a|a casing', 'changed x|y', 'only_right -|2', 'only_left 1|-']);
  });
  it('repeats: equal values find each other, in order', () => {
    expect(told(h('c:1', 'c:2', 'c:3'), h('c:2', 'c:3'))).toEqual(['only_left 1|-', 'same 2|2', 'same 3|3']);
    expect(told(h('c:1', 'c:2'), h('c:1', 'c:9', 'c:2'))).toEqual(['same 1|1', 'only_right -|9', 'same 2|2']);
    expect(told(h('c:1', 'c:2'), h('c:3', 'c:4'))).toEqual(['changed 1|3', 'changed 2|4']);
  });
  it('an order that differs is said of the fewest', () => {
    expect(told(h('a:1', 'b:2', 'c:3'), h('b:2', 'c:3', 'a:1'))).toEqual(['same 1|1 moved', 'same 2|2', 'same 3|3']);
    expect(told(h('v:1', 'v:2'), h('v:2', 'v:1'))).toHaveLength(3);
  });
  it('what only the right has stands first where it stood first', () => {
    expect(told(h('a:1'), h('z:0', 'a:1'))).toEqual(['only_right -|0', 'same 1|1']);
  });
});

const fields: fc.Arbitrary<HeaderField[]> = fc.array(
  fc.record({ name: fc.constantFrom('a', 'A', 'b', 'c', 'Via'), value: fc.constantFrom('1', '2', '3'), action: fc.constantFrom('keep', 'presence', 'mask') }),
  { maxLength: 12 },
);

describe('for any two lists', () => {
  it('each field stands in exactly one line, the left ones in their order', () => {
    fc.assert(
      fc.property(fields, fields, (left, right) => {
        const lines = diffHeaders(left, right);
        expect(lines.flatMap((d) => (d.left ? [d.left] : []))).toEqual(left);
        const rights = lines.flatMap((d) => (d.right ? [d.right] : []));
        expect(rights).toHaveLength(right.length);
        expect(new Set(rights)).toEqual(new Set(right));
        for (const d of lines) {
          if (d.left && d.right) {
            expect(d.left.name.toLowerCase()).toBe(d.right.name.toLowerCase());
            expect(d.mark).toBe(comparable(d.left) === comparable(d.right) ? 'same' : 'changed');
          } else expect(d.mark).toBe(d.left ? 'only_left' : 'only_right');
        }
      }),
    );
  });
  it('a list and itself are the same and nothing moved', () => {
    fc.assert(fc.property(fields, (list) => diffHeaders(list, list).every((d) => d.mark === 'same' && !d.moved && !d.casing)));
  });
  it('seen from the other side as many are the same', () => {
    const count = (a: HeaderField[], b: HeaderField[]) => diffHeaders(a, b).filter((d) => d.mark === 'same').length;
    fc.assert(fc.property(fields, fields, (a, b) => count(a, b) === count(b, a)));
  });
  it('what has not moved stands in the same order on both sides', () => {
    fc.assert(
      fc.property(fields, fields, (left, right) => {
        const places = diffHeaders(left, right).flatMap((d) => (d.left && d.right && !d.moved ? [right.indexOf(d.right)] : []));
        expect(places).toEqual(places.toSorted((a, b) => a - b));
      }),
    );
  });
});

it('varying: what differs between exchanges of one kind', () => {
  expect(varying([h('date:1', 'via:a', 'via:b'), h('Date:2', 'via:a', 'via:b', 'x:1')])).toEqual(new Set(['date']));
  expect(varying([h('via:a', 'via:b'), h('via:b', 'via:a')])).toEqual(new Set(['via']));
});
