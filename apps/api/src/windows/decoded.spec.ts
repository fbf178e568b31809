import { describe, expect, test } from 'vitest';
import { ServiceWindow } from '@headwater/sketch';
import type { WindowRead } from '@headwater/summary-store';
import { PatternTotals } from '../answers/pattern-totals.ts';
import { WeightedCache } from './cache.ts';
import { Decoder } from './decoded.ts';

function segment(n: number): Uint8Array {
  const s = new ServiceWindow();
  s.pattern('server', 'GET', '/x', 200).exchanges = n;
  return s.encode();
}
const window = (closed: { n: number; revision?: number; closedAt?: number } | null, partials: number[] = []): WindowRead => ({
  resolution: '10s', start: 0, subject: 's:a',
  closed: closed === null ? null : { resolution: '10s', start: 0, subject: 's:a', revision: closed.revision ?? 1, bytes: segment(closed.n), holds: {}, missing: [], closedAt: closed.closedAt ?? 1 },
  partials: partials.map((n, i) => ({ resolution: '10s', start: 0, subject: 's:a', partition: i, revision: 1, bytes: segment(n) })),
});
const sum = (d: Decoder, w: WindowRead): number => d.counts(w).flat().reduce((n, r) => n + r.exchanges, 0);

describe('Decoder', () => {
  test('closed and partials are parts that add up', () => expect(sum(new Decoder(), window({ n: 5 }, [2, 3]))).toBe(10));
  test('a revision is decoded once; another revision, or the same one closed again after a roll-back, is not taken for it', () => {
    const d = new Decoder();
    const [first] = d.counts(window({ n: 5 }));
    expect(d.counts(window({ n: 5 }))[0]).toBe(first);
    expect(sum(d, window({ n: 6, revision: 2 }))).toBe(6);
    expect(sum(d, window({ n: 7, revision: 1, closedAt: 2 }))).toBe(7);
  });
  test('merging into an answer does not change what is kept', () => {
    const d = new Decoder();
    for (let i = 0; i < 3; i += 1) {
      const totals = new PatternTotals({ role: 'server', method: null, route: null, status: null });
      d.counts(window({ n: 5 }, [1])).forEach((part) => totals.add(part));
      expect(totals.by(['route'])[0]?.totals.exchanges).toBe(6);
      expect(d.totals(window({ n: 5 }))[0]?.get('server')?.exchanges).toBe(5);
    }
  });
});

test('the cache keeps to its budget and drops what was used longest ago', () => {
  const cache = new WeightedCache<number>(10);
  for (let i = 0; i < 5; i += 1) cache.set(`k${i}`, i, 2);
  cache.get('k0');
  cache.set('k5', 5, 2);
  expect([cache.get('k0'), cache.get('k1'), cache.get('k5'), cache.weight]).toEqual([0, undefined, 5, 10]);
  cache.set('big', 1, 11);
  expect([cache.get('big'), cache.weight]).toEqual([undefined, 10]);
  cache.set('k5', 6, 3);
  expect(cache.weight).toBeLessThanOrEqual(10);
});
