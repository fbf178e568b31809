import { describe, expect, it } from 'vitest';
import { parseSearch, patched, sharedOf, stringifySearch } from './search.ts';

describe('the query string', () => {
  it.each([{}, { from: 'now-1h', to: 'now' }, { from: '2026-11-22T10:00:00Z', route: '/users/{int}', q: 'a b&c=d+e%', status: '500,404' }])('goes there and back: %j', (search) =>
    expect(parseSearch(stringifySearch(search))).toEqual(search),
  );

  it('can be read', () => expect(stringifySearch({ from: '2026-11-22T10:00:00Z', route: '/users/{int}' })).toBe('?from=2026-11-22T10:00:00Z&route=/users/{int}'));

  it('keeps numbers as the texts they are', () => expect(parseSearch('?status=500&live=true')).toEqual({ status: '500', live: 'true' }));

  it('carries the range from page to page, not the filters', () =>
    expect(sharedOf({ from: 'now-6h', to: 'now', refresh: 'off', step: '10s', role: 'client', sort: 'p99' })).toEqual({
      from: 'now-6h',
      to: 'now',
      refresh: 'off',
      step: '10s',
      role: 'client',
    }));

  it('changes some and removes some', () => expect(patched({ a: '1', b: '2', c: '3' }, { a: '9', b: null, c: '' })).toEqual({ a: '9' }));
});
