import type { Alert, AlertSubject, Severity } from './alert.ts';
import type { Rule } from './rule.ts';

/**
 * What a closed minute (or hour, for the long past) of one service says to the rules: counts only. Role `server`. Made from a ServiceWindow by
 * `factsOf`; small enough to keep three days of them.
 */
export interface ServiceFacts {
  /** ms since the Unix epoch, and the length of the window */
  startMs: number;
  lengthMs: number;
  exchanges: number;
  /** 5xx, and exchanges without a whole response and a status below 500 */
  failed: number;
  clientErrors: number;
  /** by rule id of `latency_burn`: exchanges with a known time, and those of them above the threshold */
  slow: Record<string, { known: number; above: number }>;
  /** routes that failed at all in it, by `METHOD route`; bounded */
  failing: Record<string, { exchanges: number; failed: number; clientErrors: number; firstSeenMs: number }>;
  /** something of this service's windows was lost or left out */
  complete: boolean;
}

/** What is known of one host at an instant. */
export interface HostFacts {
  host: string;
  /** last heartbeat, ms; null: none within the state store's memory */
  seenMs: number | null;
  /** the agent said goodbye (an orderly end): it is not silent, it is gone */
  ended: boolean;
  /** sums of the last `within_minutes` of the rule that asks, by minute, newest last */
  minutes: { startMs: number; started: number; lost: number; read: number; known: number }[];
}

/** A rule that holds of a subject at an instant, with the figures that say so. */
export interface Finding {
  rule: Rule;
  subject: AlertSubject;
  title: string;
  description: string;
  values: Record<string, number>;
  complete: boolean;
  /** set: it no longer makes sense to hold it open */
  expired?: true;
  /** set: keeps open what is open, and opens nothing (a route that still fails is no longer a new one); it has no words */
  holds_only?: true;
}

/** The evaluator's memory of one subject: what is open and how far it has looked. JSON in the state store. */
export interface Memory {
  schema: 1;
  /** minutes that end at or before this instant were evaluated, ms */
  evaluatedUntilMs: number;
  /** by rule and subject */
  open: Record<string, { alert: Alert; quietMinutes: number }>;
  /** by service and kind: when an open alert of a burn rule last stood for the milder rules of that kind, ms */
  covered?: Record<string, { severity: Severity; atMs: number }>;
}

export interface Transition {
  event: 'opened' | 'resolved';
  alert: Alert;
}

/** Open alerts whose figures changed without a transition come in `updated`. */
export interface Advance {
  memory: Memory;
  transitions: Transition[];
  updated: Alert[];
}
