import type { Rule } from './rule.ts';
import type { RuleKind } from './alert.ts';

type Defaults<R> = R extends Rule ? Omit<R, 'id'> : never;

const PAGE_WINDOWS = [
  { long_minutes: 60, short_minutes: 5, burn_rate: 14.4 },
  { long_minutes: 360, short_minutes: 30, burn_rate: 6 },
];
const TICKET_WINDOWS = [
  { long_minutes: 1440, short_minutes: 120, burn_rate: 3 },
  { long_minutes: 4320, short_minutes: 360, burn_rate: 1 },
];

/** What a rule of a document has where it says nothing. Windows and burn rates: Google, The Site Reliability Workbook, ch. 5, table 5-8. */
export const DEFAULTS: { [K in RuleKind]: Defaults<Extract<Rule, { kind: K }>> } = {
  error_burn: {
    kind: 'error_burn',
    severity: 'page',
    enabled: true,
    subjects: [],
    resolve_after_minutes: 5,
    objective: 99.9,
    windows: PAGE_WINDOWS,
    min_exchanges: 30,
    min_failures: 10,
  },
  latency_burn: {
    kind: 'latency_burn',
    severity: 'page',
    enabled: true,
    subjects: [],
    resolve_after_minutes: 5,
    objective: 99,
    metric: 'ttfb',
    threshold_ms: 1000,
    windows: PAGE_WINDOWS,
    min_exchanges: 100,
  },
  new_failing_route: {
    kind: 'new_failing_route',
    severity: 'ticket',
    enabled: true,
    subjects: [],
    resolve_after_minutes: 30,
    quiet_hours: 24,
    min_failures: 10,
    min_ratio: 0.05,
    within_minutes: 10,
    client_errors: false,
  },
  agent_silent: { kind: 'agent_silent', severity: 'ticket', enabled: true, subjects: [], resolve_after_minutes: 1, after_seconds: 60, expire_hours: 24 },
  capture_incomplete: {
    kind: 'capture_incomplete',
    severity: 'ticket',
    enabled: true,
    subjects: [],
    resolve_after_minutes: 10,
    max_lost_ratio: 0.01,
    min_coverage: 0.9,
    within_minutes: 10,
    min_started: 1000,
  },
};

/** In force where no file is given. Their ids never change: they are part of the identity of alerts. */
export const BUILT_IN_RULES: readonly Rule[] = [
  { id: 'error-burn-page', ...DEFAULTS.error_burn },
  { id: 'error-burn-ticket', ...DEFAULTS.error_burn, severity: 'ticket', windows: TICKET_WINDOWS, min_exchanges: 300, min_failures: 20, resolve_after_minutes: 30 },
  { id: 'latency-burn-page', ...DEFAULTS.latency_burn },
  { id: 'latency-burn-ticket', ...DEFAULTS.latency_burn, severity: 'ticket', windows: TICKET_WINDOWS, min_exchanges: 300, resolve_after_minutes: 30 },
  { id: 'new-failing-route', ...DEFAULTS.new_failing_route },
  { id: 'agent-silent', ...DEFAULTS.agent_silent },
  { id: 'capture-incomplete', ...DEFAULTS.capture_incomplete },
];
