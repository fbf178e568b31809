import { expect, it } from 'vitest';
import { count, decimal, ms, pct, rate, time } from './numbers.ts';

it('numbers have eight digits and three decimals at most, and are never NaN, infinite or negative', () => {
  expect([0, 1.4, -3, NaN, 99_999_999, 100_000_000, 1_234_567_890, 1e300, Infinity].map(count)).toEqual([0, 1, 0, 0, 99_999_999, '1.0e8', '1.2e9', '9.0e15', '9.0e15']);
  expect([0.12345, 12.3456, 12_345.6789, 123_456.789, 1_234_567.89, 12_345_678.9, 1e9, NaN, -1].map((n) => decimal(n))).toEqual([
    0.123, 12.346, 12_345.679, 123_456.79, 1_234_567.9, 12_345_679, 99_999_999, 0, 0,
  ]);
  expect([null, NaN, 0.00012, 1.23456, 123.456, 12_345.6].map(ms)).toEqual([null, null, 0, 1.235, 123.5, 12_350]);
  expect([pct(1, 3), pct(1, 0), pct(5, 3), pct(1, 1e9)]).toEqual([33.33, 0, 100, 0]);
  expect([rate(900, 900_000), rate(1, 0), rate(Number.MAX_SAFE_INTEGER, 1000)]).toEqual([1, 0, 99_999_999]);
});

it('times are whole seconds with Z', () => expect(time(Date.UTC(2026, 10, 23, 10, 0, 0, 999))).toBe('2026-11-23T10:00:00Z'));
