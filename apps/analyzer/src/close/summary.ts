import { ServiceWindow, type DdSketch, type HeaderStats, type Pattern } from '@headwater/sketch';
import { RESOLUTION_MS, type Closed } from '@headwater/summary-store';

const TOP_SHOWN = 5;
const MS = 1e6;

/** One closed window as it is published on `summaries.v1`; its JSON Schema is in the analyzer's README. */
export interface Summary {
  schema: 1;
  service: string;
  resolution: string;
  /** RFC 3339, half-open */
  start: string;
  end: string;
  /** grows when late data changes the window: (service, start, revision) identifies a message */
  revision: number;
  closed_at: string;
  /** partitions whose data was not waited for */
  missing_partitions: number[];
  sampled: boolean;
  exchanges: { server: number; client: number };
  patterns: ReturnType<typeof patternJson>[];
  headers: ReturnType<typeof headerJson>[];
}

export function summaryOf(closed: Pick<Closed, 'resolution' | 'start' | 'subject' | 'revision' | 'missing' | 'closedAt'>, window: ServiceWindow): Summary {
  return {
    schema: 1,
    service: closed.subject.slice('s:'.length),
    resolution: closed.resolution,
    start: new Date(closed.start).toISOString(),
    end: new Date(closed.start + RESOLUTION_MS[closed.resolution]).toISOString(),
    revision: closed.revision,
    closed_at: new Date(closed.closedAt).toISOString(),
    missing_partitions: closed.missing,
    sampled: window.sampled,
    exchanges: { ...window.roleExchanges },
    patterns: [...window.patterns()].map(patternJson),
    headers: [...window.headers()].map(headerJson),
  };
}

function patternJson(p: Pattern) {
  return {
    role: p.role,
    method: p.method,
    route: p.route,
    status: p.status,
    exchanges: p.exchanges,
    request_bytes: p.requestBytes,
    response_bytes: p.responseBytes,
    errors: Object.fromEntries(p.errors),
    begun: p.begun,
    ended: p.ended,
    ttfb_ms: quantiles(p.ttfb),
    total_ms: quantiles(p.total),
  };
}

function headerJson(h: HeaderStats) {
  return {
    role: h.role,
    direction: h.direction,
    name: h.name,
    exchanges: h.exchanges,
    occurrences: h.occurrences,
    bytes: h.bytes,
    distinct: h.distinct.estimate(),
    top: h.top.top(TOP_SHOWN).map(({ value, count, error }) => ({ value, count_at_most: count, count_at_least: count - error })),
  };
}

function quantiles(d: DdSketch) {
  if (d.count === 0) return null;
  const at = (q: number) => round(d.quantile(q) / MS);
  return {
    count: d.count,
    mean: round(d.sum / d.count / MS),
    min: round(d.min / MS),
    max: round(d.max / MS),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
  };
}

/** Microseconds are finer than what a socket's timestamps mean. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
