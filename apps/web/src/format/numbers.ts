/**
 * Numbers as people read them: rounded to what matters, always with their unit, a no-break space between. An en dash
 * stands for "no data", never for zero.
 */
export const NO_DATA = '–';
const NBSP = '\u00a0';
const MINUS = '\u2212';

/** At most three digits that matter: 0.042, 4.2, 42, 420. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  const digits = size >= 100 ? 0 : size >= 10 ? (Number.isInteger(value) ? 0 : 1) : size >= 1 ? 1 : size >= 0.1 ? 2 : 3;
  return strip(value.toFixed(digits));
}

function strip(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const THOUSANDS = ['', 'k', 'M', 'G', 'T'] as const;

/** [mantissa below 1000, exponent of 1000]; 999.96 k rolls over to 1 M. */
function thousands(value: number): [number, number] {
  let exponent = 0;
  let rest = value;
  while (Math.abs(rest) >= 999.5 && exponent < THOUSANDS.length - 1) {
    rest /= 1000;
    exponent++;
  }
  return [rest, exponent];
}

/** A count: 0, 42, 999, `1.2 k`, `12.3 k`, `123 k`, `1.2 M`. */
export function formatCount(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return NO_DATA;
  if (Math.abs(n) < 1000 && Number.isInteger(n)) return String(n);
  const [mantissa, exponent] = thousands(n);
  return exponent === 0 ? significant(n) : `${significant(mantissa)}${NBSP}${THOUSANDS[exponent]}`;
}

/** The count in full, for titles and copies: `12,345`. */
export function formatExact(n: number): string {
  return n.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** `1 host`, `2 hosts`, `1.2 k exchanges`. */
export function countOf(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)}${NBSP}${n === 1 ? one : many}`;
}

/** Per second: `0/s`, `<0.01/s`, `3.2/s`, `1.2 k/s`. */
export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return NO_DATA;
  if (perSecond > 0 && perSecond < 0.01) return '<0.01/s';
  const [mantissa, exponent] = thousands(perSecond);
  const text = mantissa < 1 && exponent === 0 ? strip(mantissa.toFixed(2)) : significant(mantissa);
  return exponent === 0 ? `${text}/s` : `${text}${NBSP}${THOUSANDS[exponent]}/s`;
}

/** Milliseconds to the unit that fits: `0.42 ms`, `4.2 ms`, `420 ms`, `1.2 s`, `2.1 min`, `1.5 h`. */
export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NO_DATA;
  const size = Math.abs(ms);
  if (size < 999.5) return `${significant(ms)}${NBSP}ms`;
  if (size < 59_950) return `${significant(ms / 1000)}${NBSP}s`;
  if (size < 3_597_000) return `${significant(ms / 60_000)}${NBSP}min`;
  if (size < 86_000_000) return `${significant(ms / 3_600_000)}${NBSP}h`;
  return `${significant(ms / 86_400_000)}${NBSP}d`;
}

/** A share of one: `0 %`, `<0.01 %`, `0.12 %`, `4.2 %`, `42 %`, `99.95 %`; `100 %` only when it is all of it. */
export function formatPercent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return NO_DATA;
  const percent = ratio * 100;
  if (percent === 0) return `0${NBSP}%`;
  if (percent > 0 && percent < 0.01) return `<0.01${NBSP}%`;
  if (percent < 100 && percent > 99.99) return `>99.99${NBSP}%`;
  if (percent < 100 && percent >= 99) return `${strip(percent.toFixed(2))}${NBSP}%`;
  if (percent < 1) return `${strip(percent.toFixed(2))}${NBSP}%`;
  return `${significant(percent)}${NBSP}%`;
}

/** A change against before, ratio - 1: `+12 %`, `−5 %`, `±0 %`; from three times on as `×3.2`. */
export function formatTrend(trend: number | null | undefined): string {
  if (trend === null || trend === undefined || !Number.isFinite(trend)) return NO_DATA;
  if (trend >= 2) return `×${significant(trend + 1)}`;
  const percent = Math.round(trend * 100);
  if (percent === 0) return `±0${NBSP}%`;
  return `${percent > 0 ? '+' : MINUS}${Math.abs(percent)}${NBSP}%`;
}

/** Times the error budget: `0×`, `0.3×`, `42×`, `1.2 k×`. */
export function formatBurn(rate: number | null | undefined): string {
  if (rate === null || rate === undefined || !Number.isFinite(rate)) return NO_DATA;
  if (rate > 0 && rate < 0.1) return '<0.1×';
  const [mantissa, exponent] = thousands(rate);
  return exponent === 0 ? `${significant(mantissa)}×` : `${significant(mantissa)}${NBSP}${THOUSANDS[exponent]}×`;
}

/** Bytes, decimal units: `0 B`, `1.2 kB`, `3.4 MB`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return NO_DATA;
  const [mantissa, exponent] = thousands(bytes);
  return `${significant(mantissa)}${NBSP}${THOUSANDS[exponent]}B`;
}
