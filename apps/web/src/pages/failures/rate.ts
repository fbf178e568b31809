/** One value a step of the range: exchanges of all, and of those that failed. */
export interface Rates {
  /** start of each step, ms */
  t: number[];
  exchanges: (number | null)[];
  failed: (number | null)[];
  ratio: (number | null)[];
}

interface Point {
  t: string;
  exchanges: number;
}

/** Joins two answers over one range by time; null where nothing happened, so that no line is drawn over it. */
export function ratesOf(all: readonly Point[], failed: readonly Point[], range: { start: string; end: string; step: number }): Rates {
  const count = (points: readonly Point[]): Map<number, number> => new Map(points.map((p) => [Date.parse(p.t), p.exchanges]));
  const total = count(all);
  const bad = count(failed);
  const out: Rates = { t: [], exchanges: [], failed: [], ratio: [] };
  const end = Date.parse(range.end);
  for (let t = Date.parse(range.start); t < end; t += range.step * 1_000) {
    const n = total.get(t) ?? 0;
    // The two are read one after the other: what came between them must not make more than all fail.
    const f = Math.min(bad.get(t) ?? 0, n);
    out.t.push(t);
    out.exchanges.push(n === 0 ? null : n);
    out.failed.push(n === 0 ? null : f);
    out.ratio.push(n === 0 ? null : f / n);
  }
  return out;
}
