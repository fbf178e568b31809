import { describe, expect, it } from 'vitest';
import { boundsText, changeText, inventory, parseKey, verdict, type Header } from './inventory.ts';

const header = (name: string, more: Partial<Header> = {}): Header => ({
  name,
  direction: 'request',
  exchanges: 10,
  presence: 0.5,
  presence_before: 0.5,
  sensitive: false,
  distinct: 2,
  bytes: 250,
  top: [],
  sampled: false,
  ...more,
});

describe('the inventory', () => {
  it('marks the new and the gone, knows services and weight', () => {
    const items = inventory(
      [header('a', { presence_before: 0 }), header('b', { presence: 0.75 }), header('c', { presence_before: null }), header('e')],
      [header('b'), header('d', { presence: 0.25 }), header('a', { direction: 'response' })],
      [header('b', { service: 'z' }), header('b', { service: 'a' })],
    );
    expect(items.map((i) => [i.key, i.change, changeText(i), i.services.join()])).toEqual([
      ['request a', 'new', 'New', ''],
      ['request b', null, '+25\u00a0points', 'a,z'],
      ['request c', null, '', ''],
      ['request e', null, '±0', ''],
      ['request d', 'gone', 'Gone', ''],
      ['response a', 'gone', 'Gone', ''],
    ]);
    expect(items.map((i) => i.weight)).toEqual([25, 25, 25, 25, null, null]);
    expect(items[4]).toMatchObject({ presence: 0, exchanges: 0, shift: -0.25, bytes: 0 });
  });
  it('nothing is gone when nothing was asked', () => expect(inventory([], [header('a')], [])).toEqual([]));
  it('is told in a sentence', () => {
    expect(verdict(inventory([header('a', { presence_before: 0, sensitive: true }), header('b')], [header('c')], []))).toBe(
      '2 headers, 1 of them carrying credentials; 1 new and 1 gone against the range before.',
    );
    expect(verdict(inventory([header('a')], [], []))).toBe('1 header.');
  });
});

it('bounds are said in words', () => {
  expect([boundsText(60, 2), boundsText(60, 0), boundsText(3, 9)]).toEqual(['at most 60, at least 58', '60', 'at most 3, at least 0']);
});

it('a header in the URL', () => {
  expect(parseKey('request user-agent')).toEqual({ direction: 'request', name: 'user-agent' });
  expect([parseKey('user-agent'), parseKey('trailer x'), parseKey('request ')]).toEqual([null, null, null]);
});
