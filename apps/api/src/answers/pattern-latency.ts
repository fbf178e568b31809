import { DdSketch, type ServiceWindowScan } from '@headwater/sketch';
import type { PatternIdentity } from '../windows/identities.ts';
import { selects, type GroupKey, type Selection } from './selection.ts';

export interface GroupLatency {
  ttfb: DdSketch;
  total: DdSketch;
  requestBytes: number;
  responseBytes: number;
  /** long exchanges that began, and whose end came */
  begun: number;
  ended: number;
}

const empty = (): GroupLatency => ({ ttfb: new DdSketch(), total: new DdSketch(), requestBytes: 0, responseBytes: 0, begun: 0, ended: 0 });
const NONE = empty();

/** Latencies and sizes of the selected patterns, by what the query groups by. */
export class PatternLatency {
  readonly #selection: Selection;
  readonly #keys: readonly GroupKey[];
  readonly #groups = new Map<string, GroupLatency>();
  /** by PatternIdentity.index; null: not selected */
  readonly #byIndex: (GroupLatency | null | undefined)[] = [];

  constructor(selection: Selection, keys: readonly GroupKey[]) {
    this.#selection = selection;
    this.#keys = keys;
  }

  #of(pattern: PatternIdentity): GroupLatency | null {
    const known = this.#byIndex[pattern.index];
    if (known !== undefined) return known;
    if (!selects(this.#selection, pattern)) return (this.#byIndex[pattern.index] = null);
    const key = this.#keys.map((k) => pattern[k]).join('\u0000');
    let g = this.#groups.get(key);
    if (g === undefined) this.#groups.set(key, (g = empty()));
    return (this.#byIndex[pattern.index] = g);
  }

  /** One pattern of a window. */
  addPattern(pattern: PatternIdentity, scan: ServiceWindowScan): void {
    const g = this.#of(pattern);
    if (g === null) return;
    g.requestBytes += scan.requestBytes;
    g.responseBytes += scan.responseBytes;
    g.begun += scan.begun;
    g.ended += scan.ended;
    scan.addTtfb(g.ttfb);
    scan.addTotal(g.total);
  }

  /** By `Group.key` of PatternTotals. */
  of(key: string): GroupLatency {
    return this.#groups.get(key) ?? NONE;
  }
}
