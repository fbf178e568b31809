import { TRIGGERS, type Trigger } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { QueueState, WorkReport } from '../report/report.ts';
import { JOBS, OVER_TTL_MS, isLeased, isWaiting, jobKey, parseJob, type Held, type Job } from './job.ts';

/**
 * The queue: one document a job in the state store, changed by compare-and-set only, so that it outlives every process and no two work on
 * one. Bounded: the oldest job that nobody asked for gives way; it is refused, not forgotten.
 */
export class Queue {
  private readonly state: StateStore;
  private readonly most: number;
  private readonly report: WorkReport;
  private readonly now: () => number;

  constructor(state: StateStore, most: number, report: WorkReport, now: () => number) {
    this.state = state;
    this.most = most;
    this.report = report;
    this.now = now;
  }

  /** All that are not over. @throws whatever the store throws; so does everything here */
  async list(): Promise<Held[]> {
    const held: Held[] = [];
    for (const { value, version } of await this.state.list(JOBS)) {
      const job = parseJob(value);
      if (job && !job.over) held.push({ job, version });
    }
    return held;
  }

  async get(id: string): Promise<Held | null> {
    const entry = await this.state.get(jobKey(id));
    const job = entry && parseJob(entry.value);
    return job && !job.over ? { job, version: entry.version } : null;
  }

  /**
   * Puts it into the queue, or its alerts to the job of the same id that is there already. Repeating it is harmless. Where there is no
   * room and nobody to give way, it is there as refused.
   */
  async add(job: Job): Promise<'added' | 'joined' | 'refused'> {
    for (;;) {
      const entry = await this.state.get(jobKey(job.id));
      const there = entry && parseJob(entry.value);
      if (entry && there && !there.over) {
        if (await this.addAlerts({ job: there, version: entry.version }, job.alerts)) return 'joined';
        continue;
      }
      const room = job.refused !== null || (await this.makeRoom());
      const next: Job = room ? job : { ...job, refused: this.fullWords(job.trigger) };
      if (!(await this.state.compareAndSet(jobKey(job.id), entry?.version ?? null, JSON.stringify(next)))) continue;
      if (!room) this.report.dropped(job.trigger, 'queue_full');
      return room ? 'added' : 'refused';
    }
  }

  /** Adds an alert to a job that nobody has begun with. False: there is none any more. */
  async join(id: string, alert: string): Promise<boolean> {
    for (;;) {
      const held = await this.get(id);
      if (!held || held.job.refused !== null || held.job.made || held.job.lease !== null || held.job.taken > 0 || held.job.again) return false;
      if (await this.addAlerts(held, [alert])) return true;
    }
  }

  /** Takes it to work on. null: somebody else was first. */
  async take(held: Held, by: string, leaseMs: number): Promise<Held | null> {
    if (isLeased(held.job, this.now())) return null;
    return this.put(held, { ...held.job, lease: { by, until_ms: this.now() + leaseMs }, taken: held.job.taken + 1 });
  }

  /** Writes what became of it. null: somebody wrote since. */
  async put({ version }: Held, next: Job): Promise<Held | null> {
    const key = jobKey(next.id);
    const value = JSON.stringify(next);
    if (!(await this.state.compareAndSet(key, version, value, next.over ? { ttlMs: OVER_TTL_MS } : {}))) return null;
    // Its version is not answered; somebody who writes between these two is found out by the next write all the same.
    const entry = await this.state.get(key);
    if (next.over) return { job: next, version };
    return entry?.value === value ? { job: next, version: entry.version } : null;
  }

  stateOf(jobs: readonly Held[]): QueueState {
    const now = this.now();
    const waiting = Object.fromEntries(TRIGGERS.map((t) => [t, 0])) as Record<Trigger, number>;
    let oldest = now;
    let underWay = 0;
    for (const { job } of jobs) {
      if (isLeased(job, now)) underWay++;
      else if (isWaiting(job, now)) {
        waiting[job.trigger]++;
        oldest = Math.min(oldest, job.not_before_ms);
      }
    }
    return { waiting, underWay, oldestSeconds: (now - oldest) / 1000 };
  }

  private async addAlerts(held: Held, alerts: readonly string[]): Promise<boolean> {
    const fresh = alerts.filter((id) => !held.job.alerts.includes(id));
    if (fresh.length === 0) return true;
    return this.state.compareAndSet(jobKey(held.job.id), held.version, JSON.stringify({ ...held.job, alerts: [...held.job.alerts, ...fresh] }));
  }

  private async makeRoom(): Promise<boolean> {
    for (;;) {
      const now = this.now();
      const waiting = (await this.list()).filter(({ job }) => isWaiting(job, now));
      if (waiting.length < this.most) return true;
      const unasked = waiting.filter(({ job }) => job.trigger !== 'request').sort((a, b) => a.job.created_ms - b.job.created_ms);
      const oldest = unasked[0];
      if (!oldest) return false;
      if (await this.put(oldest, { ...oldest.job, refused: this.fullWords(oldest.job.trigger) })) this.report.dropped(oldest.job.trigger, 'queue_full');
    }
  }

  private fullWords(trigger: Trigger): string {
    return trigger === 'request'
      ? `Not made: ${this.most} insights wait already (triggers.queue_max); ask again later.`
      : `Not made: ${this.most} insights waited (triggers.queue_max), and this one, which nobody asked for, gave way.`;
  }
}
