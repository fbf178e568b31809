import type { Severity } from '@headwater/alert-rules';
import type { Outcome } from './deliver/delivery.ts';
import type { Target } from './deliver/target.ts';

/** Everything the alert stage counts and says; `metrics.ts` turns it into metrics and log lines. */
export interface AlertReport {
  evaluated(kind: 'service' | 'hosts', minutes: number): void;
  behind(minutes: number): void;
  /** minutes that nobody judged because they are too long ago */
  skipped(minutes: number): void;
  open(bySeverity: Record<Severity, number>): void;
  transition(event: 'opened' | 'resolved', alert: { id: string; severity: Severity; title: string; muted_by: string | null }): void;
  /** `found`: not published again, since it was seen on the topic */
  published(how: 'sent' | 'found'): void;
  rules(source: string, count: number): void;
  rulesRefused(detail: string): void;
  /** events that some receiver is still to be told of */
  owed(count: number): void;
  delivered(target: Target, outcome: Outcome | 'retried', alertId: string, why?: string): void;
  repeated(target: Target, outcome: 'delivered' | 'refused' | 'later', why?: string): void;
  /** another analyzer wrote first */
  lostRace(what: string): void;
  failed(what: string, error: unknown): void;
}
