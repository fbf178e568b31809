import fc from 'fast-check';
import { test, expect } from 'vitest';
import { DEFAULTS, factsOf, type Rule } from '@headwater/alert-rules';
import { ServiceWindow } from '@headwater/sketch';
import { service } from '../testing/windows.ts';
import { mergeFacts, thresholdKey, windowFactsOf, type WindowFacts } from './facts.ts';
import { Identities } from './identities.ts';

const RULES: Rule[] = [
  { id: 't', ...DEFAULTS.latency_burn, threshold_ms: 100 },
  { id: 'u', ...DEFAULTS.latency_burn, metric: 'total', threshold_ms: 30 },
  { id: 'n', ...DEFAULTS.new_failing_route, client_errors: true },
];
const THRESHOLDS = [
  { metric: 'ttfb', ms: 100 },
  { metric: 'total', ms: 30 },
] as const;

const row = fc.record({
  role: fc.constantFrom('server' as const, 'client' as const),
  method: fc.constantFrom('GET', 'POST'),
  // more routes than are told apart, so that the choice is compared too
  route: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 120 }).map((n) => `/r${n}`) }, { weight: 1, arbitrary: fc.constantFrom('{other}', '') }),
  status: fc.constantFrom(0, 200, 204, 404, 499, 500, 503),
  n: fc.integer({ min: 1, max: 1_000 }),
  ttfbMs: fc.option(fc.double({ min: 0.1, max: 1_000, noNaN: true }), { nil: undefined }),
  error: fc.option(fc.constantFrom('connection_reset', 'no_response'), { nil: undefined }),
  seenAt: fc.integer({ min: 1, max: 60_000 }),
});
// what is absent is left out
const rows = fc.array(row, { maxLength: 200 }).map((list) => list.map((r) => JSON.parse(JSON.stringify(r)) as Parameters<typeof service>[0][number]));

function shape(f: WindowFacts): object {
  return {
    exchanges: f.exchanges,
    failed: f.failed,
    clientErrors: f.clientErrors,
    slow: { t: f.slow.get(thresholdKey(THRESHOLDS[0])), u: f.slow.get(thresholdKey(THRESHOLDS[1])) },
    failing: Object.fromEntries(f.failing),
  };
}

test('what is scanned says the same as what is decoded', () =>
  fc.assert(
    fc.property(rows, (list) => {
      const window = service(list);
      const { startMs: _, lengthMs: __, complete: ___, ...expected } = factsOf(window, 0, 60_000, RULES, true);
      const facts = windowFactsOf(window.encode(), 's', new Identities(), THRESHOLDS);
      expect(shape(facts)).toEqual(expected);
    }),
    { numRuns: 60 },
  ));

test('parts together say what their union says', () =>
  fc.assert(
    fc.property(rows, rows, (a, b) => {
      const identities = new Identities();
      const parts = [a, b].map((list) => service(list));
      const union = new ServiceWindow();
      for (const p of parts) union.merge(p);
      const { slow: _, failing, ...sums } = mergeFacts(parts.map((p) => windowFactsOf(p.encode(), 's', identities, [])));
      const whole = windowFactsOf(union.encode(), 's', identities, []);
      expect(sums).toEqual({ exchanges: whole.exchanges, failed: whole.failed, clientErrors: whole.clientErrors });
      expect(failing.size).toBe(whole.failing.size);
    }),
    { numRuns: 40 },
  ));
