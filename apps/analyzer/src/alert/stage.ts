import { setImmediate } from 'node:timers/promises';
import { HOUR_MS, MINUTE_MS, SEVERITIES, type Advance, type Alert, type Severity } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';
import type { SummaryStore } from '@headwater/summary-store';
import { decide } from './decide.ts';
import type { DeliveryDesk } from './deliver/desk.ts';
import { Hosts } from './hosts.ts';
import type { SubjectMemory, KnownHost } from './memory.ts';
import type { Mutes } from './mutes.ts';
import { HOSTS_SUBJECT, readMinute } from './reading.ts';
import type { AlertReport } from './report.ts';
import type { RulesInEffect } from './rules-in-force.ts';
import { Service, remembered } from './services.ts';
import type { Teller } from './teller.ts';
import type { AlertTopic } from './topic.ts';

/** A round shares the thread with the fold. */
const ROUND_MS = 300;
/** What is longer ago is not judged any more. */
const LONGEST_BEHIND_MS = 6 * HOUR_MS;
/** Ends of windows move back a little when partitions change hands. */
const BACK_MS = 5 * MINUTE_MS;
const HOSTS_EVERY_MS = 10_000;
/** A memory in which nothing happens is written this seldom: judging its minutes once more says the same. */
const QUIET_SAVE_MS = 5 * MINUTE_MS;

/** What the stage asks of the fold: which subjects are ours, and up to when windows are whole. */
export interface Ownership {
  readonly closedBefore: number | null;
  owns(subject: string): boolean;
}

export interface AlertDoors {
  store: SummaryStore;
  state: StateStore;
  topic: AlertTopic;
  rules: RulesInEffect;
  mutes: Mutes;
  desk: DeliveryDesk;
  teller: Teller;
  report: AlertReport;
  /** whether heartbeats can be heard; rejects where not */
  hearing: () => Promise<unknown>;
}

/**
 * Judges every closed minute of every service that is ours, in order and once, and the hosts every ten seconds, where they are ours. What
 * was decided is in the store, with what is owed for it, before anybody is told.
 */
export class AlertStage {
  private readonly services = new Map<string, Service>();
  private readonly hosts: Hosts;
  /** start of the next minute to read */
  private cursor: number | null = null;
  private judgedHostsMs = -Infinity;
  /** the document that is in force, by identity: other rules need other histories */
  private ruled: unknown = null;
  private readonly d: AlertDoors;
  private readonly fold: Ownership;
  private readonly source: string;
  private readonly now: () => number;

  /** @param source the topic whose windows are judged */
  constructor(doors: AlertDoors, fold: Ownership, source: string, now: () => number) {
    this.d = doors;
    this.fold = fold;
    this.source = source;
    this.now = now;
    this.hosts = new Hosts(doors.state);
  }

  /** One bounded round. @throws whatever store or bus throw; the next round goes on where this one ended */
  async round(): Promise<void> {
    await this.d.rules.look();
    await this.d.mutes.look();
    const before = this.fold.closedBefore;
    // A partition that was just taken over and has not folded anything yet stands at 0.
    if (before === null || before < LONGEST_BEHIND_MS) return;
    const until = before - (before % MINUTE_MS);
    const patience = performance.now() + ROUND_MS;
    if (this.ruled !== this.d.rules.current) this.forget();
    this.ruled = this.d.rules.current;
    await this.read(until, patience);
    await this.judgeServices(patience);
    if (this.now() - this.judgedHostsMs >= HOSTS_EVERY_MS) await this.judgeHosts();
    this.d.report.behind(Math.max(0, until - this.cursor!) / MINUTE_MS);
    this.d.report.open(this.openBySeverity());
  }

  private forget(): void {
    for (const service of this.services.values()) service.forget();
    this.hosts.forget();
  }

  /** Reads the minutes that became whole, one after another. */
  private async read(until: number, patience: number): Promise<void> {
    this.cursor ??= await this.begin(until);
    // Somebody who is further behind spoke up: what is known already is not judged again, what was not known is found.
    if (until < this.cursor - BACK_MS) this.cursor = until;
    if (this.cursor < until - LONGEST_BEHIND_MS) {
      this.d.report.skipped((until - LONGEST_BEHIND_MS - this.cursor) / MINUTE_MS);
      this.cursor = until - LONGEST_BEHIND_MS;
      this.forget();
    }
    const { rules } = this.d.rules;
    const held = (s: Service | undefined) => s?.history != null && s.untilMs === this.cursor && this.fold.owns(s.subject);
    for (let start: number = this.cursor; start < until && performance.now() < patience; start += MINUTE_MS) {
      const minute = await readMinute(this.d.store, this.source, start, (subject) => held(this.services.get(subject)));
      for (const name of minute.names) if (!this.services.has(name)) this.services.set(name, new Service(this.d.state, name, start));
      const complete = [...(minute.hosts?.window.hosts() ?? [])].every((h) => h.lostBatches.size === 0 && h.request.lost.size === 0);
      for (const service of this.services.values()) if (held(service)) service.add(minute, rules, start, complete);
      if (this.hosts.untilMs === start) this.hosts.add(minute.hosts, start, rules);
      this.cursor = start + MINUTE_MS;
    }
  }

  /** Where the first round begins: where the judgements before us ended, so that no service is found later than its first minute. */
  private async begin(until: number): Promise<number> {
    const { subjects, untilMs } = await remembered(this.d.state);
    for (const subject of subjects) this.services.set(subject, new Service(this.d.state, subject, until));
    const last = subjects.length > 0 ? untilMs - (untilMs % MINUTE_MS) : until;
    return Math.min(until - MINUTE_MS, Math.max(last, until - LONGEST_BEHIND_MS));
  }

  private async judgeServices(patience: number): Promise<void> {
    for (const service of this.services.values()) {
      if (!this.fold.owns(service.subject)) {
        if (service.history) service.forget();
        continue;
      }
      try {
        if (!service.history || service.untilMs !== this.cursor) {
          if (performance.now() > patience) continue;
          await service.take(this.d.store, this.source, this.d.rules.rules, this.cursor!);
        }
        if (!service.memory.sure) await service.memory.load();
        await this.judgeService(service);
        await this.d.teller.tell(service.memory);
      } catch (error) {
        this.d.report.failed(`alerts of ${service.subject}`, error);
      }
      await setImmediate();
    }
  }

  private async judgeService(service: Service): Promise<void> {
    const { memory } = service;
    const from = memory.stored?.memory.evaluatedUntilMs ?? service.sinceMs;
    if (from >= service.untilMs) return;
    const judged = service.judge(this.d.rules.rules);
    this.d.report.evaluated('service', (service.untilMs - from) / MINUTE_MS);
    await this.keep(memory, judged, service.untilMs);
  }

  private async judgeHosts(): Promise<void> {
    this.judgedHostsMs = this.now();
    if (!this.fold.owns(HOSTS_SUBJECT)) {
      if (this.hosts.untilMs !== null) this.hosts.forget();
      return;
    }
    const { rules } = this.d.rules;
    if (this.hosts.untilMs !== this.cursor) await this.hosts.take(this.d.store, this.source, rules, this.cursor!, this.now());
    if (!this.hosts.memory.sure) await this.hosts.memory.load();
    await this.d.hearing().catch(() => this.hosts.deaf(this.now()));
    const { advance, hosts } = await this.hosts.judge(rules, this.now());
    this.d.report.evaluated('hosts', 1);
    await this.keep(this.hosts.memory, advance, this.now(), hosts);
    await this.d.teller.tell(this.hosts.memory);
  }

  /** Writes a judgement down, with what is owed for it, in one step; another analyzer may have been first. */
  private async keep(memory: SubjectMemory, judged: Advance, atMs: number, hosts?: Record<string, KnownHost>): Promise<void> {
    const before = memory.stored;
    const { memory: next, events, changed } = decide(judged, (alert) => this.d.mutes.of(alert, this.now()), this.now());
    const quiet = events.length === 0 && Object.keys(next.open).length === 0 && before !== null && memory.savedMs > atMs - QUIET_SAVE_MS;
    const stored = { schema: 1 as const, memory: next, outbox: before?.outbox ?? [], ...(hosts ? { hosts } : {}) };
    if (quiet) {
      memory.stored = stored;
      return;
    }
    const ends = events.length > 0 ? await this.d.topic.ends() : null;
    stored.outbox = [...stored.outbox, ...events.map((event) => ({ event, ends }))];
    if (!(await memory.save(stored))) {
      this.d.report.lostRace('judgement');
      return;
    }
    memory.savedMs = atMs;
    for (const { event, alert } of events) this.d.report.transition(event, alert);
    for (const alert of changed) await this.d.teller.show(alert);
  }

  private openBySeverity(): Record<Severity, number> {
    const count = Object.fromEntries(SEVERITIES.map((s) => [s, 0])) as Record<Severity, number>;
    const openOf = (memory: SubjectMemory): Alert[] => Object.values(memory.stored?.memory.open ?? {}).map(({ alert }) => alert);
    for (const memory of [this.hosts.memory, ...[...this.services.values()].map((s) => s.memory)]) for (const { severity } of openOf(memory)) count[severity]++;
    return count;
  }
}
