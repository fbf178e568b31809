import type { DdSketch } from '@headwater/sketch';
import { round } from './round.ts';

/** Nanoseconds to ms with three decimals: the sketch is within 1 %, more digits would only look exact. */
export function quantileMs(sketch: DdSketch, q: number): number | null {
  return sketch.count === 0 ? null : round(sketch.quantile(q) / 1e6, 3);
}

export interface Quantiles3 {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Quantiles5 extends Quantiles3 {
  p90: number | null;
  p999: number | null;
}

export function quantiles3(s: DdSketch): Quantiles3 {
  return { p50: quantileMs(s, 0.5), p95: quantileMs(s, 0.95), p99: quantileMs(s, 0.99) };
}

export function quantiles5(s: DdSketch): Quantiles5 {
  return { p50: quantileMs(s, 0.5), p90: quantileMs(s, 0.9), p95: quantileMs(s, 0.95), p99: quantileMs(s, 0.99), p999: quantileMs(s, 0.999) };
}
