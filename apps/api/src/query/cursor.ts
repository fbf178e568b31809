import { createHash } from 'node:crypto';
import { invalidParameter } from '../http/problem.ts';
import type { Query } from './parameters.ts';
import { DAY_MS, MAX_RANGE_MS, type TimeRange } from './time.ts';

/**
 * Where a page ended: the sort key of its last row, and the resolved range, so that `now` does not move between pages.
 * Opaque to clients; bound to the other parameters by a hash.
 */
export interface Cursor {
  range: TimeRange;
  /** sort key of the last row of the page before */
  after: readonly [number, string];
}

interface Packed {
  v: 1;
  r: [number, number, number];
  a: [number, string];
  q: string;
}

function fingerprint(route: string, query: Query): string {
  const rest = Object.entries(query)
    .filter(([k]) => k !== 'cursor' && k !== 'limit')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([route, rest]))
    .digest('base64url')
    .slice(0, 12);
}

export function packCursor(cursor: Cursor, route: string, query: Query): string {
  const packed: Packed = { v: 1, r: [cursor.range.start, cursor.range.end, cursor.range.stepMs], a: [...cursor.after], q: fingerprint(route, query) };
  return Buffer.from(JSON.stringify(packed)).toString('base64url');
}

export function unpackCursor(value: string, route: string, query: Query): Cursor {
  let packed: Partial<Packed> | null;
  try {
    packed = JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as Partial<Packed> | null;
  } catch {
    packed = null;
  }
  const { r, a } = packed ?? {};
  const sound =
    packed?.v === 1 &&
    Array.isArray(r) &&
    r.length === 3 &&
    r.every((n) => Number.isSafeInteger(n) && n >= 0) &&
    Array.isArray(a) &&
    a.length === 2 &&
    typeof a[0] === 'number' &&
    typeof a[1] === 'string';
  if (!sound) throw invalidParameter('cursor', 'is not one that this API gave out');
  if (packed?.q !== fingerprint(route, query)) throw invalidParameter('cursor', 'belongs to a query with other parameters; leave it out to start again');
  const [start, end, stepMs] = r as [number, number, number];
  if (!(start < end && stepMs > 0 && end - start <= MAX_RANGE_MS + 2 * DAY_MS)) throw invalidParameter('cursor', 'is not one that this API gave out');
  return { range: { start, end, stepMs }, after: a as [number, string] };
}

/** A row with its place: by `rank` descending, then `key` ascending. */
export interface Ranked<T> {
  rank: number;
  key: string;
  row: T;
}

export function byRank(a: Ranked<unknown>, b: Ranked<unknown>): number {
  return b.rank - a.rank || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/** One page of the rows in order; `last` when more follow. */
export function page<T>(rows: Ranked<T>[], limit: number, after: readonly [number, string] | null): { rows: T[]; last: readonly [number, string] | null } {
  rows.sort(byRank);
  const from = after === null ? 0 : rows.findIndex((r) => r.rank < after[0] || (r.rank === after[0] && r.key > after[1]));
  if (from < 0) return { rows: [], last: null };
  const taken = rows.slice(from, from + limit);
  const end = taken.at(-1);
  return { rows: taken.map((r) => r.row), last: end !== undefined && from + limit < rows.length ? [end.rank, end.key] : null };
}
