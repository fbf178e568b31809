import { burn } from './burn.ts';
import { failingRoutes } from './failing-route.ts';
import { isFor } from './glob.ts';
import type { ServiceHistory } from './history.ts';
import type { Finding } from './port.ts';
import type { Rule } from './rule.ts';

/**
 * What holds of a service at the end of a minute. A function of its arguments.
 * @param atMs a whole minute, at most six hours before the end of the newest minute that was added
 */
export function evaluateService(rules: readonly Rule[], history: ServiceHistory, atMs: number): Finding[] {
  const found: Finding[] = [];
  for (const rule of rules) {
    if (!rule.enabled || !isFor(rule.subjects, history.service)) continue;
    if (rule.kind === 'error_burn' || rule.kind === 'latency_burn') {
      const finding = burn(rule, history, atMs);
      if (finding) found.push(finding);
    } else if (rule.kind === 'new_failing_route') found.push(...failingRoutes(rule, history, atMs));
  }
  return found;
}
