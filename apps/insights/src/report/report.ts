import type { InsightState, Trigger } from '@headwater/insight-rules';

export type Intake = 'alerts' | 'requests';
/** Why a record is passed over without a job. `repeated`: it had one already. */
export type PassedWhy = 'resolved' | 'repeated' | 'old' | 'too_large' | 'malformed' | 'foreign' | 'no_subject';
/** What became of a trigger: a new insight, or part of one that waits. */
export type Triggered = 'queued' | 'coalesced' | 'repeated';
/** Why what was queued is not made: `queue_full`: it gave way, or found no room; `poison`: it failed three times. */
export type DroppedWhy = 'queue_full' | 'poison';
/** Why a second look made no insight: the alerts ended, or what stands out is what stood out before. */
export type UnneededWhy = 'resolved' | 'unchanged';

export interface QueueState {
  /** by trigger, waiting for their turn (not under way) */
  waiting: Record<Trigger, number>;
  underWay: number;
  /** since the oldest that is due was due, s; 0: none */
  oldestSeconds: number;
}

/** Everything that the work counts and says, as events; `metrics.ts` turns them into metrics and log lines. None of it holds a secret. */
export interface WorkReport {
  triggered(trigger: Trigger, how: Triggered): void;
  passed(intake: Intake, why: PassedWhy, detail?: string): void;
  /** records that the bus deleted before they were read */
  lost(intake: Intake, records: number): void;
  behind(intake: Intake, partition: number, records: number): void;
  overtaken(intake: Intake): void;
  dropped(trigger: Trigger, why: DroppedWhy): void;
  unneeded(why: UnneededWhy): void;
  queue(state: QueueState): void;
  /** the facts of an insight were read, and its findings by rules made */
  read(seconds: number, findings: number): void;
  /** an insight has come to its end; `seconds` since it was asked for */
  ended(trigger: Trigger, state: InsightState, seconds: number, insight: string): void;
  published(): void;
  /** a record that the bus will never take; the insight is stored all the same */
  unpublishable(insight: string, error: Error): void;
  /** work that another process took over, or finished first */
  leaseLost(insight: string): void;
  givenBack(insight: string, why: 'stopping' | 'waiting' | 'failed'): void;
  waiting(what: string, error: Error): void;
  failed(what: string, error: unknown): void;
}
