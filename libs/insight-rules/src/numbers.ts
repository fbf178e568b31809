import type { Count } from './input.ts';

/** Most digits of a number that is written, decimals included: what has nine or more is taken for a phone or a card. */
const MOST = 99_999_999;

/** A whole count: a number up to eight digits, above that text of two digits that matter, `1.2e8`. */
export function count(n: number): Count {
  const whole = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(Number.isNaN(n) ? 0 : n)));
  return whole <= MOST ? whole : whole.toExponential(1).replace('e+', 'e');
}

/** A count as it was written, as a number again. */
export function numberOf(written: Count): number {
  return Number(written);
}

/** At most three decimals and eight digits; never negative, never NaN. */
export function decimal(n: number, decimals = 3): number {
  if (!(n > 0)) return 0;
  if (n >= MOST) return MOST;
  const whole = String(Math.trunc(n)).length;
  return Math.min(MOST, Number(n.toFixed(Math.max(0, Math.min(decimals, 8 - whole)))));
}

/** Milliseconds: four digits that matter, more than quantiles of 1 % error have. null: nothing to say. */
export function ms(milliseconds: number | null): number | null {
  return milliseconds === null || !Number.isFinite(milliseconds) ? null : decimal(Number(milliseconds.toPrecision(4)));
}

/** Percent of a whole, two decimals, 0 to 100; 0 of nothing. */
export function pct(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, decimal((100 * part) / whole, 2)) : 0;
}

/** Per second. */
export function rate(n: number, lengthMs: number): number {
  return lengthMs > 0 ? decimal((n * 1000) / lengthMs) : 0;
}

/** RFC 3339 with Z, whole seconds. */
export function time(atMs: number): string {
  return `${new Date(Math.floor(atMs / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
