import { DdSketch, OTHER, ServiceWindowScan } from '@headwater/sketch';
import type { Identities, PatternIdentity } from './identities.ts';

/** Routes of one window that are told apart, as `factsOf` of alert-rules does: those with the most failures, then 4xx, ties by name. */
const MAX_FAILING = 64;
const NS = 1e6;

export interface RouteFailures {
  exchanges: number;
  failed: number;
  clientErrors: number;
  firstSeenMs: number;
}

/** What an encoded window (or a part of one) says to alert rules: `factsOf`, but scanned, so that a day of minutes can be gone through. */
export interface WindowFacts {
  exchanges: number;
  failed: number;
  clientErrors: number;
  /** by `metric:threshold_ms`: exchanges with a known time, and those above */
  slow: ReadonlyMap<string, { known: number; above: number }>;
  /** by `METHOD route`: routes that failed, or were answered 4xx */
  failing: ReadonlyMap<string, RouteFailures>;
}

export interface Threshold {
  metric: 'ttfb' | 'total';
  ms: number;
}

export const thresholdKey = ({ metric, ms }: Threshold): string => `${metric}:${ms}`;

interface Row extends RouteFailures {
  pattern: PatternIdentity;
}

export function windowFactsOf(bytes: Uint8Array, service: string, identities: Identities, thresholds: readonly Threshold[]): WindowFacts {
  const scan = new ServiceWindowScan(bytes);
  const find = identities.finder(service);
  const slow = new Map(thresholds.map((t) => [thresholdKey(t), { known: 0, above: 0 }]));
  const ofTtfb = thresholds.filter((t) => t.metric === 'ttfb');
  const ofTotal = thresholds.filter((t) => t.metric === 'total');
  const rows: Row[] = [];
  const sums = { exchanges: 0, failed: 0, clientErrors: 0 };
  while (scan.nextPattern()) {
    const pattern = find(scan);
    if (scan.role !== 'server') continue;
    const { status, exchanges, errors, firstSeenMs } = scan;
    const failed = status >= 500 ? exchanges : status === 0 ? Math.max(errors, exchanges) : errors;
    const clientErrors = status >= 400 && status < 500 ? exchanges : 0;
    sums.exchanges += exchanges;
    sums.failed += failed;
    sums.clientErrors += clientErrors;
    if (pattern.route !== OTHER && pattern.route !== '') rows.push({ pattern, exchanges, failed, clientErrors, firstSeenMs });
    if (status === 0 || status >= 500) continue;
    if (ofTtfb.length > 0) {
      const ttfb = new DdSketch();
      scan.addTtfb(ttfb);
      count(ttfb, ofTtfb, slow);
    }
    if (ofTotal.length > 0) {
      const total = new DdSketch();
      scan.addTotal(total);
      count(total, ofTotal, slow);
    }
  }
  return { ...sums, slow, failing: mostFailing(failingOf(rows)) };
}

function count(sketch: DdSketch, thresholds: readonly Threshold[], slow: Map<string, { known: number; above: number }>): void {
  for (const t of thresholds) {
    const s = slow.get(thresholdKey(t)) as { known: number; above: number };
    s.known += sketch.count;
    s.above += countAbove(sketch, t.ms * NS);
  }
}

function countAbove(sketch: DdSketch, threshold: number): number {
  if (sketch.count === 0 || sketch.max <= threshold) return 0;
  if (sketch.min > threshold) return sketch.count;
  let above = 0;
  for (const b of sketch.buckets()) if (b.upper * 0.99 > threshold) above += b.count;
  return above;
}

/** Names are put together only where something failed, which is the rare case. */
function failingOf(rows: readonly Row[]): Map<string, RouteFailures> {
  const nameOf = ({ method, route }: PatternIdentity): string => `${method} ${route}`;
  const routes = new Map<string, RouteFailures>();
  for (const r of rows) if (r.failed > 0 || r.clientErrors > 0) routes.set(nameOf(r.pattern), { exchanges: 0, failed: 0, clientErrors: 0, firstSeenMs: Infinity });
  if (routes.size === 0) return routes;
  for (const r of rows) {
    const route = routes.get(nameOf(r.pattern));
    if (route !== undefined) addRoute(route, r.failed > 0 || r.clientErrors > 0 ? r : { ...r, firstSeenMs: Infinity });
  }
  return routes;
}

function addRoute(into: RouteFailures, more: RouteFailures): void {
  into.exchanges += more.exchanges;
  into.failed += more.failed;
  into.clientErrors += more.clientErrors;
  into.firstSeenMs = Math.min(into.firstSeenMs, more.firstSeenMs);
}

export function mostFailing(routes: Map<string, RouteFailures>): Map<string, RouteFailures> {
  if (routes.size <= MAX_FAILING) return routes;
  return new Map([...routes].sort((a, b) => b[1].failed - a[1].failed || b[1].clientErrors - a[1].clientErrors || (a[0] < b[0] ? -1 : 1)).slice(0, MAX_FAILING));
}

/** The parts of one span of time together: they hold different exchanges. */
export function mergeFacts(parts: readonly WindowFacts[]): WindowFacts {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const sum = { exchanges: 0, failed: 0, clientErrors: 0 };
  const slow = new Map<string, { known: number; above: number }>();
  const failing = new Map<string, RouteFailures>();
  for (const p of parts) {
    sum.exchanges += p.exchanges;
    sum.failed += p.failed;
    sum.clientErrors += p.clientErrors;
    for (const [key, { known, above }] of p.slow) {
      const s = slow.get(key) ?? { known: 0, above: 0 };
      slow.set(key, { known: s.known + known, above: s.above + above });
    }
    for (const [name, r] of p.failing) {
      const into = failing.get(name);
      if (into === undefined) failing.set(name, { ...r });
      else addRoute(into, r);
    }
  }
  return { ...sum, slow, failing: mostFailing(failing) };
}
