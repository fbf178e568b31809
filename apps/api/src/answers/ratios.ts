import { round } from './round.ts';

/** part / whole, six decimals; null when there is no whole. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : round(part / whole, 6);
}

/**
 * Failures as a share of exchanges, six decimals; null when there were neither. At most 1: a long exchange that began before a range
 * may fail in it.
 */
export function failureRatio(failed: number, exchanges: number): number | null {
  return failed > exchanges ? 1 : ratio(failed, exchanges);
}

/** How much more (or less) than in a range before: now / before - 1, each over its own length; null when nothing was before. */
export function trendOf(now: number, nowMs: number, before: number, beforeMs: number): number | null {
  return before === 0 ? null : round((now * beforeMs) / (before * nowMs) - 1, 4);
}

/**
 * How fast the error budget is spent: 1 is exactly as fast as the objective allows.
 * @param slo percentage of exchanges that must not fail
 */
export function burnRate(failed: number, exchanges: number, slo: number): number | null {
  return exchanges === 0 ? null : round(Math.min(1, failed / exchanges) / (1 - slo / 100), 4);
}

/** Failures beyond what the share of failures before would have given; all of them where nothing was before. */
export function excessOf(failed: number, exchanges: number, baseline: number | null): number {
  return round(Math.max(0, failed - (baseline ?? 0) * exchanges), 3);
}
