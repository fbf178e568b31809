import { insightId } from '@headwater/insight-rules';
import type { TriggersConfig } from '@headwater/config';
import type { StateStore } from '@headwater/state-store';
import type { WorkReport } from '../report/report.ts';
import { windowBefore } from './intake.ts';
import { newJob } from './job.ts';
import type { Queue } from './queue.ts';
import { instant, type Records } from './records.ts';
import type { HeldSubject, Subjects } from './subject.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Windows are closed about 35 s after their end, roll-ups a little later. */
const MINUTE_CLOSED_MS = 60_000;
const HOUR_CLOSED_MS = 90_000;
/** A job that was said to be there and is not, this long: who said so did not live to put it there. */
const MISSING_MS = 30_000;
const DIGEST = 'insight-digest';

/** Triggers that come with time: subjects whose alerts stay open, and the hour. As many processes as there are make each of them once. */
export class Clockwork {
  private readonly state: StateStore;
  private readonly queue: Queue;
  private readonly records: Records;
  private readonly subjects: Subjects;
  private readonly report: WorkReport;
  private readonly triggers: Pick<TriggersConfig, 'alerts' | 'digest' | 'min_interval_ms'>;
  private readonly now: () => number;

  constructor(
    doors: { state: StateStore; queue: Queue; records: Records; subjects: Subjects; report: WorkReport },
    triggers: Pick<TriggersConfig, 'alerts' | 'digest' | 'min_interval_ms'>,
    now: () => number,
  ) {
    this.state = doors.state;
    this.queue = doors.queue;
    this.records = doors.records;
    this.subjects = doors.subjects;
    this.report = doors.report;
    this.triggers = triggers;
    this.now = now;
  }

  /** @throws whatever the store throws; the next tick goes on */
  async tick(): Promise<void> {
    if (this.triggers.digest) await this.digest();
    if (this.triggers.alerts) for (const held of await this.subjects.list()) await this.again(held);
  }

  /** The hour that ended last, once it is closed. Hours that ended while nothing ran are not made up for. */
  private async digest(): Promise<void> {
    const closed = this.now() - HOUR_CLOSED_MS;
    const end = closed - (closed % HOUR_MS);
    const entry = await this.state.get(DIGEST);
    const last = entry ? Number(entry.value) : null;
    if (last !== null && last >= end) return;
    // The first start of all: the hour before it may have seen nothing of the fleet.
    if (last !== null) {
      const window = { start: instant(end - HOUR_MS), end: instant(end) };
      const id = insightId('digest', {}, window);
      if (!(await this.records.get(id))) {
        const job = newJob({ id, trigger: 'digest', subject: {}, window }, this.now());
        const how = await this.queue.add(job);
        await this.records.queued(job);
        this.report.triggered('digest', how === 'joined' ? 'repeated' : 'queued');
      }
    }
    await this.state.compareAndSet(DIGEST, entry?.version ?? null, String(end));
  }

  /** One more look at a subject whose alerts stay open, when there is a later minute and it is time. */
  private async again(held: HeldSubject): Promise<void> {
    const { known } = held;
    const now = this.now();
    if (!known.last?.open || now - known.last.at_ms < this.triggers.min_interval_ms) return;
    if (known.job && (now - known.job.at_ms < MISSING_MS || (await this.queue.get(known.job.id)))) return;
    const closed = now - MINUTE_CLOSED_MS;
    if (closed - (closed % MINUTE_MS) <= known.last.end_ms) return;
    const window = windowBefore(closed);
    const id = insightId('alert', known.subject, window);
    // Who writes this makes it; another process made its own otherwise.
    if (!(await this.subjects.put(held, { ...known, job: { id, at_ms: now } }))) return;
    const how = await this.queue.add(newJob({ id, trigger: 'alert', subject: known.subject, window, again: true }, now));
    this.report.triggered('alert', how === 'joined' ? 'coalesced' : 'queued');
  }
}
