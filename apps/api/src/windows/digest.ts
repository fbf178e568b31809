import { DdSketch, type HeaderStats, type Pattern, type Role, type ServiceWindow } from '@headwater/sketch';

/** What tells one request pattern of a service from another. One object for all windows. */
export interface PatternIdentity {
  /** small, and no other identity's: where its sums stand in an array */
  index: number;
  service: string;
  role: Role;
  method: string;
  route: string;
  status: number;
}

/** A pattern's counts without its distributions: small enough to keep for every window of a long range. */
export interface PatternCounts {
  pattern: PatternIdentity;
  exchanges: number;
  /** exchanges without a whole response */
  errors: number;
  /** the same by error.type; null: none */
  errorTypes: ReadonlyMap<string, number> | null;
  firstSeenMs: number;
}

/** All patterns of one role together. */
export interface RoleTotals {
  exchanges: number;
  clientErrors: number;
  serverErrors: number;
  /** no whole response and no status of 400 or above */
  transportErrors: number;
  ttfb: DdSketch;
  total: DdSketch;
}

export interface WindowHeaders {
  roleExchanges: Readonly<Record<Role, number>>;
  sampled: boolean;
  headers: readonly HeaderStats[];
}

const MAX_IDENTITIES = 200_000;

/** Hands out one object per pattern. When full it begins again: two objects for one pattern cost time, never counts. */
export class Identities {
  #known = new Map<string, PatternIdentity>();
  #next = 0;

  of(service: string, p: Pattern): PatternIdentity {
    const key = `${service}\u0000${p.role}\u0000${p.method}\u0000${p.route}\u0000${p.status}`;
    let found = this.#known.get(key);
    if (found === undefined) {
      if (this.#known.size >= MAX_IDENTITIES) this.#known = new Map();
      found = { index: this.#next++, service, role: p.role, method: p.method, route: p.route, status: p.status };
      this.#known.set(key, found);
    }
    return found;
  }
}

export function countsOf(service: string, window: ServiceWindow, identities: Identities): PatternCounts[] {
  return Array.from(window.patterns(), (p) => {
    let errors = 0;
    for (const n of p.errors.values()) errors += n;
    return { pattern: identities.of(service, p), exchanges: p.exchanges, errors, errorTypes: errors === 0 ? null : p.errors, firstSeenMs: p.firstSeenMs };
  });
}

export function totalsOf(window: ServiceWindow): Map<Role, RoleTotals> {
  const totals = new Map<Role, RoleTotals>();
  for (const p of window.patterns()) {
    let t = totals.get(p.role);
    if (t === undefined) totals.set(p.role, (t = { exchanges: 0, clientErrors: 0, serverErrors: 0, transportErrors: 0, ttfb: new DdSketch(), total: new DdSketch() }));
    t.exchanges += p.exchanges;
    if (p.status >= 500) t.serverErrors += p.exchanges;
    else if (p.status >= 400) t.clientErrors += p.exchanges;
    else for (const n of p.errors.values()) t.transportErrors += n;
    t.ttfb.merge(p.ttfb);
    t.total.merge(p.total);
  }
  return totals;
}

export function headersOf(window: ServiceWindow): WindowHeaders {
  return { roleExchanges: window.roleExchanges, sampled: window.sampled, headers: [...window.headers()] };
}
