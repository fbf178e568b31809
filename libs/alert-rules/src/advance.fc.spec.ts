import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, advanceService, emptyMemory, keyOf } from './advance.ts';
import { evaluateService } from './evaluate.ts';
import { MINUTE_MS, ServiceHistory } from './history.ts';
import type { Memory, ServiceFacts, Transition } from './port.ts';
import { preview } from './preview.ts';
import type { Rule } from './rule.ts';
import { ERRORS, LATENCY, ROUTES, T, end, minute } from './testing/facts.ts';

const pair = (long_minutes: number, short_minutes: number, burn_rate: number) => ({ long_minutes, short_minutes, burn_rate });
/** Small windows and floors, so that random minutes open and resolve often. */
const RULES: Rule[] = [
  { ...ERRORS, objective: 90, windows: [pair(12, 3, 3)], min_exchanges: 5, min_failures: 3, resolve_after_minutes: 2 },
  { ...ERRORS, id: 'slow-burn', severity: 'ticket', objective: 90, windows: [pair(400, 10, 1)], min_exchanges: 5, min_failures: 3, resolve_after_minutes: 3 },
  { ...LATENCY, objective: 80, windows: [pair(10, 2, 2)], min_exchanges: 5, resolve_after_minutes: 0 },
  { ...ROUTES, quiet_hours: 1, min_failures: 4, within_minutes: 3, resolve_after_minutes: 4 },
];

const aMinute = fc.record({
  exchanges: fc.constantFrom(0, 3, 10, 40),
  bad: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(40) }),
  above: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(40) }),
  route: fc.constantFrom('GET /a', 'GET /b'),
  missing: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
const START = -70;
/** An hour that calm traffic makes known, then what is drawn; some minutes never come. */
const facts = fc.array(aMinute, { minLength: 10, maxLength: 60 }).map((drawn): ServiceFacts[] => [
  ...Array.from({ length: -START }, (_, i) => minute(START + i, 10, 0, { slow: { latency: { known: 10, above: 0 } } })),
  ...drawn.flatMap(({ exchanges, bad, above, route, missing }, n) => {
    if (missing) return [];
    const failed = Math.min(exchanges, bad);
    const known = exchanges - failed;
    const failing = failed > 0 ? { [route]: { exchanges, failed, clientErrors: 0, firstSeenMs: T + n * MINUTE_MS } } : {};
    return [minute(n, exchanges, failed, { failing, slow: { latency: { known, above: Math.min(known, above) } } })];
  }),
]);
const LAST = 64;

function minuteByMinute(all: readonly ServiceFacts[], each: (memory: Memory) => Memory = (m) => m): Transition[] {
  const history = new ServiceHistory('shop', RULES);
  const byStart = new Map(all.map((f) => [f.startMs, f]));
  const transitions: Transition[] = [];
  let memory = emptyMemory(end(START - 1));
  for (let n = START; n <= LAST; n++) {
    const f = byStart.get(end(n) - MINUTE_MS);
    if (f) history.add(f);
    const step = advance(each(memory), evaluateService(RULES, history, end(n)), RULES, end(n));
    transitions.push(...step.transitions);
    memory = step.memory;
  }
  return transitions;
}

describe('transitions', () => {
  it('are the same in any batching, and with a restart from JSON and from the windows at any minute', () => {
    let opened = 0;
    fc.assert(
      fc.property(facts, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }), (all, sizes) => {
        const live = minuteByMinute(all);
        opened += live.length;
        let history = new ServiceHistory('shop', RULES);
        let memory = emptyMemory(end(START - 1));
        const batched: Transition[] = [];
        for (let n = START - 1, i = 0; n < LAST; i++) {
          const until = Math.min(LAST, n + sizes[i % sizes.length]!);
          const batch = all.filter((f) => f.startMs >= end(n) && f.startMs < end(until));
          // A revision that is taken back before anybody looks, and another order.
          for (const f of batch) history.add({ ...f, failed: f.exchanges });
          for (const f of [...batch].reverse()) history.add(f);
          const step = advanceService(memory, history, RULES, end(until));
          batched.push(...step.transitions);
          memory = JSON.parse(JSON.stringify(step.memory)) as Memory;
          history = new ServiceHistory('shop', RULES);
          for (const f of all) if (f.startMs < end(until)) history.add(f);
          n = until;
        }
        expect(batched).toEqual(live);
        expect(minuteByMinute(all, (m) => JSON.parse(JSON.stringify(m)) as Memory)).toEqual(live);
      }),
      { numRuns: 60 },
    );
    expect(opened).toBeGreaterThan(60);
  });

  it('alternate by rule and subject, opened first; ids are of one alert each; revisions grow', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const open = new Map<string, string>();
        const ids = new Set<string>();
        for (const { event, alert } of minuteByMinute(all)) {
          const key = keyOf(alert.rule, alert.subject);
          if (event === 'opened') {
            expect([open.has(key), ids.has(alert.id), alert.state, alert.revision]).toEqual([false, false, 'open', 1]);
            expect(Date.parse(alert.opening_window.end)).toBe(Date.parse(alert.opened_at));
            open.set(key, alert.id);
            ids.add(alert.id);
          } else {
            expect([open.get(key), alert.state, alert.resolution]).toEqual([alert.id, 'resolved', 'recovered']);
            expect(alert.revision).toBeGreaterThan(1);
            open.delete(key);
          }
          expect([alert.title.length <= 240, alert.description.length <= 1200]).toEqual([true, true]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('more failures never resolve: whatever held an alert still does', () => {
    fc.assert(
      fc.property(facts, fc.array(fc.record({ at: fc.nat(59), more: fc.integer({ min: 1, max: 30 }) }), { minLength: 1, maxLength: 10 }), (all, extra) => {
        const worse = all.map((f) => {
          const n = (f.startMs - T) / MINUTE_MS;
          const more = extra.filter((e) => e.at === n).reduce((sum, e) => sum + e.more, 0);
          if (more === 0) return f;
          const [route = 'GET /a', known = { exchanges: 0, failed: 0, clientErrors: 0, firstSeenMs: f.startMs }] = Object.entries(f.failing)[0] ?? [];
          return {
            ...f,
            exchanges: f.exchanges + more,
            failed: f.failed + more,
            failing: { [route]: { ...known, exchanges: known.exchanges + more, failed: known.failed + more } },
          };
        });
        const held = (minutes: readonly ServiceFacts[], n: number) => {
          const history = new ServiceHistory('shop', RULES);
          for (const f of minutes) if (f.startMs < end(n)) history.add(f);
          return evaluateService(RULES, history, end(n)).map((f) => keyOf(f.rule.id, f.subject));
        };
        for (let n = 0; n <= LAST; n += 3) expect(held(worse, n)).toEqual(expect.arrayContaining(held(all, n)));
      }),
      { numRuns: 60 },
    );
  });

  it('the preview of a rule is what it would have said', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...RULES), (all, rule) => {
        const history = new ServiceHistory('shop', [rule]);
        for (const f of all) history.add(f);
        const { transitions } = advanceService(emptyMemory(T - MINUTE_MS), history, [rule], end(LAST));
        const fired = preview(rule, [{ service: 'shop', facts: all }], { startMs: T, endMs: end(LAST) });
        const alerts = new Map(transitions.map((t) => [t.alert.id, t.alert]));
        expect(fired.map((f) => [f.opened_at, f.resolved_at, f.subject]).sort()).toEqual([...alerts.values()].map((a) => [a.opened_at, a.resolved_at, a.subject]).sort());
      }),
      { numRuns: 40 },
    );
  });
});
