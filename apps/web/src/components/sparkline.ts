/** How several points become one where there are more than places. */
export type Reduce = 'mean' | 'max';

/** At most `places` values: neighbours are joined by their mean or maximum; null where all of them are. */
export function thinned(values: readonly (number | null)[], places: number, reduce: Reduce): (number | null)[] {
  if (values.length <= places) return [...values];
  const result: (number | null)[] = [];
  for (let i = 0; i < places; i++) {
    const from = Math.floor((i * values.length) / places);
    const to = Math.floor(((i + 1) * values.length) / places);
    let sum = 0;
    let n = 0;
    let max = Number.NEGATIVE_INFINITY;
    for (let k = from; k < to; k++) {
      const v = values[k];
      if (v === null || v === undefined) continue;
      sum += v;
      n++;
      if (v > max) max = v;
    }
    result.push(n === 0 ? null : reduce === 'max' ? max : sum / n);
  }
  return result;
}

/** SVG path from 0 at the bottom to `max` at the top; a gap lifts the pen, a point between two gaps becomes a dash. */
export function sparkPath(values: readonly (number | null)[], max: number, width: number, height: number): string {
  const top = 1.5;
  const step = values.length > 1 ? width / values.length : width;
  const y = (v: number) => (max <= 0 ? height - top : height - top - (Math.min(v, max) / max) * (height - 2 * top)).toFixed(1);
  let path = '';
  let drawing = false;
  values.forEach((v, i) => {
    if (v === null) {
      drawing = false;
      return;
    }
    // every value is of a window, so it is drawn as wide as its window
    path += `${drawing ? 'L' : 'M'}${(i * step).toFixed(1)} ${y(v)}H${((i + 1) * step).toFixed(1)}`;
    drawing = true;
  });
  return path;
}

/** First, highest and last, for those who do not see it. */
export function sparkSummary(label: string, values: readonly (number | null)[], format: (v: number) => string): string {
  const known = values.filter((v) => v !== null);
  const last = known.at(-1);
  if (last === undefined) return `${label}: no data`;
  return `${label}: from ${format(known[0] ?? 0)} to ${format(last)}, at most ${format(known.reduce((a, b) => Math.max(a, b)))}`;
}
