import { randomUUID } from 'node:crypto';
import type { AlertEvent } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';
import { ExponentialBackoff, type IBackoff } from 'cockatiel';
import type { AlertReport } from '../report.ts';
import { DELIVERIES, deliveryKey, isOver, leg, nextStep, seriesOf, withOutcome, type Delivery, type Muted } from './delivery.ts';
import type { Answer } from './post.ts';
import type { Target } from './target.ts';

/** What is over is remembered for longer than anybody hands the same event over again. */
const OVER_TTL_MS = 7 * 86_400_000;
/** Longer than a fleet's analyzers differ in their settings. */
const FORGET_MS = 30 * 86_400_000;
/** Deliveries of others that ended, or of a store that was rolled back, are found this late. */
const LIST_EVERY_MS = 10_000;
const AT_ONCE = 4;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;
/** Beyond a target's time-out: to write down what it answered. */
const LEASE_SLACK_MS = 2_000;
/** Stands for a repeat among the attempts under way. */
const REPEAT = 'repeat';
const REPEAT_BATCH = 100;
const REPEAT_AGAIN_MS = 5_000;

interface Held {
  key: string;
  delivery: Delivery;
  version: number;
}

/**
 * Delivers alert events to receivers: what is owed is in the state store before anything is sent and says what became of it
 * afterwards, so a crash costs at most a repeat of the one attempt that was under way. Whoever owns the subject delivers;
 * a lease keeps a new owner from repeating what the one before is sending. Each target has a line of its own.
 */
export class DeliveryDesk {
  private readonly held = new Map<string, Held>();
  private readonly me = randomUUID();
  private readonly backoffs = new Map<string, IBackoff<unknown>>();
  private readonly underWay = new Map<string, Set<string>>();
  private readonly repeatedMs = new Map<string, number>();
  private listedMs = -LIST_EVERY_MS;
  private readonly state: StateStore;
  private readonly targets: readonly Target[];
  private readonly report: AlertReport;
  private readonly owns: (subject: string) => boolean;
  private readonly muted: Muted;
  private readonly now: () => number;

  constructor(doors: { state: StateStore; targets: readonly Target[]; report: AlertReport; owns: (subject: string) => boolean; muted: Muted }, now: () => number) {
    this.state = doors.state;
    this.targets = doors.targets;
    this.report = doors.report;
    this.owns = doors.owns;
    this.muted = doors.muted;
    this.now = now;
  }

  /** Writes down what is owed of this event. Repeating it is harmless. @throws whatever the store throws */
  async accept(event: AlertEvent, owner: string): Promise<void> {
    for (const target of this.targets) {
      if (!target.wants(event.alert)) continue;
      const key = deliveryKey(target.id, event.alert.id);
      if (event.event === 'opened') await this.open(key, target, event, owner);
      else await this.close(key, event);
    }
  }

  private async open(key: string, target: Target, event: AlertEvent, owner: string): Promise<void> {
    const delivery: Delivery = {
      schema: 1,
      owner,
      series: seriesOf(event),
      target: target.id,
      alert_id: event.alert.id,
      opened_at: event.alert.opened_at,
      opened: leg(event, this.now()),
      resolved: null,
      lease: null,
    };
    await this.state.compareAndSet(key, null, JSON.stringify(delivery));
    await this.reload(key);
  }

  /** Only who was (or is about to be) told of the opening is told of the end. */
  private async close(key: string, event: AlertEvent): Promise<void> {
    for (;;) {
      const held = await this.reload(key);
      if (!held || held.delivery.resolved) return;
      const { outcome } = held.delivery.opened;
      const next = { ...held.delivery, resolved: leg(event, this.now()) };
      if (outcome !== 'pending' && outcome !== 'delivered') next.resolved = { ...next.resolved, outcome: 'unneeded' };
      if (await this.write(held, next)) return;
    }
  }

  /** One look at everything that is owed; returns without waiting for any receiver. @throws whatever the store throws */
  async tick(): Promise<void> {
    if (this.targets.length === 0) return;
    if (this.now() - this.listedMs >= LIST_EVERY_MS) await this.list();
    const mine = [...this.held.values()].filter((h) => this.owns(h.delivery.owner) && !isOver(h.delivery));
    mine.sort((a, b) => (a.delivery.opened_at < b.delivery.opened_at ? -1 : 1));
    this.report.owed(mine.filter((h) => h.delivery.opened.outcome === 'pending' || h.delivery.resolved !== null).length);
    for (const target of this.targets) {
      const own = mine.filter((h) => h.delivery.target === target.id);
      if (target.repeat) this.repeat(target, target.repeat, own);
      this.send(target, firstOfEachSeries(own.filter((h) => h.delivery.opened.outcome === 'pending' || h.delivery.resolved !== null)));
    }
  }

  /** Ends when every attempt under way has ended. */
  async idle(): Promise<void> {
    while ([...this.underWay.values()].some((s) => s.size > 0)) await new Promise((ok) => setTimeout(ok, 10));
  }

  private async list(): Promise<void> {
    const found = new Set<string>();
    for (const { key, value, version } of await this.state.list(DELIVERIES)) {
      found.add(key);
      const held = this.held.get(key);
      const delivery = held?.version === version ? held.delivery : (JSON.parse(value) as Delivery);
      if (this.isForgotten(delivery)) await this.state.delete(key);
      else this.held.set(key, { key, version, delivery });
    }
    for (const key of this.held.keys()) if (!found.has(key)) this.held.delete(key);
    for (const key of this.backoffs.keys()) if (!found.has(key)) this.backoffs.delete(key);
    this.listedMs = this.now();
  }

  /** Owed to a receiver that is no longer in the settings, for long. */
  private isForgotten({ target, opened_at }: Delivery): boolean {
    return this.now() - Date.parse(opened_at) > FORGET_MS && !this.targets.some((t) => t.id === target);
  }

  private send(target: Target, line: Held[]): void {
    const busy = this.busy(target);
    for (const held of line) {
      if (busy.has(REPEAT) || busy.size >= AT_ONCE) return;
      const { lease } = held.delivery;
      if (busy.has(held.key) || (lease && lease.by !== this.me && lease.until_ms > this.now())) continue;
      busy.add(held.key);
      void this.step(target, held)
        .catch((error: unknown) => this.report.failed('delivery', error))
        .finally(() => busy.delete(held.key));
    }
  }

  private busy({ id }: Target): Set<string> {
    const busy = this.underWay.get(id) ?? new Set<string>();
    this.underWay.set(id, busy);
    return busy;
  }

  private async step(target: Target, held: Held): Promise<void> {
    const step = nextStep(held.delivery, target.giveUpMs, this.muted, this.now());
    if (step.kind === 'wait') return;
    if (step.kind === 'settle') {
      if ((await this.write(held, step.delivery)) && step.outcome !== 'pending') this.report.delivered(target, step.outcome, held.delivery.alert_id);
      return;
    }
    const lease = { by: this.me, until_ms: this.now() + target.timeoutMs + LEASE_SLACK_MS };
    if (!(await this.write(held, { ...held.delivery, lease }))) return;
    const answer = await target.send(step.event);
    const tried = this.attempted(held.key, held.delivery, step.which, answer);
    // The end may have been written beside us while the receiver took its time: what it answered holds all the same.
    for (let at = await this.reload(held.key); at; at = await this.reload(held.key)) {
      const next = at.delivery.lease?.by === this.me ? tried(at.delivery) : null;
      if (!next || (await this.write(at, next))) break;
    }
    this.report.delivered(target, answer.kind === 'later' ? 'retried' : answer.kind, held.delivery.alert_id, answer.kind === 'delivered' ? undefined : answer.why);
  }

  private attempted(key: string, before: Delivery, which: 'opened' | 'resolved', answer: Answer): (delivery: Delivery) => Delivery {
    const attempts = before[which]!.attempts + 1;
    if (answer.kind !== 'later') {
      this.backoffs.delete(key);
      return (d) => counted(withOutcome(d, which, answer.kind), which, attempts, 0);
    }
    const backoff = (this.backoffs.get(key) ?? new ExponentialBackoff({ initialDelay: FIRST_WAIT_MS, maxDelay: LONGEST_WAIT_MS })).next(undefined);
    this.backoffs.set(key, backoff);
    const notBefore = Math.max(this.now() + backoff.duration, answer.notBeforeMs ?? 0);
    return (d) => ({ ...counted(d, which, attempts, notBefore), lease: null });
  }

  /**
   * Sends what is open once more, with nothing else under way: a repeat that arrives behind the end would open the alert again. Nothing is
   * written down, the next owner begins anew.
   */
  private repeat(target: Target, { everyMs, send }: NonNullable<Target['repeat']>, own: Held[]): void {
    const now = this.now();
    const busy = this.busy(target);
    if (busy.size > 0 || now - (this.repeatedMs.get(target.id) ?? -Infinity) < everyMs) return;
    const open = own.filter((h) => h.delivery.opened.outcome === 'delivered' && h.delivery.resolved === null).map((h) => h.delivery.opened.event!);
    this.repeatedMs.set(target.id, now);
    if (open.length === 0) return;
    busy.add(REPEAT);
    const all = async () => {
      for (let i = 0; i < open.length; i += REPEAT_BATCH) {
        const answer = await send(open.slice(i, i + REPEAT_BATCH));
        this.report.repeated(target, answer.kind, answer.kind === 'delivered' ? undefined : answer.why);
        if (answer.kind === 'later') return void this.repeatedMs.set(target.id, now - everyMs + REPEAT_AGAIN_MS);
      }
    };
    void all().finally(() => busy.delete(REPEAT));
  }

  private async reload(key: string): Promise<Held | null> {
    const entry = await this.state.get(key);
    if (!entry) {
      this.held.delete(key);
      return null;
    }
    const held = { key, version: entry.version, delivery: JSON.parse(entry.value) as Delivery };
    this.held.set(key, held);
    return held;
  }

  private async write(held: Held, delivery: Delivery): Promise<boolean> {
    const done = await this.state.compareAndSet(held.key, held.version, JSON.stringify(delivery), isOver(delivery) && delivery.resolved ? { ttlMs: OVER_TTL_MS } : {});
    await this.reload(held.key);
    return done;
  }
}

function firstOfEachSeries(line: readonly Held[]): Held[] {
  const seen = new Set<string>();
  return line.filter(({ delivery: { series } }) => !seen.has(series) && seen.add(series));
}

function counted(delivery: Delivery, which: 'opened' | 'resolved', attempts: number, notBeforeMs: number): Delivery {
  return { ...delivery, [which]: { ...delivery[which]!, attempts, not_before_ms: notBeforeMs } };
}
