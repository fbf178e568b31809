import { OTHER, type DdSketch, type HostAccount, type Pattern, type ServiceWindow } from '@headwater/sketch';
import type { HostFacts, ServiceFacts } from './port.ts';
import type { Rule } from './rule.ts';

/** Failing routes of one window that are told apart; those with the most failures stay, ties by name. */
export const MAX_FAILING = 64;
const NS = 1e6;

type Failing = ServiceFacts['failing'][string];

/**
 * What a closed window says to the rules. Role `server` alone: a service's callers see its failures again, and one failure is one.
 * @param rules latency rules name what is counted as slow, and 4xx of routes are only looked at where a rule does
 * @param complete false: something of the window was lost or is still to come
 */
export function factsOf(window: ServiceWindow, startMs: number, lengthMs: number, rules: readonly Rule[], complete: boolean): ServiceFacts {
  const latency = rules.filter((r) => r.kind === 'latency_burn');
  const clientErrorsOfRoutes = rules.some((r) => r.kind === 'new_failing_route' && r.client_errors);
  const facts: ServiceFacts = { startMs, lengthMs, exchanges: 0, failed: 0, clientErrors: 0, slow: {}, failing: {}, complete };
  for (const { id } of latency) facts.slow[id] = { known: 0, above: 0 };
  const routes = new Map<string, Failing>();
  for (const p of window.patterns()) {
    if (p.role !== 'server') continue;
    const failed = failedOf(p);
    const clientErrors = p.status >= 400 && p.status < 500 ? p.exchanges : 0;
    facts.exchanges += p.exchanges;
    facts.failed += failed;
    facts.clientErrors += clientErrors;
    // What failed is counted as failed; a slow failure would otherwise be two alerts for one cause.
    if (p.status > 0 && p.status < 500) {
      for (const { id, metric, threshold_ms } of latency) {
        const slow = facts.slow[id]!;
        slow.known += p[metric].count;
        slow.above += countAbove(p[metric], threshold_ms * NS);
      }
    }
    if (p.route === OTHER || p.route === '') continue;
    const key = `${p.method} ${p.route}`;
    const route = routes.get(key) ?? { exchanges: 0, failed: 0, clientErrors: 0, firstSeenMs: Infinity };
    route.exchanges += p.exchanges;
    route.failed += failed;
    route.clientErrors += clientErrors;
    if (failed > 0 || clientErrors > 0) route.firstSeenMs = Math.min(route.firstSeenMs, p.firstSeenMs);
    routes.set(key, route);
  }
  const failing = [...routes].filter(([, r]) => r.failed > 0 || (clientErrorsOfRoutes && r.clientErrors > 0));
  facts.failing = Object.fromEntries(mostFailing(failing, MAX_FAILING));
  return facts;
}

/** Those with the most failures, then 4xx; ties by name, so that it does not depend on the order in which they came. */
export function mostFailing<T extends { failed: number; clientErrors: number }>(routes: [string, T][], most: number): [string, T][] {
  if (routes.length <= most) return routes;
  return routes.sort((a, b) => b[1].failed - a[1].failed || b[1].clientErrors - a[1].clientErrors || (a[0] < b[0] ? -1 : 1)).slice(0, most);
}

/** 5xx, and what broke before its answer was whole. A status of 0 is an exchange without any answer. */
function failedOf(p: Pattern): number {
  if (p.status >= 500) return p.exchanges;
  let broken = 0;
  for (const n of p.errors.values()) broken += n;
  return p.status === 0 ? Math.max(broken, p.exchanges) : broken;
}

/** Values above the threshold, as exactly as the sketch tells them: those within 1 % of it count by the middle of their bucket. */
function countAbove(sketch: DdSketch, threshold: number): number {
  if (sketch.count === 0 || sketch.max <= threshold) return 0;
  if (sketch.min > threshold) return sketch.count;
  let above = 0;
  for (const { upper, count } of sketch.buckets()) if (upper * 0.99 > threshold) above += count;
  return above;
}

/**
 * A host's minute (or other window) from its account. Batches that never came are counted with as many messages as those of the same
 * window had, so a gap weighs what it held.
 */
export function hostMinute(account: HostAccount, startMs: number): HostFacts['minutes'][number] {
  const started = account.request.started + account.response.started;
  const missed = Math.max(0, sum(account.lostBatches) - 2 * (account.lostBatches.get('sequence_gap_filled') ?? 0));
  const lostInBatches = account.batches > 0 ? Math.round((missed * started) / account.batches) : missed;
  return {
    startMs,
    started: started + lostInBatches,
    lost: sum(account.request.lost) + sum(account.response.lost) + lostInBatches,
    read: account.coverageRead,
    known: account.coverageKnown,
  };
}

function sum(counts: ReadonlyMap<string, number>): number {
  let n = 0;
  for (const v of counts.values()) n += v;
  return n;
}
