import { DdSketch, RELATIVE_ERROR } from '@headwater/sketch';
import { DURATION_BOUNDS_S } from './port.ts';

const NS = 1e9;
const NS_PER_US = 1e3;
/** Where a distribution's numbers are in its part of a row. */
export const COUNT = 0;
/** microseconds, an integer: a sum of fractions would depend on the order of adding, and a counter must not waver */
export const SUM_US = 1;
export const BUCKETS = 2;
/** count, sum, one bucket for each bound and one above the last */
export const DISTRIBUTION_VALUES = BUCKETS + DURATION_BOUNDS_S.length + 1;

/** bucket of the sketch -> bucket of the histogram */
const bucketOf: number[] = [];

/**
 * The histogram's bucket for one of the sketch's: by the value that stands for it, which is within 1 % of all in it. So a count below
 * a bound may take in or leave out what is within 1 % of that bound, and the same bucket always goes to the same place: sums add up.
 */
function place(index: number): number {
  const known = bucketOf[index];
  if (known !== undefined) return known;
  const seconds = (DdSketch.upperOf(index) * (1 - RELATIVE_ERROR)) / NS;
  const at = DURATION_BOUNDS_S.findIndex((bound) => seconds <= bound);
  return (bucketOf[index] = at < 0 ? DURATION_BOUNDS_S.length : at);
}

/** Adds a distribution of nanoseconds to `values` from `at` on. */
export function addDistribution(values: number[], at: number, sketch: DdSketch): void {
  values[at + COUNT]! += sketch.count;
  values[at + SUM_US]! += Math.round(sketch.sum / NS_PER_US);
  for (const { index, count } of sketch.buckets()) values[at + BUCKETS + place(index)]! += count;
}
