/** What an alert is to everyone who meets one: `alerts.v1`, webhooks, `/v1/alerts`, the state store. */

export const SEVERITIES = ['page', 'ticket', 'info'] as const;
/** `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing. */
export type Severity = (typeof SEVERITIES)[number];

export const RULE_KINDS = ['error_burn', 'latency_burn', 'new_failing_route', 'agent_silent', 'capture_incomplete'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

/** What an alert is about: a service (with a route, perhaps) or a host. Part of the alert's identity. */
export interface AlertSubject {
  service?: string;
  method?: string;
  route?: string;
  host?: string;
}

/** One alert over its whole life. Keys are as they travel. */
export interface Alert {
  schema: 1;
  /** 32 hex digits of SHA-256 over rule, subject and opening window: the same wherever and however often it is evaluated */
  id: string;
  rule: string;
  kind: RuleKind;
  severity: Severity;
  subject: AlertSubject;
  state: 'open' | 'resolved';
  /** one sentence with the figures that made it open */
  title: string;
  /** what it means and what to look at next */
  description: string;
  /** RFC 3339: end of the window whose closing made it open */
  opened_at: string;
  /** the minute whose closing made it open */
  opening_window: { start: string; end: string };
  resolved_at: string | null;
  /** `recovered`: it no longer holds; `rule_removed`: nor does its rule; `expired`: its subject has not been heard of for long */
  resolution: 'recovered' | 'rule_removed' | 'expired' | null;
  /** figures of the evaluation that opened it, with units in their names (`burn_rate`, `error_ratio`, `exchanges`, `p99_ms` ...) */
  values: Record<string, number>;
  /** of the newest evaluation while it is open */
  last_values: Record<string, number>;
  /** false: something was lost in the windows it rests on, so the figures are at least / at most */
  complete: boolean;
  /** id of the mute that keeps it from being delivered, or null */
  muted_by: string | null;
  /** 1 when opened, grows with every change */
  revision: number;
}

/** Record of `alerts.v1` (key = alert id) and body of a webhook: at least once; `event_id` tells repeats. */
export interface AlertEvent {
  schema: 1;
  event: 'opened' | 'resolved';
  /** `<alert id>/opened`, `<alert id>/resolved`: there is one of each */
  event_id: string;
  /** RFC 3339: when the transition was decided */
  at: string;
  alert: Alert;
}

/** Keeps alerts from being delivered while it holds; they are recorded and published all the same. A maintenance window is one that begins later. */
export interface Mute {
  schema: 1;
  id: string;
  /** all that are given must match; a service, route or host may be a glob (`shop-*`) */
  match: { rule?: string; severity?: Severity; service?: string; route?: string; host?: string };
  /** RFC 3339, half-open */
  starts_at: string;
  ends_at: string;
  comment: string;
  created_by: string;
  created_at: string;
}

/** Keys of the state store: who writes them is said beside each. */
export const ALERT_KEYS = {
  /** `Alert` as JSON, by the analyzer; an open one has no time to live, a resolved one lives `alerts.keep_ms` */
  alert: (id: string): string => `alert/${id}`,
  alerts: 'alert/',
  /** `Mute` as JSON, by the API; lives until 7 days after its end */
  mute: (id: string): string => `alert-mute/${id}`,
  mutes: 'alert-mute/',
  /** `RulesInForce` as JSON, by every analyzer when it starts or reads its rules again */
  rules: 'alert-rules',
  /** evaluator's memory of one subject (`s:<service>`, `h:`): the analyzer's own */
  memory: (subject: string): string => `alert-memory/${subject}`,
  memories: 'alert-memory/',
} as const;
