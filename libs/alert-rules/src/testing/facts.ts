import { DEFAULTS } from '../built-in.ts';
import { MINUTE_MS, ServiceHistory } from '../history.ts';
import type { ServiceFacts } from '../port.ts';
import type { ErrorBurnRule, LatencyBurnRule, NewFailingRouteRule, Rule } from '../rule.ts';

/** A whole hour. */
export const T = 1_790_002_800_000;

/** A minute by its number from T. */
export function minute(n: number, exchanges: number, failed = 0, more: Partial<ServiceFacts> = {}): ServiceFacts {
  return { startMs: T + n * MINUTE_MS, lengthMs: MINUTE_MS, exchanges, failed, clientErrors: 0, slow: {}, failing: {}, complete: true, ...more };
}

export function failing(route: string, exchanges: number, failed: number, clientErrors = 0): ServiceFacts['failing'] {
  return { [route]: { exchanges, failed, clientErrors, firstSeenMs: T } };
}

export const ERRORS: ErrorBurnRule = { id: 'errors', ...DEFAULTS.error_burn };
export const LATENCY: LatencyBurnRule = { id: 'latency', ...DEFAULTS.latency_burn };
export const ROUTES: NewFailingRouteRule = { id: 'routes', ...DEFAULTS.new_failing_route };

export function historyOf(rules: readonly Rule[], facts: Iterable<ServiceFacts>): ServiceHistory {
  const history = new ServiceHistory('shop', rules);
  for (const f of facts) history.add(f);
  return history;
}

export const end = (n: number): number => T + (n + 1) * MINUTE_MS;
