import { DdSketch, type Role } from '@headwater/sketch';
import { iso, type TimeRange } from '../query/time.ts';
import type { RoleTotals, WindowPatterns } from '../windows/digest.ts';
import { quantiles5, type Quantiles5 } from './quantiles.ts';
import { selects, type Selection } from './selection.ts';
import { Steps } from './series.ts';

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
  readonly #steps: Steps;
  readonly #points: { exchanges: number; ttfb: DdSketch; total: DdSketch }[];

  constructor(selection: Selection, range: TimeRange) {
    this.#selection = selection;
    this.#steps = new Steps(range);
    this.#points = Array.from({ length: this.#steps.count }, () => ({ exchanges: 0, ttfb: new DdSketch(), total: new DdSketch() }));
  }

  add(start: number, window: WindowPatterns): void {
    const point = this.#points[this.#steps.indexOf(start)];
    if (point === undefined) return;
    window.each((pattern, scan) => {
      if (!selects(this.#selection, pattern)) return;
      point.exchanges += scan.exchanges;
      scan.addTtfb(point.ttfb);
      scan.addTotal(point.total);
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
    point.ttfb.merge(from.ttfb);
    point.total.merge(from.total);
  }

  /** @param closed whether the windows in [start, end) are final */
  points(closed: (start: number, end: number) => boolean): LatencyPoint[] {
    return this.#points.map((p, i) => {
      const t = this.#steps.startOf(i);
      return { t: iso(t), exchanges: p.exchanges, ttfb_ms: quantiles5(p.ttfb), total_ms: quantiles5(p.total), complete: closed(t, this.#steps.startOf(i + 1)) };
    });
  }
}
