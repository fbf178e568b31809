import { DdSketch, type Role, type ServiceWindow } from '@headwater/sketch';
import { iso, type TimeRange } from '../query/time.ts';
import type { RoleTotals } from '../windows/digest.ts';
import { quantiles5, type Quantiles5 } from './quantiles.ts';
import { selects, type Selection } from './selection.ts';

export interface LatencyPoint {
  /** start of the point */
  t: string;
  exchanges: number;
  ttfb_ms: Quantiles5;
  total_ms: Quantiles5;
  /** false: more may still come for this point */
  complete: boolean;
}

/** One point a step, also where nothing happened. */
export class LatencyFold {
  readonly #selection: Selection;
  readonly #range: TimeRange;
  readonly #points: { exchanges: number; ttfb: DdSketch; total: DdSketch }[];

  constructor(selection: Selection, range: TimeRange) {
    this.#selection = selection;
    this.#range = range;
    this.#points = Array.from({ length: (range.end - range.start) / range.stepMs }, () => ({ exchanges: 0, ttfb: new DdSketch(), total: new DdSketch() }));
  }

  add(start: number, window: ServiceWindow): void {
    for (const p of window.patterns()) if (selects(this.#selection, p)) this.#merge(start, p);
  }

  /** The same where the selection is a whole role. */
  addTotals(start: number, totals: ReadonlyMap<Role, RoleTotals>): void {
    const t = totals.get(this.#selection.role);
    if (t !== undefined) this.#merge(start, t);
  }

  #merge(start: number, from: { exchanges: number; ttfb: DdSketch; total: DdSketch }): void {
    const point = this.#points[Math.floor((start - this.#range.start) / this.#range.stepMs)];
    if (point === undefined) return;
    point.exchanges += from.exchanges;
    point.ttfb.merge(from.ttfb);
    point.total.merge(from.total);
  }

  /** @param closed whether the windows in [start, end) are final */
  points(closed: (start: number, end: number) => boolean): LatencyPoint[] {
    const { start, stepMs } = this.#range;
    return this.#points.map((p, i) => {
      const t = start + i * stepMs;
      return { t: iso(t), exchanges: p.exchanges, ttfb_ms: quantiles5(p.ttfb), total_ms: quantiles5(p.total), complete: closed(t, t + stepMs) };
    });
  }
}
