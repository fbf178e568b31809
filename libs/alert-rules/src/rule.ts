import type { RuleKind, Severity } from './alert.ts';

/** A rule document: YAML or JSON of this shape, checked against `alert-rules.v1.schema.json`. */
export interface RulesDocument {
  schema: 1;
  rules: Rule[];
}

/** What every rule has. */
interface RuleBase {
  /** a slug, unique in its document; part of the identity of its alerts */
  id: string;
  kind: RuleKind;
  severity: Severity;
  /** false: kept but not evaluated */
  enabled: boolean;
  /** globs of the services (of hosts, where the kind is about hosts) it is for; empty: all */
  subjects: string[];
  /** a rule holds until it has not been true for so many minutes in a row */
  resolve_after_minutes: number;
}

/** Fires when the budget burns faster than `burn_rate` in BOTH windows (Google SRE workbook, ch. 5: multi-window, multi-burn-rate). */
export interface BurnWindow {
  long_minutes: number;
  short_minutes: number;
  /** 1: exactly as fast as the objective allows */
  burn_rate: number;
}

export interface ErrorBurnRule extends RuleBase {
  kind: 'error_burn';
  /** percent of exchanges that must neither be answered 5xx nor break */
  objective: number;
  windows: BurnWindow[];
  /** exchanges in the short window below which nothing fires */
  min_exchanges: number;
  /** failures in the short window below which nothing fires */
  min_failures: number;
}

export interface LatencyBurnRule extends RuleBase {
  kind: 'latency_burn';
  /** percent of exchanges that must be faster than the threshold */
  objective: number;
  metric: 'ttfb' | 'total';
  threshold_ms: number;
  windows: BurnWindow[];
  min_exchanges: number;
}

export interface NewFailingRouteRule extends RuleBase {
  kind: 'new_failing_route';
  /** the route failed in none of the hours before */
  quiet_hours: number;
  /** failures (5xx, broken, and 4xx where `client_errors`) in the last `within_minutes` */
  min_failures: number;
  min_ratio: number;
  within_minutes: number;
  client_errors: boolean;
}

export interface AgentSilentRule extends RuleBase {
  kind: 'agent_silent';
  after_seconds: number;
  /** a host that has been silent for so long was taken out of the fleet: `expired` */
  expire_hours: number;
}

export interface CaptureIncompleteRule extends RuleBase {
  kind: 'capture_incomplete';
  /** messages and batches counted lost over those started */
  max_lost_ratio: number;
  /** read / (read + known unread) */
  min_coverage: number;
  within_minutes: number;
  min_started: number;
}

export type Rule = ErrorBurnRule | LatencyBurnRule | NewFailingRouteRule | AgentSilentRule | CaptureIncompleteRule;

/** Under `ALERT_KEYS.rules`. */
export interface RulesInForce {
  /** `built-in` or the path of the file */
  source: string;
  loaded_at: string;
  rules: Rule[];
}
