/** Real bus and state store in a directory of their own, any number of processes on them; facts and answers are scripted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALERT_KEYS, type Alert, type AlertEvent, type AlertSubject } from '@headwater/alert-rules';
import { InsightsConfig, TriggersConfig } from '@headwater/config';
import { openBus, topicsFor, type BusRecord, type EventBus, type OutRecord, type Subscription } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import {
  INSIGHT_KEYS,
  inputSha256,
  insightId,
  type Finding,
  type Insight,
  type InsightInput,
  type InsightRequest,
  type InsightSubject,
  type ModelPart,
} from '@headwater/insight-rules';
import { openStateStore, type StateStore } from '@headwater/state-store';
import type { Question } from '../../read/port.ts';
import type { Submission, Submitted } from '../../submit/port.ts';
import type { WorkReport } from '../../report/report.ts';
import { openWork, type Work, type WorkDoors } from '../open.ts';
import { NO_MODEL, instant } from '../records.ts';

/** A whole hour. */
export const T0 = 1_790_002_800_000;
export const MINUTE = 60_000;

/** Counts by event and its first words: `dropped alert queue_full`. */
export class Counts {
  readonly of = new Map<string, number>();
  readonly errors: unknown[] = [];
  readonly report: WorkReport = new Proxy({} as WorkReport, {
    get:
      (_, event: string) =>
      (...words: unknown[]) => {
        this.errors.push(...words.filter((w) => w instanceof Error));
        const name = [event, ...words.filter((w) => typeof w === 'string' && !/^[0-9a-f]{32}$/.test(w))].slice(0, 3).join(' ');
        this.of.set(name, (this.of.get(name) ?? 0) + 1);
      },
  });
  get(name: string): number {
    return this.of.get(name) ?? 0;
  }
}

export interface Process extends Work {
  counts: Counts;
}

export class Scene {
  readonly dir = mkdtempSync(join(tmpdir(), 'hw-insights-'));
  bus!: EventBus;
  state!: StateStore;
  now = 0;
  topics = { alerts: '', requests: '', insights: '' };
  /** error rate that the facts show, by service */
  readonly figures = new Map<string, number>();
  /** inputs that the model was asked about, in order */
  asked: string[] = [];
  questions: Question[] = [];
  config = new InsightsConfig();
  /** called before each reading and each question to the model */
  onRead: (question: Question) => void | Promise<void> = () => undefined;
  onAsk: (submission: Submission, signal: AbortSignal) => void | Promise<void> = () => undefined;
  private readonly answered = new Set<string>();
  private subscriptions: Subscription[] = [];
  private scenes = 0;

  async open(): Promise<this> {
    this.bus = await openBus({ kind: 'embedded', path: join(this.dir, 'bus.db'), retentionMs: 86_400_000, retentionBytes: 1 << 30 });
    this.state = await openStateStore({ kind: 'embedded', path: join(this.dir, 'state.db') });
    await this.begin();
    return this;
  }

  /** As if nothing had ever been: an empty store, topics of their own. */
  async begin(): Promise<void> {
    await this.leave();
    for (const { key } of await this.state.list('')) await this.state.delete(key);
    const prefix = `scene-${++this.scenes}`;
    await this.bus.applyTopics(
      topicsFor('embedded', prefix).map((t) => ({ ...t, cleanup: 'delete' as const, retentionMs: 86_400_000 })),
      { dryRun: false },
    );
    this.topics = { alerts: topicName(prefix, 'alerts'), requests: topicName(prefix, 'insightRequests'), insights: topicName(prefix, 'insights') };
    this.now = T0 + 20 * MINUTE;
    this.config = Object.assign(new InsightsConfig(), { triggers: Object.assign(new TriggersConfig(), { digest: false }) });
    [this.asked, this.questions, this.onRead, this.onAsk] = [[], [], () => undefined, () => undefined];
    this.answered.clear();
    this.figures.clear();
  }

  private async leave(): Promise<void> {
    await Promise.all(this.subscriptions.map((s) => s.stop()));
    this.subscriptions = [];
  }

  async close(): Promise<void> {
    await this.leave();
    await this.bus.close();
    await this.state.end();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** One process; `doors` may stand between it and what is real. */
  process(doors: Partial<Pick<WorkDoors, 'bus' | 'state' | 'model' | 'rules'>> = {}): Process {
    const counts = new Counts();
    const model = { submitter: { submit: (s: Submission, signal: AbortSignal) => this.submit(s, signal) }, gateway: 'scripted', name: 'm' };
    const all: WorkDoors = {
      bus: this.bus,
      state: this.state,
      reader: { read: (question) => this.facts(question) },
      rules: (input) => [finding('rules', `${input.services[0]?.error_pct ?? 0} % of exchanges fail`, { error_pct: input.services[0]?.error_pct ?? 0 })],
      model,
      report: counts.report,
      ...doors,
    };
    return { ...openWork(this.config, this.topics, all, () => this.now), counts };
  }

  /** Lets a process read both topics from the bus. */
  async follow(process: Process): Promise<Subscription[]> {
    const subscriptions = [
      await this.bus.consume('g-alerts', [this.topics.alerts], process.alerts),
      await this.bus.consume('g-requests', [this.topics.requests], process.requests),
    ];
    this.subscriptions.push(...subscriptions);
    return subscriptions;
  }

  private async facts(question: Question) {
    this.questions.push(question);
    await this.onRead(question);
    const { startMs, endMs } = question.window;
    const input: InsightInput = {
      schema: 1,
      window: { start: instant(startMs), end: instant(endMs) },
      compared_with: null,
      quality: { complete: true, lost_exchanges: 0, coverage_pct: 100, hosts: 1 },
      services: [
        {
          ...{ id: 'svc_1', exchanges: 100, exchanges_per_s: 1, error_pct: this.figures.get(question.subject.service ?? '') ?? 1, client_error_pct: 0 },
          ...{ p50_ms: 1, p95_ms: 1, p99_ms: 1, before: null },
        },
      ],
      ...{ endpoints: [], failures: [], headers: [], hosts: [], truncated: {} },
      alerts: question.alerts.map((a, i) => ({ id: `alert_${i + 1}`, kind: a.kind, severity: a.severity, about: 'svc_1', opened_at: a.opened_at, values: {} })),
    };
    return { input, aliases: { svc_1: { kind: 'service' as const, label: 'shop', service: 'shop' } }, comparedWith: null, complete: true };
  }

  /** As the real one: what was answered once is used again; who is killed while asking leaves nothing. */
  private async submit(submission: Submission, signal: AbortSignal): Promise<Submitted> {
    const hash = inputSha256(submission.input);
    const model: ModelPart = { ...NO_MODEL, state: 'done', reason: null, detail: null, gateway: 'scripted', model: 'm', input_sha256: hash, attempts: 1 };
    if (this.answered.has(hash)) return { model: { ...model, state: 'reused', attempts: 0 }, findings: [finding('model', 'said again')] };
    await this.onAsk(submission, signal);
    signal.throwIfAborted();
    this.asked.push(hash);
    this.answered.add(hash);
    return { model, findings: [finding('model', 'said')] };
  }

  alert(subject: AlertSubject, n: number, openedMs: number, more: Partial<Alert> = {}): Alert {
    return {
      ...{ schema: 1, id: n.toString(16).padStart(32, '0'), rule: 'errors', kind: 'error_burn', severity: 'page', subject, state: 'open' },
      ...{ title: 'fails', description: '', opened_at: instant(openedMs), opening_window: { start: instant(openedMs - MINUTE), end: instant(openedMs) } },
      ...{ resolved_at: null, resolution: null, values: {}, last_values: {}, complete: true, muted_by: null, revision: 1 },
      ...more,
    };
  }

  /** As the analyzer does: stored, then told. */
  async raise(alert: Alert): Promise<BusRecord> {
    await this.state.set(ALERT_KEYS.alert(alert.id), JSON.stringify(alert));
    return this.publish(this.topics.alerts, alertRecord(alert));
  }

  async resolve(alert: Alert): Promise<BusRecord> {
    return this.raise({ ...alert, state: 'resolved', resolved_at: instant(this.now), resolution: 'recovered' });
  }

  request(subject: InsightSubject, startMs: number, minutes = 15): InsightRequest {
    const window = { start: instant(startMs), end: instant(startMs + minutes * MINUTE) };
    return { schema: 1, id: insightId('request', subject, window), subject, window, requested_at: instant(this.now), requested_by: 'reporter' };
  }

  async ask(request: InsightRequest): Promise<BusRecord> {
    return this.publish(this.topics.requests, { key: request.id, value: Buffer.from(JSON.stringify(request)), headers: {} });
  }

  /** Puts it on the bus, and answers it as the bus gives it. */
  async publish(topic: string, record: OutRecord): Promise<BusRecord> {
    const [at] = await this.bus.publish(topic, [record]);
    return { ...record, offset: at!.offset, timestampMs: this.now };
  }

  /** What the bus does with a member that begins: partitions, then what is not read yet. */
  async read(process: Process, intake: 'alerts' | 'requests', records: readonly BusRecord[]): Promise<void> {
    const [place] = await process[intake].assigned([{ topic: this.topics[intake], partition: 0 }]);
    const left = records.filter((r) => r.offset >= place!.offset);
    if (left.length === 0) return;
    for (let offset = place!.offset; offset <= left.at(-1)!.offset;) {
      const batch = left.filter((r) => r.offset >= offset);
      const outcome = await process[intake].batch({ topic: this.topics[intake], partition: 0, records: batch, highWatermark: batch.at(-1)!.offset + 1 });
      if (outcome.kind === 'next') return;
      offset = outcome.offset;
    }
  }

  async insights(): Promise<Insight[]> {
    return (await this.state.list(INSIGHT_KEYS.insights)).map((e) => JSON.parse(e.value) as Insight);
  }

  /** Every record of `insights.v1`. */
  async published(): Promise<{ key: string | null; revision: string; insight: Insight }[]> {
    const [range] = await this.bus.ranges(this.topics.insights);
    const found: { key: string | null; revision: string; insight: Insight }[] = [];
    if (range!.next === range!.earliest) return found;
    const done = Promise.withResolvers<void>();
    const subscription = await this.bus.consume(`t-${Math.random()}`, [this.topics.insights], {
      assigned: async () => [],
      revoked: async () => undefined,
      batch: async ({ records }) => {
        for (const r of records) found.push({ key: r.key, revision: r.headers['headwater-revision'] ?? '', insight: JSON.parse(Buffer.from(r.value).toString()) as Insight });
        if (records.at(-1)!.offset + 1 >= range!.next) done.resolve();
        return { kind: 'next' };
      },
    });
    await done.promise;
    await subscription.stop();
    return found;
  }

  /** Works until nothing that is due is left. */
  async work(process: Process): Promise<void> {
    for (;;) {
      await process.worker.tick();
      await process.worker.idle();
      const jobs = await process.queue.list();
      if (!jobs.some(({ job }) => job.not_before_ms <= this.now && (job.lease === null || job.lease.until_ms <= this.now))) return;
    }
  }
}

export function alertRecord(alert: Alert): OutRecord {
  const event: AlertEvent = {
    ...{ schema: 1, event: alert.state === 'open' ? 'opened' : 'resolved', event_id: `${alert.id}/${alert.state}`, at: alert.opened_at },
    alert,
  };
  return { key: alert.id, value: Buffer.from(JSON.stringify(event)), headers: {} };
}

export function finding(source: Finding['source'], title: string, figures: Record<string, number> = {}): Finding {
  return {
    ...{ id: source === 'rules' ? 'f1' : 'm1', source, severity: 'ticket', title, what_changed: title, likely_cause: null, check_next: [], confidence: 'high' },
    evidence: [{ id: 'svc_1', kind: 'service', label: 'shop', service: 'shop', figures }],
  };
}

export async function until(what: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((ok) => setTimeout(ok, 5))) if (await what()) return;
  throw new Error('did not come');
}
