import { describe, expect, test } from 'vitest';
import { matchesEtag } from '../http/conditional.ts';
import { Problem } from '../http/problem.ts';
import { page, type Ranked } from './cursor.ts';
import { parseStatus } from './status.ts';
import { coarsestOf, DAY_MS, defaultStep, earlier, parseInstant, parseStep, resolveRange } from './time.ts';

const NOW = Date.UTC(2026, 10, 22, 10, 0, 3, 500);

describe('instants', () => {
  test.each([
    ['now', NOW],
    ['now-1h', NOW - 3_600_000],
    ['now-15m', NOW - 900_000],
    ['now+30s', NOW + 30_000],
    ['now 30s', NOW + 30_000],
    ['now-2d', NOW - 172_800_000],
    ['1795341600', 1_795_341_600_000],
    ['1795341600.25', 1_795_341_600_250],
    ['1795341600000', 1_795_341_600_000],
    ['2026-11-22T10:00:00Z', Date.UTC(2026, 10, 22, 10)],
    ['2026-11-22t10:00:00.5z', Date.UTC(2026, 10, 22, 10, 0, 0, 500)],
    ['2026-11-22T11:00:00+01:00', Date.UTC(2026, 10, 22, 10)],
    ['2026-11-22T11:00:00 01:00', Date.UTC(2026, 10, 22, 10)],
  ])('%s', (text, ms) => expect(parseInstant('start', text, NOW)).toBe(ms));
  test.each(['', 'yesterday', 'now-', 'now-1', 'now-1w', '2026-11-22', '2026-11-22T10:00:00', '2026-11-22 10:00:00Z', '2026-11-31T10:00:00x', '1e9', '-5', '0x10', 'NaN'])(
    '"%s" is none',
    (text) => {
      expect(() => parseInstant('start', text, NOW)).toThrow(Problem);
    },
  );
});

describe('ranges', () => {
  test('the last hour by default, floored and ceiled to windows', () => {
    expect(resolveRange({}, NOW)).toEqual({ start: Date.UTC(2026, 10, 22, 9, 0, 0), end: Date.UTC(2026, 10, 22, 10, 0, 10), stepMs: 10_000 });
  });
  test('a step widens both ends', () => {
    expect(resolveRange({ start: 'now-5m', step: '1m' }, NOW)).toEqual({ start: Date.UTC(2026, 10, 22, 9, 55), end: Date.UTC(2026, 10, 22, 10, 1), stepMs: 60_000 });
  });
  test('aligned ends stay', () => {
    expect(resolveRange({ start: '2026-11-22T09:00:00Z', end: '2026-11-22T09:10:00Z', step: '10m' }, NOW)).toMatchObject({
      start: Date.UTC(2026, 10, 22, 9),
      end: Date.UTC(2026, 10, 22, 9, 10),
    });
  });
  test('the default step gives at most 360 points', () => {
    expect([60_000, 3_600_000, 3_600_001, 86_400_000, 7 * 86_400_000].map(defaultStep)).toEqual([10_000, 10_000, 30_000, 300_000, 1_800_000]);
  });
  test.each([
    ['10s', 10_000],
    ['60', 60_000],
    ['1m', 60_000],
    ['2h', 7_200_000],
  ])('step %s', (text, ms) => expect(parseStep(text)).toBe(ms));
  test.each(['0', '5s', '15', '1.5m', '-10s', 'm', '1w', ''])('step "%s" is none', (text) => expect(() => parseStep(text)).toThrow(Problem));
  test('11,000 points are the most', () => {
    expect(resolveRange({ start: 'now-24h', end: 'now+6h', step: '10s' }, NOW).stepMs).toBe(10_000);
    expect(() => resolveRange({ start: 'now-24h', end: 'now+7h', step: '10s' }, NOW)).toThrow(/11000|points/);
  });
  test('90 days are the most, in points of six hours', () => {
    expect(resolveRange({ start: 'now-90d' }, NOW).stepMs).toBe(21_600_000);
    expect(() => resolveRange({ start: 'now-91d' }, NOW)).toThrow(/90 days/);
  });
  test('what is old is kept in minutes, then hours: the default step follows, a finer one is refused', () => {
    expect(resolveRange({ start: 'now-25h', end: 'now-24h' }, NOW).stepMs).toBe(60_000);
    expect(resolveRange({ start: 'now-8d', end: 'now-7d' }, NOW).stepMs).toBe(3_600_000);
    expect(() => resolveRange({ start: 'now-25h', end: 'now-24h', step: '30s' }, NOW)).toThrow(/take 1m or more/);
    expect(() => resolveRange({ start: 'now-8d', end: 'now-7d', step: '30m' }, NOW)).toThrow(/take 1h or more/);
  });
  test('... as long as the analyzer is set to keep it', () => {
    const kept = { windowsMs: 3_600_000, minutesMs: 2 * DAY_MS };
    expect(resolveRange({ start: 'now-2h', end: 'now-1h' }, NOW, undefined, kept).stepMs).toBe(60_000);
    expect(() => resolveRange({ start: 'now-2h', end: 'now-1h', step: '10s' }, NOW, undefined, kept)).toThrow(/take 1m or more/);
    expect(resolveRange({ start: 'now-3d', end: 'now-2d', step: '1h' }, NOW, undefined, kept).stepMs).toBe(3_600_000);
    expect(() => resolveRange({ start: 'now-3d', end: 'now-2d', step: '30m' }, NOW, undefined, kept)).toThrow(/take 1h or more/);
  });
  test('the coarsest windows that no step cuts', () => expect([10_000, 90_000, 120_000, 3_600_000, 21_600_000].map(coarsestOf)).toEqual(['10s', '10s', '1m', '1h', '1h']));
  test('a range earlier is widened to what is kept of then', () => {
    const range = { start: Date.UTC(2026, 10, 22, 9, 0, 10), end: Date.UTC(2026, 10, 22, 10, 0, 10) };
    expect(earlier(range, 3_600_000, NOW)).toEqual({ start: Date.UTC(2026, 10, 22, 8, 0, 10), end: Date.UTC(2026, 10, 22, 9, 0, 10) });
    expect(earlier(range, DAY_MS, NOW)).toEqual({ start: Date.UTC(2026, 10, 21, 9), end: Date.UTC(2026, 10, 21, 10, 1) });
    expect(earlier(range, 8 * DAY_MS, NOW)).toEqual({ start: Date.UTC(2026, 10, 14, 9), end: Date.UTC(2026, 10, 14, 11) });
  });
});

test('status filters', () => {
  const matches = (filter: string) => [0, 200, 204, 404, 500, 503].filter(parseStatus(filter) as (s: number) => boolean);
  expect([matches('404'), matches('2xx'), matches('404,5XX'), matches('0')]).toEqual([[404], [200, 204], [404, 500, 503], [0]]);
  expect(['', '4x', 'xx', '4xx,', '99', '1000', '404;500'].map(parseStatus)).toEqual([null, null, null, null, null, null, null]);
});

test('pages: by rank, then key; a row that moved up between pages is not shown twice', () => {
  const rows = (list: [number, string][]): Ranked<string>[] => list.map(([rank, key]) => ({ rank, key, row: key }));
  const list: [number, string][] = [
    [5, 'b'],
    [9, 'a'],
    [5, 'a'],
    [1, 'z'],
  ];
  const first = page(rows(list), 2, null);
  expect(first).toEqual({ rows: ['a', 'a'], last: [5, 'a'] });
  expect(page(rows(list), 2, first.last)).toEqual({ rows: ['b', 'z'], last: null });
  expect(
    page(
      rows([
        [9, 'a'],
        [7, 'a2'],
        [5, 'b'],
      ]),
      5,
      [5, 'a'],
    ),
  ).toEqual({ rows: ['b'], last: null });
  expect(page(rows([]), 5, [5, 'a'])).toEqual({ rows: [], last: null });
});

test('If-None-Match', () => {
  expect([matchesEtag(undefined, 'W/"a"'), matchesEtag('"a"', 'W/"a"'), matchesEtag('W/"b", W/"a"', 'W/"a"'), matchesEtag('*', 'W/"a"'), matchesEtag('"b"', 'W/"a"')]).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
});
