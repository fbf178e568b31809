import { HeaderStats, type Direction, type Role } from '@headwater/sketch';
import type { Ranked } from '../query/cursor.ts';
import type { WindowHeaders } from '../windows/digest.ts';
import { round } from './round.ts';

export interface HeaderRow {
  name: string;
  direction: Direction;
  /** exchanges that carry it at least once */
  exchanges: number;
  /** of all exchanges of the role and services asked for */
  presence: number;
  /** distinct values, estimated; at least this many where `sampled` */
  distinct: number;
  /** names and values as they left the host */
  bytes: number;
  /** `exchanges`: how often at most; at least `exchanges - error` */
  top: { value: string; exchanges: number; error: number }[];
  sampled: boolean;
}

export interface HeaderSelection {
  role: Role;
  direction: Direction | null;
  /** lower case */
  name: string | null;
}

const TOP = 10;

export class HeaderFold {
  readonly #selection: HeaderSelection;
  readonly #byName = new Map<string, HeaderStats>();
  #exchanges = 0;
  #sampled = false;

  constructor(selection: HeaderSelection) {
    this.#selection = selection;
  }

  add(window: WindowHeaders): void {
    const { role, direction, name } = this.#selection;
    this.#exchanges += window.roleExchanges[role];
    this.#sampled ||= window.sampled;
    for (const h of window.headers) {
      if (h.role !== role || (direction !== null && h.direction !== direction) || (name !== null && h.name !== name)) continue;
      const key = `${h.name}\u0000${h.direction}`;
      let mine = this.#byName.get(key);
      if (mine === undefined) this.#byName.set(key, (mine = new HeaderStats(h.role, h.direction, h.name)));
      mine.merge(h);
    }
  }

  rows(): Ranked<HeaderRow>[] {
    return Array.from(this.#byName, ([key, h]) => ({
      rank: h.exchanges,
      key,
      row: {
        name: h.name,
        direction: h.direction,
        exchanges: h.exchanges,
        presence: this.#exchanges === 0 ? 0 : round(h.exchanges / this.#exchanges, 6),
        distinct: Math.round(h.distinct.estimate()),
        bytes: h.bytes,
        top: h.top.top(TOP).map((t) => ({ value: t.value, exchanges: t.count, error: t.error })),
        sampled: this.#sampled,
      },
    }));
  }
}
