import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchOutcome, ConsumerHooks, EventBus, PartitionRange, RecordBatch, Subscription, TopicPartition } from '@headwater/event-bus';
import { fnv1a32 } from '@headwater/header-event';
import { SketchError } from '@headwater/sketch';
import { RESOLUTION_MS, type Resolution, type SegmentKey, type SummaryStore } from '@headwater/summary-store';
import { AgentsError } from './aggregate/agents.ts';
import { UnitFold, type FoldRules } from './aggregate/unit-fold.ts';
import { closeWindow } from './close/closer.ts';
import { Heard } from './close/heard.ts';
import type { Outbox } from './close/outbox.ts';
import { planClose } from './close/plan.ts';
import { RollRound } from './close/roll-round.ts';
import { deadLetter } from './consume/dead-letter.ts';
import { inspect } from './consume/inspect.ts';
import { beginning, fit } from './consume/place.ts';
import { commitFold } from './flush/commit.ts';
import { patiently } from './patience.ts';
import type { Report } from './report/report.ts';
import type { Sampler } from './sample/sampler.ts';
import { NotNow, Unit } from './unit.ts';

export interface PipelineSettings extends FoldRules {
  topic: string;
  deadLetterTopic: string;
  dirtyMaxBytes: number;
  /** how long a partition that was fenced leaves the field to the other owner, ms */
  fencedPauseMs: number;
}

/** How long a batch waits for a commit under way before the bus is asked to give it again. */
const TURN_MS = 5_000;
/** How often the end of the log is looked up, and for how long the answer stands. */
const RANGE_MS = 2_000;
const CAUGHT_UP_MS = 5_000;
/** How often it is asked whether the topic is still the one that was claimed. */
const LOG_MS = 5_000;
/** An unchanged partition writes its watermark this often. */
const IDLE_COMMIT_MS = 2_000;
const LEAVE_MS = 5_000;
/** Seeks to one place that end at the same later record before the records in between are given up. */
const HOLE_AFTER = 10;
const CLOSES_A_ROUND = 500;
/** What came too late for 10 s windows is closed this seldom: a backlog would else meet its own closes again and again. */
const COARSE_CLOSE_MS = 60_000;
/** Windows live this much longer than their retention, so that an owner that is a little behind does not meet the store's floor. */
const RETIRE_SLACK_MS = 300_000;
/** What has no roll-up by then (damaged, nobody to make it) is deleted all the same, and counted. */
const RETIRE_ANYWAY_MS = { '10s': 6 * RESOLUTION_MS['1h'], '1m': 24 * RESOLUTION_MS['1h'] };

/**
 * Consume, aggregate, flush, close: what the analyzer does, in the order it does it. The fold contract
 * (README.md) is kept here and in `UnitFold`; the stages know nothing of each other.
 */
export class Pipeline implements ConsumerHooks {
  /** set by whoever subscribed these hooks */
  subscription: Pick<Subscription, 'seek'> | null = null;
  private readonly units = new Map<number, Unit>();
  private readonly toResume = new Set<number>();
  /** units of which a flush is under way */
  private readonly tending = new Set<Unit>();
  private partitions = 0;
  private coarseClosedMs = 0;
  private before: number | null = null;
  /** the topic's life as the bus said it last, and when that is asked again, ms */
  private incarnation: string | null = null;
  private logDueMs = 0;
  private readonly rolls: RollRound;
  private readonly heard = new Heard();
  private readonly bus: EventBus;
  private readonly store: SummaryStore;
  private readonly outbox: Outbox;
  private readonly report: Report;
  private readonly samples: Pick<Sampler, 'look'> | undefined;
  private readonly settings: PipelineSettings;
  private readonly now: () => number;

  constructor(doors: { bus: EventBus; store: SummaryStore; outbox: Outbox; report: Report; samples?: Pick<Sampler, 'look'> }, settings: PipelineSettings, now: () => number) {
    this.bus = doors.bus;
    this.store = doors.store;
    this.outbox = doors.outbox;
    this.report = doors.report;
    this.samples = doors.samples;
    this.settings = settings;
    this.now = now;
    this.rolls = new RollRound({ store: this.store, outbox: this.outbox, report: this.report }, settings.topic, now, settings.windowsVersion);
  }

  async assigned(given: readonly TopicPartition[]): Promise<readonly (TopicPartition & { offset: number })[]> {
    return Promise.all(
      given.map(async ({ topic, partition }) => {
        this.units.get(partition)?.leave();
        const unit = new Unit(topic, partition);
        this.units.set(partition, unit);
        const offset = await unit.exclusively(() => this.claim(unit)).catch((error: unknown) => this.unreadable(unit, error));
        return { topic, partition, offset };
      }),
    );
  }

  /**
   * What the store holds of this partition was damaged, or written by a newer version: it waits, for an analyzer that can read it, and is
   * tried again with every flush. Nothing is folded and nothing lost meanwhile, and the other partitions go on.
   */
  private unreadable(unit: Unit, error: unknown): number {
    if (!(error instanceof SketchError || error instanceof AgentsError)) throw error;
    this.report.failed(`claim of partition ${unit.partition}`, error);
    return 0;
  }

  async batch(batch: RecordBatch): Promise<BatchOutcome> {
    const unit = this.units.get(batch.partition);
    if (!unit) throw new NotNow(`${batch.topic}/${batch.partition} is not ours`);
    return unit.exclusively(() => this.foldBatch(unit, batch), TURN_MS);
  }

  async revoked(taken: readonly TopicPartition[]): Promise<void> {
    await Promise.all(taken.map(({ partition }) => this.leave(partition)));
  }

  /** Every flush interval: writes what changed, moves the watermarks of idle partitions, reloads what was dropped. */
  async flush(): Promise<void> {
    if (this.units.size > 0 && this.now() >= this.logDueMs) void this.lookAtLog();
    const round = [...this.units.values()].filter((unit) => !this.tending.has(unit)).map((unit) => this.tendOnce(unit));
    // A unit that waits for its shard of a store does not hold up the others: the next round passes it over.
    const enough = new AbortController();
    await Promise.race([Promise.all(round), sleep(TURN_MS, undefined, { signal: enough.signal, ref: false }).catch(() => undefined)]);
    enough.abort();
  }

  /** Closes windows whose time has come and that are ours to close, and rolls up what is closed. */
  async close(): Promise<void> {
    const own = new Map<number, number>();
    for (const { partition, fold } of this.units.values()) if (fold) own.set(partition, fold.watermark);
    if (own.size === 0 || this.partitions === 0) return;
    for (const partition of this.toResume) {
      if (own.has(partition)) this.report.resent(partition, await this.outbox.resume(partition));
      this.toResume.delete(partition);
    }
    const { topic } = this.settings;
    const units = this.heard.look(await this.store.units(topic), this.now());
    const { before, missing } = planClose(units, this.partitions, own, this.now(), this.settings);
    if (before === null) return;
    this.before = before;
    await this.closeWindows('10s', before, missing);
    if (this.now() - this.coarseClosedMs >= COARSE_CLOSE_MS) {
      this.coarseClosedMs = this.now();
      for (const resolution of ['1m', '1h'] as const) await this.closeWindows(resolution, before, missing);
    }
    await this.rolls.run([...this.units.values()], before);
  }

  private async closeWindows(resolution: Resolution, before: number, missing: number[]): Promise<void> {
    const { topic } = this.settings;
    const keys = (await this.store.closable(topic, resolution, before)).filter((key) => this.ownerOf(key)?.fold);
    for (const key of keys.slice(0, CLOSES_A_ROUND)) {
      const unit = this.ownerOf(key);
      if (!unit?.fold) continue;
      const outcome = await closeWindow(this.store, this.outbox, { topic, partition: unit.partition }, unit.fold.epoch, key, missing, this.now(), this.settings.windowsVersion);
      this.report.closed(outcome, key.subject, key.start);
    }
  }

  /** Deletes windows that are past their retention, finer ones only into their roll-up; one owner is enough, a second does no harm. */
  async prune(): Promise<void> {
    if (!this.units.has(0)) return;
    const { topic, retentionMs, coarseRetentionMs } = this.settings;
    const kept: Record<Resolution, number> = { '10s': retentionMs, '1m': retentionMs, '1h': retentionMs, ...coarseRetentionMs };
    for (const fine of ['10s', '1m'] as const) {
      const before = this.now() - kept[fine] - RETIRE_SLACK_MS;
      this.report.retired(fine, await this.store.retire(topic, fine, before, before - RETIRE_ANYWAY_MS[fine]));
    }
    this.report.pruned(await this.store.prune(topic, '1h', this.now() - kept['1h'] - RETIRE_SLACK_MS));
  }

  /** Gives a store or a bus that is away a last chance, then ends all waiting, so that batches under way can end. */
  stopWaiting(): void {
    for (const unit of this.units.values()) setTimeout(() => unit.leave(), LEAVE_MS).unref();
  }

  /** Flushes and leaves whatever is still held. */
  async end(): Promise<void> {
    await Promise.all([...this.units.keys()].map((partition) => this.leave(partition)));
  }

  /** Windows that end at or before this instant have come to their time, ms; null: not known yet. Those of our subjects are closed within the next rounds. */
  get closedBefore(): number | null {
    return this.before;
  }

  /** Whether this subject's windows are ours to close (and what is derived from them ours to make). A hint: another owner may have begun. */
  owns(subject: string): boolean {
    return this.partitions > 0 && (this.units.get(fnv1a32(subject) % this.partitions)?.fold ?? null) !== null;
  }

  get ready(): boolean {
    return [...this.units.values()].every((u) => u.fold !== null);
  }

  private ownerOf(key: SegmentKey): Unit | undefined {
    return this.units.get(fnv1a32(key.subject) % this.partitions);
  }

  private async leave(partition: number): Promise<void> {
    const unit = this.units.get(partition);
    if (!unit) return;
    this.units.delete(partition);
    // A last flush spares the next owner a replay; with the store away it is not waited for.
    const timer = setTimeout(() => unit.leave(), LEAVE_MS);
    await unit.exclusively(() => this.flushUnit(unit)).catch(() => undefined);
    clearTimeout(timer);
    unit.leave();
    unit.fold = null;
    this.report.left(partition);
  }

  /** Takes the partition over and answers where to read from. */
  private async claim(unit: Unit): Promise<number> {
    const { topic, partition } = unit;
    const pause = unit.pausedUntil - this.now();
    if (pause > 0) await sleep(pause, undefined, { signal: unit.signal });
    const claimed = await patiently(
      async () => {
        const incarnation = await this.bus.incarnation(topic);
        const range = await this.range(topic, partition);
        return { range, claim: await this.store.claim({ topic, partition }, incarnation) };
      },
      unit.signal,
      (error) => this.report.waiting('claim', error),
    );
    const fold = new UnitFold(claimed.claim, this.settings, this.now());
    this.incarnation = unit.incarnation = claimed.claim.busIncarnation;
    const begin = beginning(claimed.claim.nextOffset, claimed.range);
    if (begin.kind === 'begin') {
      fold.startAt(begin.offset);
      // Another log: the store cleared the place and kept the windows.
      if (claimed.claim.watermark > 0 || claimed.claim.open.length > 0) this.report.startedOver(partition, -1, begin.offset);
    } else if (begin.kind === 'start over') {
      fold.startAt(begin.offset);
      this.report.startedOver(partition, claimed.claim.nextOffset!, begin.offset);
    } else if (begin.kind === 'lost') this.report.lost(partition, fold.lose(begin.offset, this.now()));
    unit.fold = fold;
    if (begin.offset >= claimed.range.next) unit.caughtUpMs = this.now();
    this.toResume.add(partition);
    this.report.claimed(partition, fold.epoch, begin.offset, fold.windowCount);
    return begin.offset;
  }

  private async foldBatch(unit: Unit, batch: RecordBatch): Promise<BatchOutcome> {
    if (unit.signal.aborted) throw new NotNow(`${unit.topic}/${unit.partition} is not ours`);
    if (!unit.fold) return { kind: 'seek', offset: await this.claim(unit) };
    const fold = unit.fold;
    const { records } = batch;
    const place = fit({ first: records[0]!.offset, last: records.at(-1)!.offset }, fold.nextOffset);
    if (place.kind === 'elsewhere') return this.elsewhere(unit, fold, records[0]!.offset);

    for (const record of records) {
      if (record.offset < fold.nextOffset) continue;
      const seen = inspect(record, this.now());
      if ('bad' in seen) {
        await this.putAside(unit, record, seen.bad);
        fold.pass(record.offset);
      } else {
        const folded = fold.fold(seen.ok, this.now());
        this.report.folded(unit.partition, folded);
        if (folded.repeated === 0) this.samples?.look(seen.ok, this.now());
      }
      if (fold.dirtyBytes > this.settings.dirtyMaxBytes && !(await this.flushUnit(unit))) return { kind: 'seek', offset: await this.claim(unit) };
    }
    if (fold.nextOffset >= batch.highWatermark) unit.caughtUpMs = this.now();
    this.report.state(unit.partition, fold.windowCount, fold.watermark, Math.max(0, batch.highWatermark - fold.nextOffset));
    return { kind: 'next' };
  }

  /**
   * The batch does not hold the next record: the consumer is elsewhere (a batch fetched before a seek, a rolled-back
   * store), the bus deleted what comes next, or the log has a hole. A hole looks like a batch fetched too early,
   * so it is believed only when the bus answers several seeks in the same way.
   */
  private async elsewhere(unit: Unit, fold: UnitFold, first: number): Promise<BatchOutcome> {
    const next = fold.nextOffset;
    if (first < next) this.logDueMs = 0; // behind us: perhaps the topic was made again
    if (first > next) {
      const { earliest } = await this.range(unit.topic, unit.partition);
      const same = unit.ahead?.first === first && unit.ahead.next === next;
      unit.ahead = { first, next, times: same ? unit.ahead!.times + 1 : 1 };
      const until = earliest > next ? earliest : unit.ahead.times >= HOLE_AFTER ? first : next;
      if (until > next) this.report.lost(unit.partition, fold.lose(until, this.now()));
    }
    this.report.sought(unit.partition, fold.nextOffset);
    return { kind: 'seek', offset: fold.nextOffset };
  }

  private async putAside(unit: Unit, record: RecordBatch['records'][number], bad: { reason: string; detail: string }): Promise<void> {
    const letter = deadLetter(unit, record, bad.reason, bad.detail);
    await patiently(
      () => this.bus.publish(this.settings.deadLetterTopic, [letter]),
      unit.signal,
      (error) => this.report.waiting('dead letter', error),
    );
    this.report.deadLettered({ topic: unit.topic, partition: unit.partition, offset: record.offset }, bad.reason, bad.detail);
  }

  private async tendOnce(unit: Unit): Promise<void> {
    this.tending.add(unit);
    try {
      await this.tend(unit);
    } catch (error) {
      this.report.failed('flush', error);
    } finally {
      this.tending.delete(unit);
    }
  }

  private async tend(unit: Unit): Promise<void> {
    if (this.now() - unit.lastRangeCheckMs >= RANGE_MS) await this.lookAtEnd(unit);
    await unit.exclusively(async () => {
      if (unit.signal.aborted) return;
      const another = unit.incarnation !== null && unit.incarnation !== this.incarnation;
      if (unit.fold && !another && !unit.fold.changed && this.now() - unit.committedMs < IDLE_COMMIT_MS) return;
      if (unit.fold && (await this.flushUnit(unit)) && !another) return;
      // The consumer stands where the dropped memory was, and an idle partition gives no batch to answer with a seek.
      const offset = await this.claim(unit);
      await this.subscription?.seek({ topic: unit.topic, partition: unit.partition, offset });
    });
  }

  /**
   * A topic that was deleted and made again is another log: the consumer reads on in it, at offsets that mean nothing there, and
   * would pass over its first records without a word. What was folded of the old one is committed, then the new one is claimed.
   */
  private async lookAtLog(): Promise<void> {
    this.logDueMs = this.now() + LOG_MS;
    try {
      this.incarnation = await this.bus.incarnation(this.settings.topic);
    } catch (error) {
      this.report.waiting('bus', error as Error);
    }
  }

  /** An idle partition is caught up as long as the bus says so; with the bus away nobody knows. */
  private async lookAtEnd(unit: Unit): Promise<void> {
    unit.lastRangeCheckMs = this.now();
    try {
      const { next } = await this.range(unit.topic, unit.partition);
      if (unit.fold && unit.fold.nextOffset >= next) unit.caughtUpMs = this.now();
    } catch (error) {
      this.report.waiting('bus', error as Error);
    }
  }

  /** Writes everything since the last commit. False: the memory was dropped and must be claimed again. */
  private async flushUnit(unit: Unit): Promise<boolean> {
    const { fold, topic, partition } = unit;
    if (!fold) return false;
    const silent = fold.settle(this.now(), this.now() - unit.caughtUpMs < CAUGHT_UP_MS);
    const outcome = await commitFold(this.store, fold, { topic, partition }, silent, unit.signal, this.now, this.report);
    if (outcome === 'ok') {
      unit.committedMs = this.now();
      return true;
    }
    if (outcome === 'fenced') unit.pausedUntil = this.now() + this.settings.fencedPauseMs;
    unit.fold = null;
    return false;
  }

  private async range(topic: string, partition: number): Promise<PartitionRange> {
    const ranges = await this.bus.ranges(topic);
    this.partitions = ranges.length;
    return ranges.find((r) => r.partition === partition) ?? { partition, earliest: 0, next: 0 };
  }
}
