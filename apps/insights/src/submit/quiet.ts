import type { Count, InputBefore, InputFailure, InputService, InsightInput } from '@headwater/insight-rules';

/** Points of percent of failures more or less, that make a difference. */
const POINTS = 0.5;
/** Latencies and rates apart by this are not the same; quantiles have 1 % of error and small services swing. */
const TIMES_SLOWER = 1.5;
const TIMES_BUSIER = 2;
/** Below this a service's rates and quantiles are chance. */
const FEW = 100;
/** Standing facts about headers (a credential in clear, a missing security header) are told by rules in every window. */
const NEWS: ReadonlySet<string> = new Set(['appeared', 'vanished', 'more_often', 'less_often']);

/** Whether nothing is worth a question: no alert is open, and nothing is other than it was in the time before. */
export function isQuiet(input: InsightInput): boolean {
  const { alerts, endpoints, headers, hosts, services, failures } = input;
  if (alerts.length > 0 || headers.some((h) => NEWS.has(h.kind)) || endpoints.some((e) => e.change !== 'none')) return false;
  if (hosts.some((h) => h.silent_s !== null || number(h.lost_exchanges) > 0)) return false;
  const compared = input.compared_with !== null;
  return !services.some((s) => differs(s, compared)) && !failures.some((f) => isNews(f, compared));
}

function differs({ before, ...now }: InputService, compared: boolean): boolean {
  if (before === null) return compared ? number(now.exchanges) > 0 : now.error_pct >= POINTS;
  if (number(now.exchanges) < FEW) return number(now.exchanges) === 0;
  return (
    Math.abs(now.error_pct - before.error_pct) >= POINTS ||
    apart(now.exchanges_per_s, before.exchanges_per_s, TIMES_BUSIER) ||
    (['p50_ms', 'p99_ms'] as const satisfies (keyof InputBefore)[]).some((q) => apart(now[q], before[q], TIMES_SLOWER))
  );
}

function isNews({ status, share_pct, before_share_pct }: InputFailure, compared: boolean): boolean {
  const ofServer = status === null || status >= 500;
  if (before_share_pct === null) return ofServer && share_pct >= POINTS && !compared;
  return share_pct - before_share_pct >= (ofServer ? POINTS : 10 * POINTS);
}

function apart(a: number | null, b: number | null, times: number): boolean {
  return a !== null && b !== null && Math.max(a, b) >= times * Math.min(a, b) && a !== b;
}

function number(count: Count): number {
  return Number(count);
}
