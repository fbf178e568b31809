import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sequences } from './sequences.ts';

it('every number is folded once, whatever the order; gaps minus filled is what never came', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 120 }), fc.nat(120), (arrivals, reload) => {
      let s = new Sequences();
      const seen = new Set<number>();
      let missing = 0;
      arrivals.forEach((seq, i) => {
        if (i === reload) s = Sequences.from(JSON.parse(JSON.stringify(s)) as { last: number; gaps: number[] });
        const a = s.arrive(seq);
        expect(a.kind === 'repeat').toBe(seen.has(seq));
        seen.add(seq);
        if (a.kind === 'next') missing += a.missed;
        if (a.kind === 'filled') missing--;
      });
      expect(missing).toBe(Math.max(0, ...seen) - seen.size);
    }),
  );
});
