import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, ServiceHistory } from './history.ts';
import { LATENCY, T, minute } from './testing/facts.ts';

it('a sum is that of the newest revision of each minute in it, in whatever order they came and were asked for', () => {
  const op = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('add' as const), n: fc.integer({ min: 0, max: 500 }), exchanges: fc.nat(50), above: fc.nat(9), complete: fc.boolean() }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('sum' as const),
        until: fc.integer({ min: 100, max: 520 }),
        minutes: fc.oneof(fc.integer({ min: 1, max: 360 }), fc.constantFrom(361, 600, 4320)),
      }),
    },
  );
  fc.assert(
    fc.property(fc.array(op, { maxLength: 120 }), (ops) => {
      const history = new ServiceHistory('shop', [LATENCY]);
      const known = new Map<number, ReturnType<typeof minute>>();
      for (const o of ops) {
        if (o.kind === 'add') {
          const facts = minute(o.n, o.exchanges, 1, { slow: { latency: { known: o.exchanges, above: o.above } }, complete: o.complete });
          expect(history.add(facts)).toBe(true);
          known.set(o.n, facts);
          continue;
        }
        const untilMs = T + o.until * MINUTE_MS;
        let sinceMs = untilMs - o.minutes * MINUTE_MS;
        if (o.minutes > 360) sinceMs -= sinceMs % HOUR_MS;
        const inside = [...known.values()].filter((f) => f.startMs >= sinceMs && f.startMs < untilMs);
        const of = (value: (f: (typeof inside)[number]) => number) => inside.reduce((sum, f) => sum + value(f), 0);
        expect(history.sum(o.minutes, untilMs, 'latency')).toEqual({
          exchanges: of((f) => f.exchanges),
          failed: inside.length,
          clientErrors: 0,
          known: of((f) => f.slow['latency']!.known),
          above: of((f) => f.slow['latency']!.above),
          complete: inside.every((f) => f.complete),
        });
      }
    }),
    { numRuns: 150 },
  );
});
