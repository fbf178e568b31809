import type { RowOf } from '../../api/client.ts';
import type { components } from '../../api/types.generated.ts';
import { formatBurn, formatExact, formatMs, formatPercent } from '../../format/numbers.ts';
import { formatLength } from '../../format/times.ts';

export type RuleRow = RowOf<'/v1/alert-rules'>;
/** A rule as its document has it. */
export type Rule = components['schemas']['AlertRule'];
export type RuleKind = Rule['kind'];

export const KINDS: Readonly<Record<RuleKind, string>> = {
  error_burn: 'Error budget burns',
  latency_burn: 'Latency budget burns',
  new_failing_route: 'New failing route',
  agent_silent: 'Agent is silent',
  capture_incomplete: 'Capture is incomplete',
};

type Window = { long_minutes: number; short_minutes: number; burn_rate: number };

/** `14× over 1 h and 5 min, or 6× over 6 h and 30 min` */
function windowsText(windows: readonly Window[]): string {
  return windows.map((w) => `${formatBurn(w.burn_rate)} over ${formatLength(w.long_minutes * 60)} and ${formatLength(w.short_minutes * 60)}`).join(', or ');
}

/** When it fires, in a sentence with its own figures. */
export function ruleText(rule: Rule): string {
  switch (rule.kind) {
    case 'error_burn':
      return `More than ${percent(100 - rule.objective)} of exchanges are answered 5xx or break, ${windowsText(rule.windows)} what that allows; at least ${formatExact(rule.min_exchanges)} exchanges and ${formatExact(rule.min_failures)} failures.`;
    case 'latency_burn':
      return `More than ${percent(100 - rule.objective)} take over ${formatMs(rule.threshold_ms)} ${rule.metric === 'ttfb' ? 'to the first byte' : 'in total'}, ${windowsText(rule.windows)} what that allows; at least ${formatExact(rule.min_exchanges)} exchanges.`;
    case 'new_failing_route':
      return `A route that did not fail for ${formatLength(rule.quiet_hours * 3_600)} fails at least ${formatExact(rule.min_failures)} times, and ${formatPercent(rule.min_ratio)} of its exchanges, within ${formatLength(rule.within_minutes * 60)}${rule.client_errors ? '; 4xx count too' : ''}.`;
    case 'agent_silent':
      return `A host has not been heard of for ${formatLength(rule.after_seconds)}; after ${formatLength(rule.expire_hours * 3_600)} it counts as taken out of the fleet.`;
    case 'capture_incomplete':
      return `A host loses more than ${formatPercent(rule.max_lost_ratio)}, or reads less than ${formatPercent(rule.min_coverage)} of what is known to have passed, over ${formatLength(rule.within_minutes * 60)}; at least ${formatExact(rule.min_started)} messages.`;
  }
}

/** An objective of 99.9 leaves 0.1: no digits of the binary fraction. */
const percent = (n: number): string => formatPercent(Number(n.toPrecision(6)) / 100);

export const subjectsText = ({ subjects, kind }: Pick<Rule, 'subjects' | 'kind'>): string =>
  subjects.length > 0 ? subjects.join(', ') : kind === 'agent_silent' || kind === 'capture_incomplete' ? 'all hosts' : 'all services';

/** What the rules' file has of it, without what the API says of its alerts. */
export function ruleOf(row: RuleRow): Rule {
  const { open: _open, fired_last_day: _fired, would_have_fired: _would, ...rule } = row;
  return rule as Rule;
}
