import { describe, expect, test } from 'vitest';
import { ServiceWindow } from '@headwater/sketch';
import type { WindowRead } from '@headwater/summary-store';
import { PatternTotals } from '../answers/pattern-totals.ts';
import { WeightedCache } from './cache.ts';
import { Decoder, Lens } from './decoded.ts';
import { EXCHANGES } from './digest.ts';

function segment(n: number): Uint8Array {
  const s = new ServiceWindow();
  s.pattern('server', 'GET', '/x', 200).exchanges = n;
  return s.encode();
}
const window = (closed: { n: number; revision?: number; closedAt?: number } | null, partials: number[] = []): WindowRead => ({
  resolution: '10s',
  start: 0,
  subject: 's:a',
  closed:
    closed === null
      ? null
      : { resolution: '10s', start: 0, subject: 's:a', revision: closed.revision ?? 1, bytes: segment(closed.n), holds: {}, missing: [], closedAt: closed.closedAt ?? 1 },
  partials: partials.map((n, i) => ({ resolution: '10s', start: 0, subject: 's:a', partition: i, revision: 1, bytes: segment(n) })),
});
const sum = (d: Decoder, w: WindowRead): number =>
  d
    .digest()
    .of(w)
    .reduce((n, r) => n + r.numbers[EXCHANGES]!, 0);

/** Asks as the store does: the bytes are left out of what is held. */
function through(d: Decoder, { closed, ...rest }: WindowRead): unknown {
  const lens = d.digest();
  const held = closed !== null && lens.held(closed);
  return held ? lens.of({ ...rest, closed: { ...closed, bytes: null } }).at(-1) : 'not held';
}

describe('Decoder', () => {
  test('closed and partials are parts that add up', () => expect(sum(new Decoder(), window({ n: 5 }, [2, 3]))).toBe(10));
  test('a revision is decoded once; another revision, or the same one closed again after a roll-back, is not taken for it', () => {
    const d = new Decoder();
    const first = d
      .digest()
      .of(window({ n: 5 }))
      .at(-1);
    expect(through(d, window({ n: 5 }))).toBe(first);
    expect(sum(d, window({ n: 6, revision: 2 }))).toBe(6);
    expect(sum(d, window({ n: 7, revision: 1, closedAt: 2 }))).toBe(7);
  });
  test('what a lens said to hold stays until it is asked for, whatever the cache drops; what it did not is an error', () => {
    const cache = new WeightedCache<number>(2);
    const lensOf = () =>
      new Lens(
        cache,
        (bytes) => [...ServiceWindow.decode(bytes).patterns()][0]!.exchanges,
        () => 1,
      );
    const w = window({ n: 5 });
    const bare = { ...w, closed: { ...w.closed!, bytes: null } };
    lensOf().of(w);
    const lens = lensOf();
    expect([lens.held(w.closed!), lens.held({ ...w.closed!, revision: 2 })]).toEqual([true, false]);
    for (const n of [1, 2]) lensOf().of(window({ n, revision: 1 + n }));
    expect(lensOf().held(w.closed!)).toBe(false); // dropped
    expect(lens.of(bare)).toEqual([5]);
    expect(() => lens.of(bare)).toThrow(/nothing said that it is held/);
  });
  test('merging into an answer does not change what is kept', () => {
    const d = new Decoder();
    for (let i = 0; i < 3; i += 1) {
      const totals = new PatternTotals({ role: 'server', method: null, route: null, status: null, errorTypes: null });
      d.digest()
        .of(window({ n: 5 }, [1]))
        .forEach((part) => totals.add(part));
      expect(totals.by(['route'])[0]?.totals.exchanges).toBe(6);
      expect(
        d
          .digest()
          .of(window({ n: 5 }))[0]
          ?.totals.get('server')?.exchanges,
      ).toBe(5);
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
