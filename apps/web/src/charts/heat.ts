/** The mathematics of a heatmap whose rows are buckets with bounds that grow by a constant factor. No canvas here. */

export interface HeatPoint {
  counts: readonly number[];
}

/** The highest count of a cell. */
export function maxCount(columns: readonly Float64Array[]): number {
  let max = 0;
  for (const column of columns) for (const n of column) if (n > max) max = n;
  return max;
}

/** At most `places` columns; neighbours are summed, so nothing falls between two pixels. */
export function joinColumns(points: readonly HeatPoint[], rows: number, places: number): Float64Array[] {
  const n = Math.max(1, Math.min(points.length, Math.floor(places)));
  const columns = Array.from({ length: n }, () => new Float64Array(rows));
  points.forEach((point, i) => {
    const column = columns[Math.floor((i * n) / points.length)];
    if (column) for (let row = 0; row < rows; row++) column[row] = (column[row] ?? 0) + (point.counts[row] ?? 0);
  });
  return columns;
}

/** 0 for nothing, else 1 to `levels - 1` by the logarithm: one exchange can be seen beside ten thousand. */
export function levelOf(count: number, max: number, levels: number): number {
  if (count <= 0 || max <= 0) return 0;
  if (max <= 1) return levels - 1;
  return 1 + Math.round((Math.log(count) / Math.log(max)) * (levels - 2));
}

/** Where a latency lies on the axis of rows: `i + part` when it is in bucket `i`. ms */
export function rowOf(ms: number, le: readonly number[]): number {
  const first = le[0];
  if (first === undefined) return 0;
  const factor = le.length > 1 ? (le[1] ?? first) / first : 2;
  const below = first / factor;
  if (ms <= below) return 0;
  let i = 0;
  while (i < le.length - 1 && (le[i] ?? 0) < ms) i++;
  const from = i === 0 ? below : (le[i - 1] ?? below);
  const to = le[i] ?? first;
  const part = (Math.log(ms) - Math.log(from)) / (Math.log(to) - Math.log(from));
  return Math.min(le.length, i + Math.min(1, Math.max(0, part)));
}

/** The bucket of a row: over `from` up to `to` ms. */
export function bucketOf(row: number, le: readonly number[]): { from: number; to: number } {
  const to = le[row] ?? 0;
  const factor = le.length > 1 ? (le[1] ?? 1) / (le[0] ?? 1) : 2;
  return { from: row === 0 ? (le[0] ?? 0) / factor : (le[row - 1] ?? 0), to };
}

/** Round latencies (1, 2, 5 of each power of ten) that are at least `apart` rows from each other. ms */
export function ticksOf(le: readonly number[], apart: number): number[] {
  const { from } = bucketOf(0, le);
  const last = le.at(-1);
  if (last === undefined || from <= 0) return [];
  const taken: number[] = [];
  // Powers of ten first, then what has room between.
  for (const digits of [[1], [3], [2, 5]]) {
    for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(last)); power++) {
      for (const digit of digits) {
        const ms = Number((digit * 10 ** power).toPrecision(3));
        if (ms < from || ms > last) continue;
        const row = rowOf(ms, le);
        if (taken.every((other) => Math.abs(rowOf(other, le) - row) >= apart)) taken.push(ms);
      }
    }
  }
  return taken.sort((a, b) => a - b);
}
