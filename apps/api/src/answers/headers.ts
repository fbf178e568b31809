import { HeaderStats, HyperLogLog, type Direction, type Role } from '@headwater/sketch';
import type { Ranked } from '../query/cursor.ts';
import type { TimeRange } from '../query/time.ts';
import type { WindowHeaders } from '../windows/digest.ts';
import { ratio } from './ratios.ts';
import { isSensitive } from './sensitive.ts';
import { Steps, StepValues } from './series.ts';

export interface HeaderSeries {
  t: string[];
  /** null where there were no exchanges */
  presence: (number | null)[];
  distinct: number[];
  bytes: number[];
}

export interface HeaderRow {
  /** where rows are grouped by it */
  service?: string;
  name: string;
  direction: Direction;
  /** exchanges that carry it at least once */
  exchanges: number;
  /** of all exchanges of the role and services asked for, or of the row's service */
  presence: number;
  /** the same in the range before; null: there were no exchanges */
  presence_before: number | null;
  /** carries credentials */
  sensitive: boolean;
  /** distinct values, estimated; at least this many where `sampled`, and then `top` lists some of the most frequent */
  distinct: number;
  /** names and values as they left the host */
  bytes: number;
  /** `exchanges`: how often at most; at least `exchanges - error` */
  top: { value: string; exchanges: number; error: number }[];
  sampled: boolean;
  series?: HeaderSeries;
}

export interface HeaderSelection {
  role: Role;
  direction: Direction | null;
  /** lower case */
  name: string | null;
}

const TOP = 10;

/** All exchanges of a service, or of all services: what presence is a share of. */
interface Base {
  service: string;
  exchanges: number;
  before: number;
  sampled: boolean;
  points: number[];
}

interface Point {
  exchanges: number;
  bytes: number;
}

interface Accumulated {
  base: Base;
  stats: HeaderStats;
  before: number;
  points: Point[];
  distinct: StepValues<HyperLogLog, number> | null;
}

export class HeaderFold {
  readonly #selection: HeaderSelection;
  readonly #byService: boolean;
  readonly #steps: Steps | null;
  readonly #bases = new Map<string, Base>();
  readonly #rows = new Map<string, Accumulated>();

  constructor(selection: HeaderSelection, byService: boolean, series: TimeRange | null) {
    this.#selection = selection;
    this.#byService = byService;
    this.#steps = series === null ? null : new Steps(series);
  }

  #base(service: string): Base {
    const name = this.#byService ? service : '';
    let base = this.#bases.get(name);
    if (base === undefined)
      this.#bases.set(name, (base = { service: name, exchanges: 0, before: 0, sampled: false, points: Array.from({ length: this.#steps?.count ?? 0 }, () => 0) }));
    return base;
  }

  #row(base: Base, h: HeaderStats): Accumulated {
    const key = `${h.name}\u0000${h.direction}\u0000${base.service}`;
    let row = this.#rows.get(key);
    if (row !== undefined) return row;
    const steps = this.#steps;
    row = {
      base,
      stats: new HeaderStats(h.role, h.direction, h.name),
      before: 0,
      points: Array.from({ length: steps?.count ?? 0 }, () => ({ exchanges: 0, bytes: 0 })),
      distinct:
        steps === null
          ? null
          : new StepValues(
              steps,
              () => new HyperLogLog(),
              (d) => Math.round(d.estimate()),
            ),
    };
    this.#rows.set(key, row);
    return row;
  }

  #selected(h: HeaderStats): boolean {
    const { role, direction, name } = this.#selection;
    return h.role === role && (direction === null || h.direction === direction) && (name === null || h.name === name);
  }

  add(start: number, service: string, window: WindowHeaders): void {
    const base = this.#base(service);
    const exchanges = window.roleExchanges[this.#selection.role];
    const i = this.#steps?.indexOf(start) ?? -1;
    base.exchanges += exchanges;
    base.sampled ||= window.sampled;
    if (i >= 0) base.points[i]! += exchanges;
    for (const h of window.headers) {
      if (!this.#selected(h)) continue;
      const row = this.#row(base, h);
      row.stats.merge(h);
      const point = row.points[i];
      if (point === undefined) continue;
      point.exchanges += h.exchanges;
      point.bytes += h.bytes;
      row.distinct?.at(i).merge(h.distinct);
    }
  }

  /** The windows of the range before. */
  addBefore(service: string, window: WindowHeaders): void {
    const base = this.#base(service);
    base.before += window.roleExchanges[this.#selection.role];
    for (const h of window.headers) if (this.#selected(h)) this.#row(base, h).before += h.exchanges;
  }

  /** Everything that starts before this instant has been added. */
  passed(ms: number): void {
    const before = this.#steps?.endedBefore(ms) ?? 0;
    if (before > 0) for (const row of this.#rows.values()) row.distinct?.settle(before);
  }

  /** @param sampled a host left exchanges out by a declared rate: perhaps all of a window that then has none to say so */
  rows(sampled: boolean): Ranked<HeaderRow>[] {
    const t = this.#steps?.times() ?? [];
    const rows: Ranked<HeaderRow>[] = [];
    for (const [key, { base, stats: h, before, points, distinct }] of this.#rows) {
      if (h.exchanges === 0) continue;
      const row: HeaderRow = {
        ...(this.#byService ? { service: base.service } : {}),
        name: h.name,
        direction: h.direction,
        exchanges: h.exchanges,
        presence: ratio(h.exchanges, base.exchanges) ?? 0,
        presence_before: ratio(before, base.before),
        sensitive: isSensitive(h.name),
        distinct: Math.round(h.distinct.estimate()),
        bytes: h.bytes,
        top: h.top.top(TOP).map((e) => ({ value: e.value, exchanges: e.count, error: e.error })),
        sampled: sampled || base.sampled,
      };
      if (distinct !== null)
        row.series = {
          t,
          presence: points.map((p, i) => ratio(p.exchanges, base.points[i] ?? 0)),
          distinct: distinct.values.map((d) => d ?? 0),
          bytes: points.map((p) => p.bytes),
        };
      rows.push({ rank: h.exchanges, key, row });
    }
    return rows;
  }
}
