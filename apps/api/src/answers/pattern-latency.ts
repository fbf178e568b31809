import { DdSketch, type ServiceWindow } from '@headwater/sketch';
import { selects, type GroupKey, type Selection } from './selection.ts';

export interface GroupLatency {
  ttfb: DdSketch;
  total: DdSketch;
  requestBytes: number;
  responseBytes: number;
}

const NONE: GroupLatency = { ttfb: new DdSketch(), total: new DdSketch(), requestBytes: 0, responseBytes: 0 };

/** Latencies and sizes of the selected patterns, by what the query groups by. */
export class PatternLatency {
  readonly #selection: Selection;
  readonly #keys: readonly GroupKey[];
  readonly #groups = new Map<string, GroupLatency>();

  constructor(selection: Selection, keys: readonly GroupKey[]) {
    this.#selection = selection;
    this.#keys = keys;
  }

  add(service: string, window: ServiceWindow): void {
    for (const p of window.patterns()) {
      if (!selects(this.#selection, p)) continue;
      const pattern = { service, role: p.role, method: p.method, route: p.route, status: p.status };
      const key = this.#keys.map((k) => pattern[k]).join('\u0000');
      let g = this.#groups.get(key);
      if (g === undefined) this.#groups.set(key, (g = { ttfb: new DdSketch(), total: new DdSketch(), requestBytes: 0, responseBytes: 0 }));
      g.ttfb.merge(p.ttfb);
      g.total.merge(p.total);
      g.requestBytes += p.requestBytes;
      g.responseBytes += p.responseBytes;
    }
  }

  /** By `Group.key` of PatternTotals. */
  of(key: string): GroupLatency {
    return this.#groups.get(key) ?? NONE;
  }
}
