import { resolveRange, type Range } from './range.ts';

const NICE_SECONDS = [10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400] as const;

/** The smallest usual step that gives at most `points` points over the range, as the API takes it. */
export function stepFor(range: Range, points: number, now = Date.now()): string {
  const resolved = resolveRange(range, now);
  const seconds = resolved === null ? 3_600 : (resolved.end - resolved.start) / 1000;
  return `${NICE_SECONDS.find((step) => seconds / step <= points) ?? 86_400}s`;
}
