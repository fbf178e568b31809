import { randomUUID } from 'node:crypto';
import type { Aliases, Finding, Insight, InsightInput, ModelPart } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { FactsReader } from '../read/port.ts';
import type { Submitter } from '../submit/port.ts';
import { mayPass } from '../patience.ts';
import type { WorkReport } from '../report/report.ts';
import { byTurn, isLeased, type Held, type Job } from './job.ts';
import { LEASE_MS, Lease } from './lease.ts';
import { alertsOf } from './open-alerts.ts';
import type { Queue } from './queue.ts';
import { NO_MODEL, covers, isFinal, type Records } from './records.ts';
import { isNews, pictureOf } from './news.ts';
import type { Subject, Subjects } from './subject.ts';
import type { InsightTopic } from './topic.ts';

const MOST_THROWS = 3;
/** A job under which so many processes ended is what ends them. */
const MOST_TAKEN = 10;
const AGAIN_MS = 3_000;
const AFTER_THROW_MS = 5_000;
/** What ends without a model, and findings by rules while others have the model: neither waits for it. */
const AT_ONCE = { settle: 8, rules: 1 } as const;

export interface WorkerDoors {
  state: StateStore;
  queue: Queue;
  records: Records;
  subjects: Subjects;
  topic: InsightTopic;
  reader: FactsReader;
  rules: (input: InsightInput, aliases: Aliases) => Finding[];
  /** null: no gateway is configured */
  model: { submitter: Submitter; gateway: string; name: string } | null;
  report: WorkReport;
}

/** Thrown through what is under way when the process ends. */
class Stopping extends Error {
  override name = 'Stopping';
}

/** `make`: all of it; `rules`: the findings by rules, while all hands at the model are busy; `settle`: what is left to say takes neither */
type Lane = 'make' | 'rules' | 'settle';

type Look = Omit<NonNullable<Subject['last']>, 'at_ms'>;

/**
 * Makes what is due, a few at a time: facts, findings by rules, which are stored at once, then the model's, then the record on the bus. Each
 * step is in the store before the next one, so that whoever takes the job over goes on where it ended. What the store or the bus do not
 * take now is given back to the queue for a moment; what fails by itself three times is refused with a sentence.
 */
export class Worker {
  private readonly d: WorkerDoors;
  private readonly concurrency: number;
  private readonly now: () => number;
  private readonly me = randomUUID();
  private readonly stop = new AbortController();
  private readonly underWay = new Map<string, { work: Promise<void>; lane: Lane }>();

  constructor(doors: WorkerDoors, concurrency: number, now: () => number) {
    this.d = doors;
    this.concurrency = concurrency;
    this.now = now;
  }

  /** Begins what is due, as far as there is a hand free; does not wait for its end. @throws whatever the store throws */
  async tick(): Promise<void> {
    const jobs = await this.d.queue.list();
    this.d.report.queue(this.d.queue.stateOf(jobs));
    const now = this.now();
    const due = jobs.filter(({ job }) => job.not_before_ms <= now && !isLeased(job, now) && !this.underWay.has(job.id)).sort(byTurn);
    for (const held of due) {
      const lane = this.laneOf(held.job);
      if (lane) await this.begin(held, lane);
    }
  }

  /** Ends when nothing is under way. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all([...this.underWay.values()].map((u) => u.work));
  }

  /** Ends what is under way and gives it back to the queue. */
  async end(): Promise<void> {
    this.stop.abort(new Stopping('the process ends'));
    await this.idle();
  }

  /** null: it waits for its turn */
  private laneOf({ refused, made, ruled }: Job): Lane | null {
    const busy = (lane: Lane) => [...this.underWay.values()].filter((u) => u.lane === lane).length;
    if (refused !== null || made) return busy('settle') < AT_ONCE.settle ? 'settle' : null;
    if (busy('make') < this.concurrency) return 'make';
    return this.d.model !== null && !ruled && busy('rules') < AT_ONCE.rules ? 'rules' : null;
  }

  private async begin(held: Held, lane: Lane): Promise<void> {
    if (this.stop.signal.aborted) return;
    const token = `${this.me}/${randomUUID()}`;
    const mine = await this.d.queue.take(held, token, LEASE_MS);
    if (!mine) return;
    const lease = new Lease(this.d.queue, mine, token, this.now);
    const work = this.run(lease, lane).finally(() => {
      lease.end();
      this.underWay.delete(held.job.id);
    });
    this.underWay.set(held.job.id, { work, lane });
  }

  private async run(lease: Lease, lane: Lane): Promise<void> {
    const { id } = lease.job;
    try {
      if (lease.job.taken > MOST_TAKEN && lease.job.refused === null) throw new Error(`it was begun ${MOST_TAKEN} times, and each time the process ended`);
      if (lease.job.refused !== null) return await this.settle(lease);
      if (!lease.job.made) await this.make(lease, lane, AbortSignal.any([this.stop.signal, lease.lost]));
      if (lease.job.made) await this.publish(lease);
    } catch (error) {
      if (lease.lost.aborted) return this.d.report.leaseLost(id);
      await this.giveBack(lease, error).catch((e: unknown) => this.d.report.failed('giving back', e));
    }
  }

  /** Until the insight answers everyone who asked for this job; more may join meanwhile. */
  private async make(lease: Lease, lane: Lane, signal: AbortSignal): Promise<void> {
    let insight = await this.d.records.get(lease.job.id);
    let look: Look | null = null;
    for (;;) {
      const { job } = lease;
      if (!insight || !covers(insight, job)) {
        const made = await this.makeOnce(job, insight, lane, signal);
        if ('unneeded' in made) {
          this.d.report.unneeded(made.unneeded);
          await this.d.subjects.looked(job.subject, job.id, job.alerts, made.look);
          if (await lease.write((j) => (j.alerts.length === 0 ? { ...j, over: true, lease: null } : null))) return;
          signal.throwIfAborted();
          continue;
        }
        if (made.insight.model.state === 'pending') return void (await lease.write((j) => ({ ...j, ruled: true, lease: null, taken: j.taken - 1 })));
        ({ insight, look } = made);
      }
      signal.throwIfAborted();
      if (job.trigger === 'alert') await this.d.subjects.looked(job.subject, job.id, lease.job.alerts, look ?? (await this.glance(job)));
      const answer = insight;
      if (await lease.write((j) => (covers(answer, j) ? { ...j, made: true } : null))) return;
      signal.throwIfAborted();
    }
  }

  private async makeOnce(
    job: Job,
    before: Insight | null,
    lane: Lane,
    signal: AbortSignal,
  ): Promise<{ insight: Insight; look: Look } | { unneeded: 'resolved' | 'unchanged'; look: Look }> {
    const { records, subjects, reader, rules, report, model } = this.d;
    const quietly = job.again && job.alerts.length === 0 && before === null;
    const window = { startMs: Date.parse(job.window.start), endMs: Date.parse(job.window.end) };
    const alerts = await alertsOf(this.d.state, job.subject, job.alerts);
    const open = alerts.some((a) => a.state === 'open');
    if (quietly && !open) return { unneeded: 'resolved', look: { end_ms: window.endMs, picture: null, open } };
    const from = quietly ? null : (await records.begun(job)).revision;
    const began = performance.now();
    const { input, aliases, comparedWith, complete } = await reader.read({ subject: job.subject, window, alerts }, signal);
    const findings = rules(input, aliases);
    const ids = alerts.map((a) => a.id);
    const last = (job.trigger === 'alert' ? (await subjects.get(job.subject)).known.last : null) ?? null;
    const look: Look = { end_ms: window.endMs, picture: pictureOf(findings, ids), open };
    // What it is compared with stays what was shown last, so that what grows slowly is seen in the end.
    if (quietly && !isNews(last?.picture ?? null, look.picture!)) return { unneeded: 'unchanged', look: { ...look, picture: last!.picture } };
    report.read((performance.now() - began) / 1000, findings.length);
    signal.throwIfAborted();
    const part: ModelPart = model ? { ...NO_MODEL, state: 'pending', reason: null, detail: null, gateway: model.gateway, model: model.name } : NO_MODEL;
    const ruled = await records.ruled(job, from, { findings, alerts: ids, complete, comparedWith }, part);
    if (!model || lane === 'rules') return { insight: ruled, look };
    const answer = await model.submitter.submit({ insightId: job.id, asked: job.trigger === 'request', input, aliases }, signal);
    signal.throwIfAborted();
    return { insight: await records.answered(job, ruled.revision, answer.findings, answer.model), look };
  }

  /** Whether there is reason to look again, where the facts were not read. */
  private async glance({ subject, window, alerts }: Job): Promise<Look> {
    const open = (await alertsOf(this.d.state, subject, alerts)).some((a) => a.state === 'open');
    return { end_ms: Date.parse(window.end), picture: null, open };
  }

  /** The insight is on the bus before the job is over: at least once. */
  private async publish(lease: Lease): Promise<void> {
    const { job } = lease;
    const insight = await this.d.records.get(job.id);
    // Expired, or asked for anew since it failed: then there is something to make again.
    if (insight && !(isFinal(insight) && covers(insight, job))) return void (await lease.write((j) => ({ ...j, made: false, lease: null, taken: j.taken - 1 })));
    if (insight) await this.tell(insight);
    if (!(await lease.write((j) => (!insight || covers(insight, j) ? { ...j, over: true, lease: null } : { ...j, made: false, lease: null, taken: 0 })))) return;
    if (insight && lease.job.over) this.d.report.ended(job.trigger, insight.state, (this.now() - job.created_ms) / 1000, job.id);
  }

  private async tell(insight: Insight): Promise<void> {
    try {
      await this.d.topic.publish(insight);
      this.d.report.published();
    } catch (error) {
      if (mayPass(error)) throw error;
      this.d.report.unpublishable(insight.id, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Says of what is not made that it is not. A second look that nobody saw begin needs no word. */
  private async settle(lease: Lease): Promise<void> {
    const { job } = lease;
    if (job.trigger === 'alert') await this.d.subjects.looked(job.subject, job.id, job.alerts, await this.glance(job));
    const quietly = job.again && job.alerts.length === 0 && (await this.d.records.get(job.id)) === null;
    if (quietly) return void (await lease.write((j) => ({ ...j, over: true, lease: null })));
    await this.d.records.failed(job, job.refused!);
    if (await lease.write((j) => ({ ...j, made: true, refused: null }))) await this.publish(lease);
  }

  private async giveBack(lease: Lease, error: unknown): Promise<void> {
    const { id, trigger, throws } = lease.job;
    if (this.stop.signal.aborted || error instanceof Stopping) {
      this.d.report.givenBack(id, 'stopping');
      return void (await lease.write((j) => ({ ...j, lease: null, taken: j.taken - 1 })));
    }
    if (mayPass(error)) {
      this.d.report.waiting('insight', error);
      this.d.report.givenBack(id, 'waiting');
      return void (await lease.write((j) => ({ ...j, lease: null, taken: j.taken - 1, not_before_ms: this.now() + AGAIN_MS })));
    }
    this.d.report.failed('insight', error);
    this.d.report.givenBack(id, 'failed');
    if (throws + 1 < MOST_THROWS && lease.job.taken <= MOST_TAKEN)
      return void (await lease.write((j) => ({ ...j, lease: null, throws: j.throws + 1, not_before_ms: this.now() + AFTER_THROW_MS * j.throws })));
    this.d.report.dropped(trigger, 'poison');
    const kind = error instanceof Error ? error.name : typeof error;
    const refused = `Not made: it failed ${MOST_THROWS} times by an error inside Headwater (${kind}); the log of headwater-insights has it.`;
    await lease.write((j) => ({ ...j, lease: null, taken: 0, throws: 0, refused }));
  }
}
