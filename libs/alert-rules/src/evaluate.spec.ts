import { ServiceWindow } from '@headwater/sketch';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_RULES } from './built-in.ts';
import { evaluateService } from './evaluate.ts';
import { factsOf } from './facts.ts';
import { HOUR_MS, MINUTE_MS } from './history.ts';
import { ERRORS, LATENCY, ROUTES, T, end, failing, historyOf, minute } from './testing/facts.ts';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('factsOf', () => {
  it('5xx, broken ones and those without an answer are failures; 4xx are not; callers are not looked at; the overflow bucket is no route', () => {
    const w = new ServiceWindow();
    const add = (role: 'server' | 'client', route: string, status: number, n: number, ttfbMs: number) => {
      const p = w.pattern(role, 'GET', route, status);
      p.exchanges += n;
      p.firstSeenMs = T + 5;
      p.ttfb.add(ttfbMs * 1e6, n);
      return p;
    };
    add('server', '/a', 200, 90, 20).addError('connection_closed', 2);
    add('server', '/a', 503, 5, 5000);
    add('server', '/b', 404, 7, 2000);
    add('server', '/c', 0, 3, -1).addError('connection_reset', 3);
    add('server', '{other}', 500, 4, 1);
    add('client', '/a', 500, 50, 9000);
    const facts = factsOf(w, T, MINUTE_MS, [LATENCY], true);
    expect(facts).toMatchObject({ exchanges: 109, failed: 14, clientErrors: 7, slow: { latency: { known: 97, above: 7 } } });
    expect(facts.failing).toEqual({
      'GET /a': { exchanges: 95, failed: 7, clientErrors: 0, firstSeenMs: T + 5 },
      'GET /c': { exchanges: 3, failed: 3, clientErrors: 0, firstSeenMs: T + 5 },
    });
    expect(Object.keys(factsOf(w, T, MINUTE_MS, [{ ...ROUTES, client_errors: true }], true).failing)).toEqual(['GET /a', 'GET /b', 'GET /c']);
  });

  it('keeps the routes that fail most, whatever order they come in', () => {
    const of = (routes: number[]) => {
      const w = new ServiceWindow();
      for (const i of routes) w.pattern('server', 'GET', `/r${i}`, 500).exchanges += i % 100;
      return factsOf(w, T, MINUTE_MS, [], true).failing;
    };
    const forth = of(range(1, 200));
    expect(Object.keys(forth)).toHaveLength(64);
    expect(Object.keys(forth).sort()).toEqual(Object.keys(of(range(1, 200).reverse())).sort());
    expect(forth['GET /r99']).toMatchObject({ failed: 99 });
  });
});

describe('error burn', () => {
  const held = (facts: Parameters<typeof historyOf>[1], n: number, rules = [ERRORS]) => evaluateService(rules, historyOf(rules, facts), end(n));

  it('a new service with a total outage pages after some minutes, one with one failure of 20 does not', () => {
    expect(
      range(0, 10).map(
        (n) =>
          held(
            range(0, n + 1).map((m) => minute(m, 10, 10)),
            n,
          ).length,
      ),
    ).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(held([minute(0, 7), minute(1, 7, 1), minute(2, 6)], 2)).toEqual([]);
  });

  it('both windows of a pair must burn: an outage of the past does not page, nor does a blip in an hour without failures', () => {
    const calm = range(0, 60).map((m) => minute(m, 1000));
    expect(held([...calm, ...range(60, 63).map((m) => minute(m, 1000, 60))], 62)).toEqual([]);
    const out = [...calm, ...range(60, 66).map((m) => minute(m, 1000, 300))];
    expect(held(out, 65)).toMatchObject([{ values: { exchanges: 5000, failed: 1500, error_ratio: 0.3, burn_rate: 300, long_burn_rate: 30, long_minutes: 60 } }]);
    const quick = [{ ...ERRORS, windows: ERRORS.windows.slice(0, 1) }];
    expect(held([...out, ...range(66, 70).map((m) => minute(m, 1000))], 69, quick)).toHaveLength(1);
    expect(held([...out, ...range(66, 71).map((m) => minute(m, 1000))], 70, quick)).toEqual([]);
    expect(held([minute(-100, 1000, 1000), ...calm], 59)).toEqual([]);
  });

  it('floors: a quiet service does not page however large the share', () => {
    expect(
      held(
        range(0, 30).map((m) => minute(m, 1, m % 4 === 0 ? 1 : 0)),
        29,
      ),
    ).toEqual([]);
    expect(
      held(
        range(0, 60).map((m) => minute(m, 5, m % 3 === 0 ? 1 : 0)),
        59,
      ),
    ).toMatchObject([{ values: { short_minutes: 30, failed: 10 } }]);
  });

  it('a burn exactly at the rate holds', () => {
    const exact = { ...ERRORS, objective: 99, windows: [{ long_minutes: 10, short_minutes: 5, burn_rate: 10 }] };
    expect(
      held(
        range(0, 10).map((m) => minute(m, 100, 10)),
        9,
        [exact],
      ),
    ).toHaveLength(1);
    expect(
      held(
        range(0, 10).map((m) => minute(m, 100, m === 9 ? 9 : 10)),
        9,
        [exact],
      ),
    ).toEqual([]);
  });

  it('says in plain figures what it saw; names are cleaned and cut', () => {
    const rules = [{ ...ERRORS, subjects: ['sh?p*'] }];
    const [f] = held(
      range(0, 6).map((m) => minute(m, 1000, 124, { complete: m !== 2 })),
      5,
      rules,
    );
    expect(f!.title).toBe('shop: 12.4 % of 5,000 exchanges failed in 5 minutes, 124 times what 99.9 % allows');
    expect(f!.description).toMatch(/^Over 1 hour it is 12\.4 % of 6,000 exchanges\. At 14\.4 times the allowed rate, 1 hour use 2 % of a 30-day budget\./);
    expect(f!.complete).toBe(false);
    expect(
      held(
        range(0, 6).map((m) => minute(m, 1000, 124)),
        5,
        [{ ...ERRORS, subjects: ['other'] }],
      ),
    ).toEqual([]);
    expect(
      held(
        range(0, 6).map((m) => minute(m, 1000, 124)),
        5,
        [{ ...ERRORS, enabled: false }],
      ),
    ).toEqual([]);
  });

  it('days are summed by whole hours, whether they came as hours or as minutes', () => {
    const rule = BUILT_IN_RULES[1]!;
    const minutes = range(-60 * 48, 30).map((m) => minute(m, 100, m % 10 === 0 ? 4 : 0));
    const hours = range(-48, 0).map((h) => ({ ...minute(h * 60, 6000, 24), lengthMs: HOUR_MS }));
    const live = evaluateService([rule], historyOf([rule], minutes), end(29));
    expect(live).toMatchObject([{ values: { short_minutes: 120, failed: 48, burn_rate: 4 } }]);
    expect(evaluateService([rule], historyOf([rule], [...hours, ...minutes.filter((m) => m.startMs >= T - 12 * HOUR_MS)]), end(29))).toEqual(live);
  });
});

it('latency burn counts what is known and slow, against its own objective', () => {
  const held = (above: number) => {
    const facts = range(0, 60).map((m) => minute(m, 1000, 0, { slow: { latency: { known: 1000, above } } }));
    return evaluateService([LATENCY], historyOf([LATENCY], facts), end(59));
  };
  expect(held(59)).toEqual([]);
  expect(held(61)).toMatchObject([{ values: { short_minutes: 30, burn_rate: 6.1 } }]);
  expect(held(145)).toMatchObject([{ values: { slow_ratio: 0.145, threshold_ms: 1000, short_minutes: 5 } }]);
  expect(held(145)[0]!.title).toBe('shop: 14.5 % of 5,000 exchanges took longer than 1,000 ms to the first byte in 5 minutes, 14.5 times what 99 % allows');
});

describe('new failing route', () => {
  const calm = range(-300, 0).map((m) => minute(m, 100));
  const held = (facts: Parameters<typeof historyOf>[1], n: number) => evaluateService([ROUTES], historyOf([ROUTES], facts), end(n));
  const broken = range(0, 40).map((m) => minute(m, 100, 3, { failing: failing('POST /pay', 12, 3) }));

  it('opens on a route that never failed, once it failed often enough', () => {
    const at = (n: number) => held([...calm, ...broken.slice(0, n + 1)], n);
    expect(at(2)[0]).toMatchObject({ holds_only: true });
    expect(at(3)).toMatchObject([{ subject: { service: 'shop', method: 'POST', route: '/pay' }, values: { failed: 12, exchanges: 48, error_ratio: 0.25 } }]);
    expect(at(3)[0]!.holds_only).toBeUndefined();
    expect(at(3)[0]!.title).toBe('shop: POST /pay fails, 12 of 48 exchanges (25 %) in 10 minutes');
    // Going on to fail it is no longer new, but holds what is open.
    expect(at(39)[0]).toMatchObject({ holds_only: true });
  });

  it('not of a service that is hardly known, nor where a share of a busy route fails as ever', () => {
    expect(held([minute(-30, 100), ...broken], 9)[0]).toMatchObject({ holds_only: true });
    const few = range(0, 10).map((m) => minute(m, 1000, 20, { failing: failing('GET /', 1000, 20) }));
    expect(held([...calm, ...few], 9)).toEqual([]);
  });

  it('a route that fails now and then must fail far more than in its bad hours', () => {
    const usual = [...calm.map((m, i) => (i % 10 === 0 ? { ...m, failed: 2, failing: failing('POST /pay', 12, 2) } : m))];
    expect(held([...usual, ...broken], 7)[0]).toMatchObject({ holds_only: true });
    const worse = range(0, 10).map((m) => minute(m, 100, 10, { failing: failing('POST /pay', 12, 10) }));
    expect(held([...usual, ...worse], 8)[0]).toMatchObject({ values: { usual_failures_per_hour: 12 } });
    expect(held([...usual, ...worse], 8)[0]!.holds_only).toBeUndefined();
  });

  it('what failed is known for quiet_hours, also when its minutes are gone', () => {
    const past = minute(-60 * 20, 100, 30, { failing: failing('POST /pay', 30, 30) });
    const days = range(-60 * 25, 0).map((m) => minute(m, 100));
    expect(held([...days.filter((m) => m.startMs < past.startMs), past, ...days.filter((m) => m.startMs > past.startMs), ...broken], 5)[0]).toMatchObject({ holds_only: true });
    const older = { ...past, startMs: past.startMs - 6 * HOUR_MS };
    expect(held([older, ...days, ...broken], 5)[0]!.holds_only).toBeUndefined();
  });
});
