import { DdSketch, HostsWindow, OTHER, ServiceWindowScan, type HostAccount } from '@headwater/sketch';
import type { FactsOfEndpoint, FactsOfFailure, FactsOfHeader, FactsOfHost, FactsOfService, Figures } from './facts.ts';
import { isTelling, rankedEndpoints } from './rank.ts';

/** Endpoints and header names of one service that are told apart over both windows; what is over counts for the service alone. */
const MAX_ENDPOINTS = 4000;
const MAX_HEADERS = 1000;
const MS = 1e6;

export type Side = 'now' | 'before';

interface Sums {
  exchanges: number;
  failed: number;
  clientErrors: number;
  /** ns to the first byte, of what was answered below 500; null: none yet */
  ttfb: DdSketch | null;
}

const empty = (): Sums => ({ exchanges: 0, failed: 0, clientErrors: 0, ttfb: null });

interface Endpoint {
  method: string;
  route: string;
  now: Sums;
  before: Sums;
  statuses: Map<number, number>;
  failures: Map<string, FactsOfFailure>;
}

/** One service over a window and the one before it: encoded windows go in, in any order, facts come out. */
export class ServiceFold {
  readonly service: string;
  private readonly endpoints = new Map<string, Endpoint>();
  /** what no endpoint is told of: `{other}`, no route, over the budget */
  private readonly rest: Record<Side, Sums> = { now: empty(), before: empty() };
  private readonly byHeader = new Map<string, FactsOfHeader>();
  private readonly of: Record<Side, number> = { now: 0, before: 0 };
  private pages = 0;
  /** endpoints over the budget; no more of these are told apart either */
  private readonly untold = new Set<string>();

  constructor(service: string) {
    this.service = service;
  }

  /**
   * Adds a window, or a part of one.
   * @throws SketchError; the fold then holds a part of it: what is said of it is no longer complete
   */
  add(bytes: Uint8Array, side: Side): void {
    const scan = new ServiceWindowScan(bytes);
    while (scan.nextPattern()) if (scan.role === 'server' && scan.exchanges > 0) this.pattern(scan, side);
    const of = scan.roleExchanges.server;
    this.of[side] += of;
    for (const h of scan.rest().headers) {
      if (h.role !== 'server' || h.name === OTHER) continue;
      const header = this.header(h.direction, h.name);
      if (header === null) continue;
      if (side === 'now') header.exchanges += h.exchanges;
      else header.before += h.exchanges;
      if (h.direction === 'request' && (h.name === 'authorization' || h.name === 'proxy-authorization')) {
        const passwords = atLeast(h.top.top(), /^basic(?:\s|$)/i);
        if (side === 'now') header.passwords += passwords;
        else header.passwordsBefore += passwords;
      } else if (side === 'now' && h.direction === 'response' && h.name === 'content-type') this.pages += atLeast(h.top.top(), /^text\/html/i);
    }
  }

  private pattern(scan: ServiceWindowScan, side: Side): void {
    const { method, route } = scan.names();
    const { status, exchanges, errors } = scan;
    const endpoint = this.endpoint(method, route);
    const sums = endpoint === null ? this.rest[side] : endpoint[side];
    sums.exchanges += exchanges;
    // As alerts count it: a broken answer is a failure whatever its status, and without a status there was no answer.
    sums.failed += status >= 500 ? exchanges : status === 0 ? Math.max(errors, exchanges) : errors;
    if (status >= 400 && status < 500) sums.clientErrors += exchanges;
    if (endpoint !== null) {
      if (side === 'now') endpoint.statuses.set(status, (endpoint.statuses.get(status) ?? 0) + exchanges);
      if (status >= 400) fail(endpoint, side, status, null, exchanges, scan.firstSeenMs);
      if (status < 500 && (errors > 0 || status === 0)) {
        let named = 0;
        for (const [type, n] of errors > 0 ? scan.errorTypes() : []) {
          fail(endpoint, side, status === 0 ? null : status, type, n, status === 0 ? scan.firstSeenMs : Infinity);
          named += n;
        }
        if (status === 0 && named < exchanges) fail(endpoint, side, null, 'no_response', exchanges - named, scan.firstSeenMs);
      }
    }
    if (status > 0 && status < 500) scan.addTtfb((sums.ttfb ??= new DdSketch()));
  }

  private endpoint(method: string, route: string): Endpoint | null {
    if (route === OTHER || route === '') return null;
    const key = `${method}\0${route}`;
    let endpoint = this.endpoints.get(key);
    if (endpoint === undefined) {
      if (this.endpoints.size >= MAX_ENDPOINTS) {
        if (this.untold.size < MAX_ENDPOINTS) this.untold.add(key);
        return null;
      }
      endpoint = { method, route, now: empty(), before: empty(), statuses: new Map(), failures: new Map() };
      this.endpoints.set(key, endpoint);
    }
    return endpoint;
  }

  private header(direction: FactsOfHeader['direction'], name: string): FactsOfHeader | null {
    const key = `${direction}\0${name}`;
    let header = this.byHeader.get(key);
    if (header === undefined) {
      if (this.byHeader.size >= MAX_HEADERS) return null;
      header = { service: this.service, direction, name, exchanges: 0, of: 0, before: 0, ofBefore: 0, passwords: 0, passwordsBefore: 0 };
      this.byHeader.set(key, header);
    }
    return header;
  }

  /**
   * What is known of the service; of its headers those that something may be said of.
   * @param most endpoints that are kept: those that hurt or changed most, and those in `named` (`METHOD route`)
   */
  facts(most: number, named: ReadonlySet<string> = new Set()): { service: FactsOfService; endpoints: FactsOfEndpoint[]; left: number; headers: FactsOfHeader[] } {
    const { service } = this;
    const all = [...this.endpoints.values()].map((e): FactsOfEndpoint => ({
      service,
      method: e.method,
      route: e.route,
      now: figures(e.now),
      before: figures(e.before),
      statuses: [...e.statuses].map(([status, exchanges]) => ({ status, exchanges })),
      failures: [...e.failures.values()],
    }));
    const whole: FactsOfService = { service, pages: this.pages, now: this.sum('now'), before: this.sum('before') };
    const wanted = new Set(all.filter((e) => named.has(`${e.method} ${e.route}`)).map((e) => `${service}\0${e.method}\0${e.route}`));
    const kept = rankedEndpoints(all, wanted).slice(0, most);
    const headers = [...this.byHeader.values()].map((h) => ({ ...h, of: this.of.now, ofBefore: this.of.before })).filter(isTelling);
    return { service: whole, endpoints: kept, left: all.length - kept.length + this.untold.size, headers };
  }

  private sum(side: Side): Figures {
    const sum = empty();
    const ttfb = new DdSketch();
    for (const s of [this.rest[side], ...[...this.endpoints.values()].map((e) => e[side])]) {
      sum.exchanges += s.exchanges;
      sum.failed += s.failed;
      sum.clientErrors += s.clientErrors;
      if (s.ttfb) ttfb.merge(s.ttfb);
    }
    return figures({ ...sum, ttfb });
  }
}

function fail(endpoint: Endpoint, side: Side, status: number | null, errorType: string | null, n: number, firstSeenMs: number): void {
  const key = `${status ?? ''} ${errorType ?? ''}`;
  const f = endpoint.failures.get(key) ?? { status, errorType, exchanges: 0, before: 0, firstSeenMs: null };
  endpoint.failures.set(key, f);
  if (side === 'before') f.before += n;
  else {
    f.exchanges += n;
    if (Number.isFinite(firstSeenMs)) f.firstSeenMs = Math.min(f.firstSeenMs ?? Infinity, firstSeenMs);
  }
}

function figures({ exchanges, failed, clientErrors, ttfb }: Sums): Figures {
  const at = (q: number) => (ttfb === null || ttfb.count === 0 ? null : ttfb.quantile(q) / MS);
  return { exchanges, failed, clientErrors, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

/** Occurrences at least of the values that match. */
function atLeast(top: readonly { value: string; count: number; error: number }[], pattern: RegExp): number {
  return top.reduce((n, e) => n + (pattern.test(e.value) ? e.count - e.error : 0), 0);
}

/** What filled a gap came after all; what is told of a host that misses it is no longer told of nobody. */
const TAKEN_BACK: ReadonlySet<string> = new Set(['sequence_gap_filled', 'retention_attributed']);

function never(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [reason, n] of counts) sum += TAKEN_BACK.has(reason) ? -n : n;
  return Math.max(0, sum);
}

/** What the capture of all hosts missed, host by host. */
export class HostsFold {
  private readonly window = new HostsWindow();

  /** @throws SketchError */
  add(bytes: Uint8Array): void {
    this.window.merge(HostsWindow.decode(bytes));
  }

  /**
   * `lostBatches`: of some it is not known how many exchanges were in them, so lost exchanges are at least.
   * @param only of this host alone
   */
  facts(only?: string): { hosts: FactsOfHost[]; lostExchanges: number; lostBatches: number; coverage: number } {
    const accounts = [...this.window.hosts()].filter((a) => only === undefined || a.host === only);
    const sum = (of: (a: HostAccount) => number) => accounts.reduce((n, a) => n + of(a), 0);
    const known = sum((a) => a.coverageKnown);
    const hosts = accounts.map((a) => ({ host: a.host, exchanges: a.exchanges, lostExchanges: lostOf(a), coverage: a.coverage, silentMs: null }));
    return { hosts, lostExchanges: sum(lostOf), lostBatches: sum((a) => never(a.lostBatches)), coverage: known > 0 ? sum((a) => a.coverageRead) / known : 1 };
  }
}

/** Requests that were seen starting and did not arrive, and exchanges of batches that never came. */
function lostOf({ request, lostExchanges }: HostAccount): number {
  let lost = never(lostExchanges);
  for (const n of request.lost.values()) lost += n;
  return lost;
}
