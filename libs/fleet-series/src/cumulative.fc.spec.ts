import fc from 'fast-check';
import { OTHER, ServiceWindow } from '@headwater/sketch';
import { expect, it } from 'vitest';
import { advance, countLate, hourOf, type Cumulative } from './cumulative.ts';
import { decodeSeries, encodeSeries } from './encode.ts';
import { EXCHANGES, serviceRows } from './service-rows.ts';
import { patternSlots } from './slots.ts';
import { LATE_MS } from './port.ts';

const MINUTE = 60_000;
const T0 = 1_800_000_000_000;
const MAX = 6;

interface Exchange {
  minute: number;
  route: number;
  status: number;
  seconds: number;
  broken: boolean;
  /** minutes after its own that it becomes known */
  late: number;
}

const exchange: fc.Arbitrary<Exchange> = fc.record({
  minute: fc.nat(25),
  route: fc.nat(9),
  status: fc.constantFrom(200, 404, 500, 0),
  seconds: fc.double({ min: 0.0001, max: 30, noNaN: true }),
  broken: fc.boolean(),
  late: fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(25) }),
});

/** Windows of the minutes as they are known at the end of minute `now`. */
function windowsAt(all: readonly Exchange[], now: number, from: number) {
  const windows = new Map<number, ServiceWindow>();
  for (const e of all) {
    if (e.minute < from || e.minute > now || e.minute + e.late > now) continue;
    const w = windows.get(e.minute) ?? new ServiceWindow();
    windows.set(e.minute, w);
    w.roleExchanges.server++;
    const p = w.pattern('server', 'GET', `/${e.route}`, e.status);
    p.exchanges++;
    p.total.add(e.seconds * 1e9);
    if (e.broken) p.addError('connection_reset', 1);
  }
  return [...windows].map(([minute, w]) => serviceRows(T0 + minute * MINUTE, w));
}

const slots = (labels: Iterable<readonly string[]>) => patternSlots(MAX, labels);
const exchangesOf = (s: Cumulative | null) => [...(s?.total.values() ?? [])].reduce((n, r) => n + (r.labels.length === 4 ? (r.values[EXCHANGES] ?? 0) : 0), 0);

it('totals only grow, are what came within ten minutes, and what came later is counted apart: exactly, whoever goes on', () => {
  fc.assert(
    fc.property(fc.array(exchange, { maxLength: 120 }), fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (all, moves) => {
      let state: Cumulative | null = null;
      let first: number | null = null;
      for (let now = 0; now < 60; now++) {
        const end = T0 + (now + 1) * MINUTE;
        const untilMs: number = state?.untilMs ?? end - LATE_MS;
        const windows = windowsAt(all, now, (untilMs - T0) / MINUTE);
        const before: Cumulative | null = state;
        state = advance('s:x', state, { windows, horizonMs: end - LATE_MS, endMs: end, slots });
        if (state && first === null) first = (state.startMs - T0) / MINUTE;
        for (const [key, row] of before?.total ?? [])
          row.values.forEach((n, i) => expect(state?.total.get(key)?.values[i] ?? 0, `${key} ${i} at ${now}`).toBeGreaterThanOrEqual(n));
        if (!state) continue;
        const hours = new Map<number, number[]>();
        for (const w of windowsAt(all, now, first!)) {
          if (w.startMs >= state.untilMs) continue;
          const hour = hourOf(w.startMs);
          hours.set(hour, [w.counted[0]! + (hours.get(hour)?.[0] ?? 0), 0]);
        }
        state = countLate(state, hours);
        if (moves[now]) state = decodeSeries('s:x', encodeSeries(state));
      }
      if (!state) return;
      const due = all.filter((e) => e.minute >= first!);
      // A minute is taken into the base when it is ten minutes old: what is known by then is in.
      const timely = due.filter((e) => e.late <= LATE_MS / MINUTE);
      expect(exchangesOf(state)).toBe(timely.length);
      expect(state.late[0]).toBe(due.length - timely.length);
      const own = new Set([...state.total.values()].filter((r) => r.labels[2] !== OTHER).map((r) => r.labels.slice(0, 4).join(' ')));
      expect(own.size).toBeLessThanOrEqual(MAX);
      const broken = [...state.total.values()].reduce((n, r) => n + (r.labels.length === 5 ? r.values[0]! : 0), 0);
      expect(broken).toBe(timely.filter((e) => e.broken).length);
    }),
    { numRuns: 60 * Number(process.env['HW_PROPERTY_RUNS'] ?? 1) },
  );
});

it('what a window over its budget moves into its {other} stays with its series; their sum is exact', () => {
  const row = (route: string, n: number) => ({ labels: ['server', route === OTHER ? OTHER : 'GET', route, '200'], values: [n] });
  const step = (...rows: ReturnType<typeof row>[]) => ({ windows: [{ startMs: T0, rows, counted: [0, 0] }], horizonMs: T0, endMs: T0 + MINUTE, slots });
  const before = advance('s:x', null, step(row('/a', 5), row('/b', 9)))!;
  const after = advance('s:x', before, step(row('/b', 20), row(OTHER, 7)))!;
  expect([...after.total.values()].map((r) => [r.labels[2], r.values[0]])).toEqual(
    expect.arrayContaining([
      ['/a', 5],
      ['/b', 20],
      [OTHER, 2],
    ]),
  );
});

it('a store that was rolled back begins again from what it has', () => {
  const step = (n: number) => ({ windows: [{ startMs: T0, rows: [{ labels: ['server', 'GET', '/', '200'], values: [n] }], counted: [n, 0] }], horizonMs: T0, endMs: T0, slots });
  const before = advance('s:x', null, step(9))!;
  expect(exchangesOf(advance('s:x', before, step(4)))).toBe(4);
});

it.each([
  ['{}', 'no version'],
  ['nonsense', 'not JSON'],
  ['{"version":1,"subject":"s:y"}', 'a part is missing'],
  ['{"version":2}', 'newer version'],
])('refuses %s: %s', (text, why) => {
  expect(() => decodeSeries('s:x', text)).toThrow(why);
});
