import { DdSketch, ServiceWindowScan, type ClientStats, type HeaderStats, type Role } from '@headwater/sketch';
import type { Identities, PatternIdentity } from './identities.ts';

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

/** Numbers of a row in `ServiceDigest.numbers`. */
export const EXCHANGES = 0;
/** exchanges without a whole response */
export const ERRORS = 1;
export const FIRST_SEEN_MS = 2;
export const LAST_SEEN_MS = 3;
export const NUMBERS = 4;

/** What is kept of a segment of a service: its patterns' counts, without their distributions, and its roles' totals. */
export interface ServiceDigest {
  patterns: readonly PatternIdentity[];
  /** `NUMBERS` a pattern, in one array: a long range has hundreds of thousands of rows */
  numbers: Float64Array;
  /** row -> error.type -> exchanges; only rows that have any */
  errorTypes: ReadonlyMap<number, ReadonlyMap<string, number>>;
  /** of all patterns of a role */
  exchanges: Readonly<Record<Role, number>>;
  /** null: only counts were asked for */
  totals: ReadonlyMap<Role, RoleTotals> | null;
}

/** One that has its totals. */
export interface FullDigest extends ServiceDigest {
  totals: ReadonlyMap<Role, RoleTotals>;
}

export interface WindowHeaders {
  roleExchanges: Readonly<Record<Role, number>>;
  sampled: boolean;
  headers: readonly HeaderStats[];
  /** of role `server` */
  clients: readonly ClientStats[];
}

function emptyTotals(): RoleTotals {
  return { exchanges: 0, clientErrors: 0, serverErrors: 0, transportErrors: 0, ttfb: new DdSketch(), total: new DdSketch() };
}

/** @param withTotals go through the distributions too, two thirds of the work */
export function digestOf(bytes: Uint8Array, service: string, identities: Identities, withTotals: boolean): ServiceDigest {
  const scan = new ServiceWindowScan(bytes);
  const patterns: PatternIdentity[] = [];
  const numbers = new Float64Array(scan.patternCount * NUMBERS);
  const errorTypes = new Map<number, ReadonlyMap<string, number>>();
  const exchanges = { server: 0, client: 0 };
  const totals = new Map<Role, RoleTotals>();
  const find = identities.finder(service);
  for (let row = 0; scan.nextPattern(); row += 1) {
    patterns.push(find(scan));
    const at = row * NUMBERS;
    numbers[at + EXCHANGES] = scan.exchanges;
    exchanges[scan.role] += scan.exchanges;
    numbers[at + ERRORS] = scan.errors;
    numbers[at + FIRST_SEEN_MS] = scan.firstSeenMs;
    numbers[at + LAST_SEEN_MS] = scan.lastSeenMs;
    if (scan.errors > 0) errorTypes.set(row, scan.errorTypes());
    if (!withTotals) continue;
    let t = totals.get(scan.role);
    if (t === undefined) totals.set(scan.role, (t = emptyTotals()));
    t.exchanges += scan.exchanges;
    if (scan.status >= 500) t.serverErrors += scan.exchanges;
    else if (scan.status >= 400) t.clientErrors += scan.exchanges;
    else t.transportErrors += scan.errors;
    scan.addTtfb(t.ttfb);
    scan.addTotal(t.total);
  }
  return { patterns, numbers, errorTypes, exchanges, totals: withTotals ? totals : null };
}

export function headersOf(bytes: Uint8Array): WindowHeaders {
  const scan = new ServiceWindowScan(bytes);
  return { roleExchanges: scan.roleExchanges, sampled: scan.sampled, ...scan.rest() };
}

/** A segment as it came: its distributions are gone through for each question, which is cheaper than to keep them. */
export class WindowPatterns {
  readonly bytes: Uint8Array;
  readonly #service: string;
  readonly #identities: Identities;
  #checked = false;

  constructor(bytes: Uint8Array, service: string, identities: Identities) {
    this.bytes = bytes;
    this.#service = service;
    this.#identities = identities;
  }

  /** The scan is at the pattern: what is not asked of it then is passed over. */
  each(visit: (pattern: PatternIdentity, scan: ServiceWindowScan) => void): void {
    const scan = new ServiceWindowScan(this.bytes, this.#checked);
    this.#checked = true;
    const find = this.#identities.finder(this.#service);
    while (scan.nextPattern()) visit(find(scan), scan);
  }
}
