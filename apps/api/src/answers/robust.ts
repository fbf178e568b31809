/** Median and median absolute deviation: what one bad hour does not move. */

/** Of a normal distribution the standard deviation is so many median absolute deviations. */
const MAD_TO_SIGMA = 1.4826;
/** How far from the median is still usual, in standard deviations. */
export const USUAL_SIGMAS = 3;
/** Traffic is never steadier than this share of itself from hour to hour. */
const LEAST_SPREAD = 0.05;

/** NaN of an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** What is usual, and by how many standard deviations a figure is off. */
export interface Usual {
  median: number;
  low: number;
  high: number;
  /** (figure - median) / sigma */
  deviation: number;
}

/**
 * @param figure what is judged
 * @param noise variance that a figure like this has by chance alone, where its expectation is the median
 */
function usual(figure: number, values: readonly number[], noise: (median: number) => number): Usual {
  const m = median(values);
  const spread = Math.max(MAD_TO_SIGMA * median(values.map((v) => Math.abs(v - m))), LEAST_SPREAD * m);
  const sigma = Math.sqrt(spread * spread + noise(m));
  return { median: m, low: Math.max(0, m - USUAL_SIGMAS * sigma), high: m + USUAL_SIGMAS * sigma, deviation: (figure - m) / sigma };
}

/**
 * A rate against those of slots before. Counts scatter as Poisson's do: a short range or a rare route is not off because
 * of a handful.
 * @param seconds the range in which `count` was counted
 * @param rates of the slots, per second; not empty
 */
export function usualRate(count: number, seconds: number, rates: readonly number[]): Usual {
  return usual(count / seconds, rates, (m) => Math.max(1, m * seconds) / (seconds * seconds));
}

/**
 * A share against those of slots before; scatters as a binomial one.
 * @param whole exchanges of which `part` are the share; above 0
 */
export function usualRatio(part: number, whole: number, ratios: readonly number[]): Usual {
  const u = usual(Math.min(1, part / whole), ratios, (m) => Math.max(m * (1 - m), 1 / whole) / whole);
  return { ...u, high: Math.min(1, u.high) };
}
