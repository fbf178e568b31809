/** One value a step, null where there is none. */
export type Values = readonly (number | null)[];

export interface SeriesSummary {
  first: number;
  last: number;
  min: number;
  max: number;
  mean: number;
}

/** null when there is no value at all. */
export function summaryOf(values: Values): SeriesSummary | null {
  let result: SeriesSummary | null = null;
  let sum = 0;
  let n = 0;
  for (const v of values) {
    if (v === null) continue;
    if (result === null) result = { first: v, last: v, min: v, max: v, mean: v };
    result.last = v;
    if (v < result.min) result.min = v;
    if (v > result.max) result.max = v;
    sum += v;
    n++;
  }
  if (result !== null) result.mean = sum / n;
  return result;
}

/**
 * Values of steps that were over when they were read, null for the others: what came so far of a step is no figure of the
 * step, and would look like a fall.
 * @param starts start of each step, ms
 * @param readAt ms
 */
export function finished(values: Values, starts: readonly number[], stepSeconds: number, readAt: number): (number | null)[] {
  return values.map((v, i) => ((starts[i] ?? 0) + stepSeconds * 1000 > readAt - ARRIVAL_MS ? null : v));
}

/** Counts of finished steps as rates per second. */
export function perSecond(counts: Values, starts: readonly number[], stepSeconds: number, readAt: number): (number | null)[] {
  return finished(counts, starts, stepSeconds, readAt).map((n) => (n === null ? null : n / stepSeconds));
}

/** What happened longer ago than this has usually been counted. ms */
const ARRIVAL_MS = 5_000;

/** Windows stay open this long after their end, and are 10 s long. ms */
const OPEN_MS = 40_000;

/** From where on more may still come, when the range was read at `readAt` and was not complete; null: nowhere. ms */
export function arrivingFrom(range: { start: number; end: number }, complete: boolean, readAt: number): number | null {
  const from = Math.max(range.start, readAt - OPEN_MS);
  return complete || from >= range.end ? null : from;
}

/** Step by step sum; null only where all of them are. */
export function sumOf(...all: Values[]): (number | null)[] {
  const length = Math.max(0, ...all.map((v) => v.length));
  return Array.from({ length }, (_, i) => {
    let sum: number | null = null;
    for (const values of all) {
      const v = values[i];
      if (v !== null && v !== undefined) sum = (sum ?? 0) + v;
    }
    return sum;
  });
}
