import type { InsightSubject, Trigger } from '@headwater/insight-rules';

export const JOBS = 'insight-job/';
export const jobKey = (id: string): string => JOBS + id;

/** What is over stays this long, so that nobody who still holds its version can write over what comes after it. */
export const OVER_TTL_MS = 2_000;

/** An insight that is to be made, under `insight-job/<id>`: all that a process needs to begin, or to go on where another one ended. */
export interface Job {
  schema: 1;
  /** of the insight */
  id: string;
  trigger: Trigger;
  subject: InsightSubject;
  /** RFC 3339, whole minutes */
  window: { start: string; end: string };
  /** ids of the alerts that asked for it */
  alerts: string[];
  requested_by: string | null;
  /** alerts stay open, so their subject is looked at again: nothing is shown of it unless the facts changed */
  again: boolean;
  created_ms: number;
  not_before_ms: number;
  /** who works on it, and how long that is believed */
  lease: { by: string; until_ms: number } | null;
  /** times that it was taken and not given back */
  taken: number;
  /** times that working on it failed by an error that waiting does not cure */
  throws: number;
  /** its findings by rules are stored; it waits for its turn at the model */
  ruled: boolean;
  /** it is not made: its insight fails with this sentence */
  refused: string | null;
  /** its insight is stored as it is to stay; what is left is to publish it */
  made: boolean;
  over: boolean;
}

export interface Held {
  job: Job;
  version: number;
}

/** @returns null: it is not a job of this version, and not to be touched */
export function parseJob(value: string): Job | null {
  try {
    const job = JSON.parse(value) as Partial<Job> | null;
    return job?.schema === 1 && typeof job.id === 'string' && Array.isArray(job.alerts) ? (job as Job) : null;
  } catch {
    return null;
  }
}

export function newJob(about: Pick<Job, 'id' | 'trigger' | 'subject' | 'window'> & Partial<Pick<Job, 'alerts' | 'requested_by' | 'again' | 'not_before_ms'>>, nowMs: number): Job {
  return {
    schema: 1,
    alerts: [],
    requested_by: null,
    again: false,
    not_before_ms: nowMs,
    ...about,
    ...{ created_ms: nowMs, lease: null, taken: 0, throws: 0, ruled: false, refused: null, made: false, over: false },
  };
}

export function isLeased({ lease }: Job, nowMs: number): boolean {
  return lease !== null && lease.until_ms > nowMs;
}

/** Only what still has to be made takes up room. */
export function isWaiting(job: Job, nowMs: number): boolean {
  return job.refused === null && !job.made && !isLeased(job, nowMs);
}

/** Somebody waits for what was asked for; then the oldest first. */
export function byTurn(a: Held, b: Held): number {
  const asked = Number(b.job.trigger === 'request') - Number(a.job.trigger === 'request');
  return asked || a.job.created_ms - b.job.created_ms || (a.job.id < b.job.id ? -1 : 1);
}
