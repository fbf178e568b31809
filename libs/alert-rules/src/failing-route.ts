import { HOUR_MS, MINUTE_MS, type RouteFacts, type ServiceHistory } from './history.ts';
import type { Finding } from './port.ts';
import type { NewFailingRouteRule } from './rule.ts';
import { count, description, figure, name, percent, rounded, span, title, whole } from './words.ts';

/** A service that was not known for so long before has no usual, so nothing of it is new. */
const KNOWN_MS = HOUR_MS;
/** Consistency factor of the median absolute deviation with a standard deviation (Rousseeuw, Croux 1993). */
const MAD = 1.4826;

/**
 * Routes that fail and did not: in the last `within_minutes`, over the minutes in each of which at least `min_ratio` of its exchanges failed,
 * at least `min_failures` did, and more than twice as many as in a bad one of the hours before: median + 3 MAD over those hours of
 * `quiet_hours` in which it failed at all; 0 where it never did. Minute by minute, so that more failures never make less of it.
 */
export function failingRoutes(rule: NewFailingRouteRule, history: ServiceHistory, atMs: number): Finding[] {
  const sinceMs = atMs - rule.within_minutes * MINUTE_MS;
  const failures = (r: RouteFacts) => r.failed + (rule.client_errors ? r.clientErrors : 0);
  const routes = new Map<string, { failed: number; exchanges: number; firstSeenMs: number }>();
  for (const [route, facts] of history.failingMinutes(sinceMs, atMs)) {
    const failed = failures(facts);
    if (failed === 0 || failed < rule.min_ratio * facts.exchanges) continue;
    const known = routes.get(route) ?? { failed: 0, exchanges: 0, firstSeenMs: Infinity };
    known.failed += failed;
    known.exchanges += facts.exchanges;
    known.firstSeenMs = Math.min(known.firstSeenMs, facts.firstSeenMs);
    routes.set(route, known);
  }
  const found: Finding[] = [];
  for (const [route, { failed, exchanges, firstSeenMs }] of routes) {
    const seen = { failed, exchanges, firstSeenMs };
    const mayBeNew = failed >= rule.min_failures && history.oldestMs <= sinceMs - KNOWN_MS;
    const before = mayBeNew ? history.failuresByHour(route, sinceMs - rule.quiet_hours * HOUR_MS, sinceMs, rule.client_errors) : [];
    const usual = usualOf(before);
    if (mayBeNew && failed > 2 * usual) found.push(opening(rule, history, { atMs, sinceMs }, route, { ...seen, usual, hours: before.length }));
    else found.push(holding(rule, history, atMs, route, seen));
  }
  // The worst first: not all may be opened.
  return found.sort((a, b) => b.values['failed']! - a.values['failed']! || (String(a.subject.route) < String(b.subject.route) ? -1 : 1));
}

/** Median + 3 MAD, and 0 of nothing. */
function usualOf(hours: number[]): number {
  if (hours.length === 0) return 0;
  const middle = median(hours);
  return middle + 3 * MAD * median(hours.map((n) => Math.abs(n - middle)));
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

interface Seen {
  failed: number;
  exchanges: number;
  firstSeenMs: number;
}

/** A route that fails, without a word: nobody reads what only holds. */
function holding(rule: NewFailingRouteRule, history: ServiceHistory, atMs: number, route: string, { failed, exchanges }: Seen): Finding {
  const gap = route.indexOf(' ');
  return {
    rule,
    subject: { service: history.service, method: route.slice(0, gap), route: route.slice(gap + 1) },
    title: '',
    description: '',
    values: rounded({ failed, exchanges, error_ratio: exchanges > 0 ? Math.min(1, failed / exchanges) : 1, within_minutes: rule.within_minutes }),
    complete: history.sum(rule.within_minutes, atMs).complete,
    holds_only: true,
  };
}

function opening(
  rule: NewFailingRouteRule,
  history: ServiceHistory,
  { atMs, sinceMs }: { atMs: number; sinceMs: number },
  route: string,
  seen: Seen & { usual: number; hours: number },
): Finding {
  const { holds_only: _, ...base } = holding(rule, history, atMs, route, seen);
  const known = Math.min(rule.quiet_hours, Math.floor((sinceMs - history.oldestMs) / HOUR_MS));
  return {
    ...base,
    title: title(
      `${name(history.service)}: ${name(route)} fails, ${whole(seen.failed)} of ${count(seen.exchanges, 'exchange')} (${percent(base.values['error_ratio']!)}) in ${span(rule.within_minutes)}`,
    ),
    description: description(
      seen.hours === 0
        ? `It failed in none of the ${count(known, 'hour')} before that are known.`
        : `In the ${count(rule.quiet_hours, 'hour')} before it failed in ${count(seen.hours, 'hour')}, up to about ${figure(seen.usual)} times in a usual bad one.`,
      Number.isFinite(seen.firstSeenMs) ? `First seen at ${new Date(seen.firstSeenMs).toISOString()}.` : '',
      'The ratio is over the minutes in which it failed. See its kept samples, and which release or caller the failed exchanges share.',
    ),
    values: rounded({ ...base.values, usual_failures_per_hour: seen.usual }),
  };
}
