import type { Rule } from './rule.ts';
import { count, figure, percent, span, whole } from './words.ts';

/** A rule in a sentence or two, with its figures. */
export function describeRule(rule: Rule): string {
  const about = rule.kind === 'agent_silent' || rule.kind === 'capture_incomplete' ? 'hosts' : 'services';
  const whom = rule.subjects.length === 0 ? `all ${about}` : `${about} ${rule.subjects.join(', ')}`;
  const end = rule.resolve_after_minutes === 0 ? 'Resolved as soon as that ends.' : `Resolved when it has not been so for ${span(rule.resolve_after_minutes)}.`;
  return `${rule.enabled ? '' : 'Off. '}${rule.severity} for ${whom}: ${when(rule)}. ${end}`;
}

function when(rule: Rule): string {
  switch (rule.kind) {
    case 'error_burn':
      return `more exchanges fail (5xx or broken) than ${figure(rule.objective)} % allows, ${burns(rule.windows)}; from ${count(rule.min_exchanges, 'exchange')} and ${count(rule.min_failures, 'failure')} in the short window`;
    case 'latency_burn':
      return `more exchanges take over ${figure(rule.threshold_ms)} ms to the ${rule.metric === 'ttfb' ? 'first' : 'last'} byte than ${figure(rule.objective)} % allows, ${burns(rule.windows)}; from ${count(rule.min_exchanges, 'exchange')} in the short window`;
    case 'new_failing_route':
      return `a route fails (5xx, broken${rule.client_errors ? ', 4xx' : ''}) ${whole(rule.min_failures)} times or more in ${span(rule.within_minutes)}, at least ${percent(rule.min_ratio)} of its exchanges, and did not, or far less, in the ${count(rule.quiet_hours, 'hour')} before`;
    case 'agent_silent':
      return `no heartbeat for ${count(rule.after_seconds, 'second')} from an agent that did not say that it ends; expired after ${count(rule.expire_hours, 'hour')}`;
    case 'capture_incomplete':
      return `over ${percent(rule.max_lost_ratio)} of messages lost, or under ${percent(rule.min_coverage)} of exchanges read, in ${span(rule.within_minutes)}; from ${count(rule.min_started, 'message')}`;
  }
}

function burns(windows: { long_minutes: number; short_minutes: number; burn_rate: number }[]): string {
  return windows.map((w) => `${figure(w.burn_rate)} times over ${span(w.long_minutes)} and over ${span(w.short_minutes)}`).join(', or ');
}
