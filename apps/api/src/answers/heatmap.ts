import { DdSketch, type Role } from '@headwater/sketch';
import { iso, type TimeRange } from '../query/time.ts';
import type { RoleTotals, WindowPatterns } from '../windows/digest.ts';
import { selects, type Selection } from './selection.ts';
import { Steps } from './series.ts';

export type LatencyMetric = 'ttfb' | 'total';

export interface LatencyHeatmapPoint {
  t: string;
  exchanges: number;
  /** upper bounds, included; the same for all points */
  le_ms: number[];
  counts: number[];
  complete: boolean;
}

const MAX_BOUNDS = 40;

/** Distributions of one latency over the steps of a range, in buckets that all points share. */
export class HeatmapFold {
  readonly #selection: Selection;
  readonly #metric: LatencyMetric;
  readonly #steps: Steps;
  readonly #points: { exchanges: number; latency: DdSketch }[];

  constructor(selection: Selection, range: TimeRange, metric: LatencyMetric) {
    this.#selection = selection;
    this.#metric = metric;
    this.#steps = new Steps(range);
    this.#points = Array.from({ length: this.#steps.count }, () => ({ exchanges: 0, latency: new DdSketch() }));
  }

  add(start: number, window: WindowPatterns): void {
    const point = this.#points[this.#steps.indexOf(start)];
    if (point === undefined) return;
    window.each((pattern, scan) => {
      if (!selects(this.#selection, pattern)) return;
      point.exchanges += scan.exchanges;
      if (this.#metric === 'ttfb') scan.addTtfb(point.latency);
      else scan.addTotal(point.latency);
    });
  }

  /** The same where the selection is a whole role. */
  addTotals(start: number, totals: ReadonlyMap<Role, RoleTotals>): void {
    const t = totals.get(this.#selection.role);
    if (t !== undefined) this.#merge(start, t);
  }

  #merge(start: number, from: { exchanges: number; ttfb: DdSketch; total: DdSketch }): void {
    const point = this.#points[this.#steps.indexOf(start)];
    if (point === undefined) return;
    point.exchanges += from.exchanges;
    point.latency.merge(from[this.#metric]);
  }

  /** @param closed whether the windows in [start, end) are final */
  points(closed: (start: number, end: number) => boolean): LatencyHeatmapPoint[] {
    let first = Infinity;
    let last = -Infinity;
    for (const { latency } of this.#points)
      for (const { index } of latency.buckets()) {
        first = Math.min(first, index);
        last = Math.max(last, index);
      }
    // Bounds are bounds of the sketch's own buckets, so no bucket is split and no count is a guess.
    const width = Math.max(1, Math.ceil((last - first + 1) / MAX_BOUNDS));
    const bounds = last < first ? 0 : Math.ceil((last - first + 1) / width);
    const leMs = Array.from({ length: bounds }, (_, i) => Number((DdSketch.upperOf(first + (i + 1) * width - 1) / 1e6).toPrecision(6)));
    return this.#points.map(({ exchanges, latency }, i) => {
      const counts = leMs.map(() => 0);
      for (const { index, count } of latency.buckets()) counts[Math.floor((index - first) / width)]! += count;
      const t = this.#steps.startOf(i);
      return { t: iso(t), exchanges, le_ms: leMs, counts, complete: closed(t, this.#steps.startOf(i + 1)) };
    });
  }
}
