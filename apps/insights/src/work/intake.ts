import type { BusRecord } from '@headwater/event-bus';
import { INSIGHT_WINDOW, insightId } from '@headwater/insight-rules';
import type { TriggersConfig } from '@headwater/config';
import type { WorkReport } from '../report/report.ts';
import { newJob, type Job } from './job.ts';
import type { Queue } from './queue.ts';
import { readAlert, readRequest, subjectOf } from './read-record.ts';
import { instant, isFinal, type Records } from './records.ts';
import type { Subjects } from './subject.ts';

const MINUTE_MS = 60_000;
/** An alert that is found later than this (nothing ran for so long) is history. */
const OLDEST_ALERT_MS = 24 * 3_600_000;
const OLD_REQUEST = 'Not made: it was asked for before insights ran for the first time; ask again.';

/** Window of an insight on what ends at this minute. */
export function windowBefore(endMs: number): Job['window'] {
  const end = endMs - (endMs % MINUTE_MS);
  return { start: instant(end - INSIGHT_WINDOW.default), end: instant(end) };
}

/** Triggers that come over the bus -> jobs. Repeating a record is harmless. @throws whatever the store throws; then the record is to be given again */
export class Intake {
  private readonly queue: Queue;
  private readonly records: Records;
  private readonly subjects: Subjects;
  private readonly report: WorkReport;
  private readonly coalesceMs: number;
  private readonly now: () => number;

  constructor(doors: { queue: Queue; records: Records; subjects: Subjects; report: WorkReport }, triggers: Pick<TriggersConfig, 'coalesce_ms'>, now: () => number) {
    this.queue = doors.queue;
    this.records = doors.records;
    this.subjects = doors.subjects;
    this.report = doors.report;
    this.coalesceMs = triggers.coalesce_ms;
    this.now = now;
  }

  /** One record of `alerts.v1`: an alert that opened joins the insight on its subject that waits, or makes one. */
  async alert(record: BusRecord, old: boolean): Promise<void> {
    const read = readAlert(record);
    if ('why' in read) return this.report.passed('alerts', read.why, read.detail);
    const alert = read.ok;
    if (old || Date.parse(alert.opened_at) < this.now() - OLDEST_ALERT_MS) return this.report.passed('alerts', 'old');
    const subject = subjectOf(alert);
    for (;;) {
      const held = await this.subjects.get(subject);
      const { known } = held;
      if (alert.id in known.seen) return this.report.passed('alerts', 'repeated');
      const seen = { ...known.seen, [alert.id]: this.now() };
      if (known.job && (await this.queue.join(known.job.id, alert.id))) {
        if (!(await this.subjects.put(held, { ...known, seen }))) continue;
        return this.report.triggered('alert', 'coalesced');
      }
      const window = windowBefore(Date.parse(alert.opening_window.end));
      const id = insightId('alert', subject, window);
      const job = newJob({ id, trigger: 'alert', subject, window, alerts: [alert.id], not_before_ms: this.now() + this.coalesceMs }, this.now());
      const how = await this.queue.add(job);
      await this.records.queued(job);
      if (!(await this.subjects.put(held, { ...known, seen, job: { id, at_ms: this.now() } }))) continue;
      return this.report.triggered('alert', how === 'joined' ? 'coalesced' : 'queued');
    }
  }

  /** One record of `insight-requests.v1`. */
  async request(record: BusRecord, old: boolean): Promise<void> {
    const read = readRequest(record);
    if ('why' in read) return this.report.passed('requests', read.why, read.detail);
    const { id, subject, window, requested_by } = read.ok;
    const job = newJob({ id, trigger: 'request', subject, window, requested_by }, this.now());
    const insight = await this.records.get(id);
    if (insight && isFinal(insight)) {
      this.report.triggered('request', 'repeated');
      return;
    }
    const how = await this.queue.add(old ? { ...job, refused: OLD_REQUEST } : job);
    if (old) return this.report.passed('requests', 'old');
    await this.records.queued(job);
    this.report.triggered('request', how === 'joined' ? 'repeated' : 'queued');
  }
}
