import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sequences, type StoredSequences } from './sequences.ts';

it('every number is folded once, whatever the order; gaps minus filled is what never came', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 120 }), fc.nat(120), fc.boolean(), (arrivals, reload, old) => {
      let s = new Sequences();
      const seen = new Set<number>();
      let missing = 0;
      // by the time under which it was counted: what is missing of then
      const missingOf = new Map<number | null, number>();
      const add = (at: number | null, n: number) => missingOf.set(at, (missingOf.get(at) ?? 0) + n);
      arrivals.forEach((seq, i) => {
        if (i === reload) {
          const { last, gaps, counted } = JSON.parse(JSON.stringify(s)) as StoredSequences & { counted: number[] };
          // As a version before stored it: the times are not known.
          s = Sequences.from(old ? { last, gaps } : { last, gaps, counted });
          if (old) {
            missingOf.clear();
            missingOf.set(null, missing);
          }
        }
        const a = s.arrive(seq, 1_000 + i);
        expect(a.kind === 'repeat').toBe(seen.has(seq));
        seen.add(seq);
        if (a.kind === 'next') missing += a.missed;
        if (a.kind === 'next') add(1_000 + i, a.missed);
        if (a.kind === 'filled') missing--;
        if (a.kind === 'filled') add(a.countedMs, -1);
      });
      for (const n of missingOf.values()) expect(n).toBeGreaterThanOrEqual(0);
      expect([...missingOf.values()].reduce((a, b) => a + b, 0)).toBe(missing);
      expect(missing).toBe(Math.max(0, ...seen) - seen.size);
    }),
  );
});
