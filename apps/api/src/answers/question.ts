import type { Principal } from '../auth/principal.ts';
import { unpackCursor } from '../query/cursor.ts';
import type { Query } from '../query/parameters.ts';
import { resolveRange, type Kept, type TimeRange } from '../query/time.ts';
import { selectionOf, type FailureKey, type GroupKey, type Selection } from './selection.ts';

/** What one question has settled before anything is read. */
export interface Question {
  route: string;
  query: Query;
  range: TimeRange;
  /** null: all */
  services: readonly string[] | null;
  selection: Selection;
  after: readonly [number, string] | null;
  limit: number;
  now: number;
}

export const DEFAULT_GROUP: readonly GroupKey[] = ['service', 'method', 'route', 'status'];
const DEFAULT_LIMIT = 100;

/** Which services a principal's query may read: null all, else these. A service it may not see simply has no data. */
export function visibleServices(principal: Principal, service: string | undefined): readonly string[] | null {
  const allowed = principal.services;
  if (service === undefined) return allowed;
  return allowed === null || allowed.includes(service) ? [service] : [];
}

/** A route, whatever it answered. */
const ROUTE_GROUP: readonly GroupKey[] = ['service', 'method', 'route'];

export function groupKeys(query: Query): readonly GroupKey[] {
  if (query.group_by === undefined) return query.view === 'changes' ? ROUTE_GROUP : DEFAULT_GROUP;
  return query.group_by.split(',') as GroupKey[];
}

export function failureKeys(query: Query): readonly FailureKey[] {
  return query.group_by === undefined ? DEFAULT_GROUP : (query.group_by.split(',') as FailureKey[]);
}

/** @param defaultMs length of the range where the query does not say where it starts */
export function settle(route: string, query: Query, who: Principal, now: number, kept: Kept, defaultMs?: number): Question {
  const cursor = query.cursor === undefined ? null : unpackCursor(query.cursor, route, query);
  return {
    route,
    query,
    range: cursor?.range ?? resolveRange(query, now, defaultMs, kept),
    services: visibleServices(who, query.service),
    selection: selectionOf(query),
    after: cursor?.after ?? null,
    limit: query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit),
    now,
  };
}
