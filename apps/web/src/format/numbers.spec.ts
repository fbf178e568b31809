import { describe, expect, it } from 'vitest';
import { countOf, formatBurn, formatBytes, formatCount, formatExact, formatMs, formatPercent, formatRate, formatTrend, NO_DATA } from './numbers.ts';

/** Figures are written with a no-break space; the cases are easier to read with a plain one. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('numbers', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [1000, '1 k'],
    [1234, '1.2 k'],
    [12_345, '12.3 k'],
    [123_456, '123 k'],
    [999_499, '999 k'],
    [999_960, '1 M'],
    [1_234_567, '1.2 M'],
    [0.42, '0.42'],
  ])('count %d is %s', (n, text) => expect(plain(formatCount(n))).toBe(text));

  it.each([
    [0, '0/s'],
    [0.004, '<0.01/s'],
    [0.05, '0.05/s'],
    [3.24, '3.2/s'],
    [42, '42/s'],
    [1234, '1.2 k/s'],
  ])('rate %d is %s', (n, text) => expect(plain(formatRate(n))).toBe(text));

  it.each([
    [0, '0 ms'],
    [0.042, '0.042 ms'],
    [0.42, '0.42 ms'],
    [4.21, '4.2 ms'],
    [42.4, '42.4 ms'],
    [420, '420 ms'],
    [999.7, '1 s'],
    [1234, '1.2 s'],
    [59_960, '1 min'],
    [126_000, '2.1 min'],
    [5_400_000, '1.5 h'],
  ])('%d ms is %s', (n, text) => expect(plain(formatMs(n))).toBe(text));

  it.each([
    [0, '0 %'],
    [0.00001, '<0.01 %'],
    [0.0012, '0.12 %'],
    [0.042, '4.2 %'],
    [0.42, '42 %'],
    [0.9995, '99.95 %'],
    [0.99999, '>99.99 %'],
    [1, '100 %'],
  ])('share %d is %s', (n, text) => expect(plain(formatPercent(n))).toBe(text));

  it('never rounds a share up to all or down to none', () => {
    for (const ratio of [1e-9, 1e-5, 0.99995, 1 - 1e-9]) expect(plain(formatPercent(ratio))).not.toMatch(/^(0|100) %$/);
  });

  it.each([
    [0, '±0 %'],
    [0.004, '±0 %'],
    [0.12, '+12 %'],
    [-0.05, '−5 %'],
    [-1, '−100 %'],
    [2.2, '×3.2'],
    [99, '×100'],
  ])('trend %d is %s', (n, text) => expect(plain(formatTrend(n))).toBe(text));

  it.each([
    [0, '0×'],
    [0.01, '<0.1×'],
    [0.34, '0.34×'],
    [42, '42×'],
    [1000, '1 k×'],
  ])('burn rate %d is %s', (n, text) => expect(plain(formatBurn(n))).toBe(text));

  it('bytes, exact counts, plurals', () => {
    expect(plain(formatBytes(0))).toBe('0 B');
    expect(plain(formatBytes(1234))).toBe('1.2 kB');
    expect(formatExact(1234567)).toBe('1,234,567');
    expect(plain(countOf(1, 'host'))).toBe('1 host');
    expect(plain(countOf(1200, 'exchange'))).toBe('1.2 k exchanges');
  });

  it('says no data for nothing, not zero', () => {
    for (const format of [formatCount, formatRate, formatMs, formatPercent, formatTrend, formatBurn, formatBytes]) {
      expect(format(null)).toBe(NO_DATA);
      expect(format(Number.NaN)).toBe(NO_DATA);
    }
  });
});
