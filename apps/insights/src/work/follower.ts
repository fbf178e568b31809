import type { BatchOutcome, BusRecord, ConsumerHooks, EventBus, RecordBatch, TopicPartition } from '@headwater/event-bus';
import { patiently } from '../patience.ts';
import type { Intake, WorkReport } from '../report/report.ts';
import type { HeldPlace, Place, Places } from './place.ts';

/** When a group first comes to a log, what is older is history: nobody waits for an insight on it. */
const BEGIN_WITHIN_MS = 10 * 60_000;
/** Seeks to one place that end at the same later record before the records in between are given up; in a compacted topic holes are the rule. */
const HOLE_AFTER = { delete: 10, compact: 2 } as const;

/** Thrown to a batch of a partition that is not ours (any more): the bus gives it to whoever it is. */
class NotOurs extends Error {
  override name = 'NotOurs';
}

interface Lane {
  held: HeldPlace;
  readonly gone: AbortController;
  /** batches in a row that began later than asked for */
  ahead: number;
}

/** What is done with one record: stored as a job, or passed over and counted. Repeating it is harmless. `old`: from before the first start. */
export type Take = (record: BusRecord, old: boolean) => Promise<void>;

/**
 * Reads one topic of triggers, at least once: a place moves on after everything before it is stored as a job, or was counted as passed
 * over, and only if it is where this process left it. A store that is away is waited for.
 */
export class Follower implements ConsumerHooks {
  private readonly bus: EventBus;
  private readonly places: Places;
  private readonly report: WorkReport;
  private readonly topic: string;
  private readonly cleanup: 'delete' | 'compact';
  private readonly intake: Intake;
  private readonly take: Take;
  private readonly now: () => number;
  private readonly lanes = new Map<number, Lane>();
  private readonly claims = new Set<AbortController>();
  private ended = false;

  constructor(
    doors: { bus: EventBus; places: Places; report: WorkReport },
    about: { topic: string; cleanup: 'delete' | 'compact'; intake: Intake; take: Take },
    now: () => number,
  ) {
    this.bus = doors.bus;
    this.places = doors.places;
    this.report = doors.report;
    this.topic = about.topic;
    this.cleanup = about.cleanup;
    this.intake = about.intake;
    this.take = about.take;
    this.now = now;
  }

  /** partitions that were given and cannot be read yet */
  get claiming(): number {
    return this.claims.size;
  }

  async assigned(given: readonly TopicPartition[]): Promise<readonly (TopicPartition & { offset: number })[]> {
    return Promise.all(
      given.map(async ({ topic, partition }) => {
        this.lanes.get(partition)?.gone.abort();
        const gone = new AbortController();
        if (this.ended) gone.abort();
        this.claims.add(gone);
        const held = await patiently(
          () => this.claim(partition),
          gone.signal,
          (error) => this.report.waiting(`${this.intake} place`, error),
        ).finally(() => this.claims.delete(gone));
        this.lanes.set(partition, { held, gone, ahead: 0 });
        return { topic, partition, offset: held.place.next };
      }),
    );
  }

  revoked(taken: readonly TopicPartition[]): Promise<void> {
    for (const { partition } of taken) {
      this.lanes.get(partition)?.gone.abort();
      this.lanes.delete(partition);
    }
    return Promise.resolve();
  }

  async batch({ partition, records, highWatermark }: RecordBatch): Promise<BatchOutcome> {
    const lane = this.lanes.get(partition);
    if (!lane || lane.gone.signal.aborted) throw new NotOurs(`${this.topic}/${partition} is not ours`);
    const first = records[0]!.offset;
    if (first > lane.held.place.next && !(await this.skipHole(partition, lane, first))) return { kind: 'seek', offset: lane.held.place.next };
    lane.ahead = 0;
    let { next } = lane.held.place;
    for (const record of records) {
      if (record.offset < next) continue;
      await patiently(
        () => (lane.gone.signal.aborted ? Promise.reject(new NotOurs('left')) : this.take(record, record.timestampMs < lane.held.place.since)),
        lane.gone.signal,
        (error) => this.report.waiting(this.intake, error),
      );
      next = record.offset + 1;
    }
    if (next > lane.held.place.next && !(await this.move(partition, lane, next))) return { kind: 'seek', offset: lane.held.place.next };
    this.report.behind(this.intake, partition, Math.max(0, highWatermark - next));
    return { kind: 'next' };
  }

  /** Ends all waiting, so that a store that is away does not hold up the end. */
  stopWaiting(): void {
    this.ended = true;
    for (const gone of [...this.claims, ...[...this.lanes.values()].map((lane) => lane.gone)]) gone.abort();
  }

  /** False: another process moved the place; this one stands where it is now. */
  private async move(partition: number, lane: Lane, next: number): Promise<boolean> {
    const place: Place = { ...lane.held.place, next };
    const waiting = (error: Error) => this.report.waiting(`${this.intake} place`, error);
    const moved = await patiently(() => this.places.move(partition, lane.held, place), lane.gone.signal, waiting);
    if (moved) {
      lane.held = moved;
      return true;
    }
    this.report.overtaken(this.intake);
    lane.held = await patiently(() => this.claim(partition), lane.gone.signal, waiting);
    return false;
  }

  /** Where this partition is to be read from; written down, so that who had it before is refused when it moves on. */
  private async claim(partition: number): Promise<HeldPlace> {
    const incarnation = await this.bus.incarnation(this.topic);
    for (;;) {
      const { held, version } = await this.places.read(partition, incarnation);
      const range = (await this.bus.ranges(this.topic)).find((r) => r.partition === partition) ?? { earliest: 0, next: 0 };
      // Only at the group's first start: all of a log that was created again is new.
      const since = version !== null ? 0 : this.now() - BEGIN_WITHIN_MS;
      const place = held?.place ?? { schema: 1, incarnation, next: range.earliest, since };
      let { next } = place;
      // Behind the end of the same log: it was truncated, and what is there now was not read.
      if (next > range.next) next = range.earliest;
      const claimed = await this.places.move(partition, { place, version }, { ...place, next: Math.max(next, range.earliest) });
      if (!claimed) continue;
      this.passedOver(range.earliest - next);
      return claimed;
    }
  }

  /** A batch that begins too late: deleted by the bus, a batch fetched before a seek, or a hole (a compacted topic has many). True: go on with it. */
  private async skipHole(partition: number, lane: Lane, first: number): Promise<boolean> {
    const { next } = lane.held.place;
    const range = (await this.bus.ranges(this.topic)).find((r) => r.partition === partition);
    lane.ahead++;
    const until = (range?.earliest ?? 0) > next ? range!.earliest : lane.ahead > HOLE_AFTER[this.cleanup] ? first : next;
    if (until === next) return false;
    this.passedOver(until - next);
    lane.held = { ...lane.held, place: { ...lane.held.place, next: until } };
    return first <= until;
  }

  /** What compaction removed was followed by a newer record of its key, which is read. */
  private passedOver(records: number): void {
    if (records > 0 && this.cleanup === 'delete') this.report.lost(this.intake, records);
  }
}
