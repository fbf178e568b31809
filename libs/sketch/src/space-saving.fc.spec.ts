import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader, Writer } from './bytes.ts';
import { hashBytes, hashKey } from './hash.ts';
import { SpaceSaving, TOP_CAPACITY } from './space-saving.ts';

const bytesOf = (s: SpaceSaving): Uint8Array => {
  const w = new Writer();
  w.u8(1);
  w.u8(1);
  s.write(w);
  return w.seal();
};
const batch = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 60 }).map((i) => `v${i}`),
    fc.integer({ min: 1, max: 1000 }),
  ),
  { maxLength: 80 },
);
const keyOf = (value: string): number => {
  const h = { hi: 0, lo: 0 };
  const bytes = Buffer.from(value);
  hashBytes(bytes, 0, bytes.length, h);
  return hashKey(h);
};

/** As the fold does it: exact counts of the distinct values of one batch. */
function addBatch(s: SpaceSaving, all: readonly (readonly [string, number])[]): void {
  const sums = new Map<string, number>();
  for (const [v, n] of all) sums.set(v, (sums.get(v) ?? 0) + n);
  const values = [...sums.keys()];
  s.addBatch(values.map(keyOf), [...sums.values()], values.length, (i) => values[i]!);
}

function check(s: SpaceSaving, all: readonly (readonly [string, number])[]): void {
  const truth = new Map<string, number>();
  for (const [v, n] of all) truth.set(v, (truth.get(v) ?? 0) + n);
  const listed = new Map(s.top().map((e) => [e.value, e]));
  expect(listed.size).toBeLessThanOrEqual(TOP_CAPACITY);
  for (const [value, n] of truth) {
    const e = listed.get(value);
    if (!e) expect(n).toBeLessThanOrEqual(s.floor);
    else {
      expect(e.count).toBeGreaterThanOrEqual(n);
      expect(e.count - e.error).toBeLessThanOrEqual(n);
    }
  }
}

describe('SpaceSaving', () => {
  it('bounds hold for every value after batches and single additions', () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 6 }), batch, (batches, singles) => {
        const s = new SpaceSaving();
        for (const b of batches) addBatch(s, b);
        for (const [v, n] of singles) s.add(v, n);
        check(s, [...batches.flat(), ...singles]);
      }),
    );
  });

  it('bounds hold after merges in any order, and a merge does not depend on which side it is on', () => {
    fc.assert(
      fc.property(batch, batch, batch, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((all) => {
          const s = new SpaceSaving();
          addBatch(s, all);
          return s;
        }) as [SpaceSaving, SpaceSaving, SpaceSaving];
        const copy = (s: SpaceSaving): SpaceSaving => SpaceSaving.read(new Reader(bytesOf(s), 'test', 1, 1));
        const xy = copy(x);
        xy.merge(y);
        const yx = copy(y);
        yx.merge(x);
        expect(bytesOf(xy)).toEqual(bytesOf(yx));
        check(xy, [...a, ...b]);
        z.merge(xy);
        check(z, [...a, ...b, ...c]);
      }),
    );
  });

  it('up to its capacity it is exact', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: TOP_CAPACITY - 1 }).map(String), fc.integer({ min: 1, max: 9 })), { maxLength: 200 }), (all) => {
        const s = new SpaceSaving();
        addBatch(s, all);
        expect(s.floor).toBe(0);
        expect(s.top().every((e) => e.error === 0)).toBe(true);
      }),
    );
  });

  it('asks for the strings of few values and shows a long one cut', () => {
    const s = new SpaceSaving();
    const ids = Array.from({ length: 5_000 }, (_, i) => `id-${i}`);
    let asked = 0;
    s.addBatch(
      ids.map(keyOf),
      ids.map(() => 1),
      ids.length,
      (i) => (asked++, ids[i]!),
    );
    expect(asked).toBe(TOP_CAPACITY);
    s.add('x'.repeat(1000), 10);
    expect(s.top(1)[0]!.value).toHaveLength(256);
  });
});
