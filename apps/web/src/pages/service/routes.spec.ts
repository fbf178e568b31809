import { describe, expect, it } from 'vitest';
import { failedOf, isFailure, releaseHeaders, statusText } from './routes.ts';

describe('routes of a service', () => {
  it('fail by server errors and exchanges without a whole response, not by client errors', () => {
    expect(failedOf({ exchanges: 100, server_errors: 3, transport_errors: 1 })).toBe(0.04);
    expect(failedOf({ exchanges: 100 })).toBe(0);
    expect(failedOf({ exchanges: 0 })).toBeNull();
  });

  it('have statuses with their words', () => {
    expect(statusText(404)).toBe('Not Found');
    expect(statusText(0)).toBe('no response');
    expect(statusText(299)).toBe('');
    expect([0, 200, 404, 499, 500, 599].map(isFailure)).toEqual([true, false, false, false, true, true]);
  });

  it('tell releases by the headers that do, the most telling first', () =>
    expect(releaseHeaders([{ name: 'server' }, { name: 'etag' }, { name: 'x-release' }]).map((h) => h.name)).toEqual(['x-release', 'server']));
});
