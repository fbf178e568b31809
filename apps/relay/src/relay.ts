import type { BatchOutcome, BusRecord, ConsumerHooks, EventBus, OutRecord, RecordBatch, TopicPartition } from '@headwater/event-bus';
import type { Counts } from './counts.ts';
import { readRecord, relayable } from './exchanges.ts';
import { patiently } from './patience.ts';
import type { HeldPlace, Place, Places } from './place.ts';

/** What is published at once: enough to fill a send, little enough to hold. */
const MOST_RECORDS = 1_000;
const MOST_BYTES = 800_000;
/** The place is written at the end of a batch, and within one this often: what a crash repeats. */
const MOVE_EVERY_MS = 500;
/** Seeks to one place that end at the same later record before the records in between are given up. */
const HOLE_AFTER = 10;

/** Thrown to a batch of a partition that is not ours (any more): the bus gives it to whoever it is. */
class NotOurs extends Error {
  override name = 'NotOurs';
}

interface Lane {
  held: HeldPlace;
  readonly gone: AbortController;
  movedMs: number;
  /** batches in a row that began later than asked for */
  ahead: number;
}

export interface RelaySettings {
  source: string;
  target: string;
  /** 0: all that the log holds */
  beginWithinMs: number;
  wanted: (service: string) => boolean;
}

/**
 * Header events, one record an exchange, at least once: a place moves on after what is before it was acknowledged, and only if it is
 * where this relay left it. Each partition is relayed in its order; a batch is not taken before the one before it is out, so the bus
 * is read as fast as it is written.
 */
export class Relay implements ConsumerHooks {
  private readonly bus: EventBus;
  private readonly places: Places;
  private readonly counts: Counts;
  private readonly settings: RelaySettings;
  private readonly now: () => number;
  private readonly lanes = new Map<number, Lane>();
  private readonly ending = new AbortController();

  constructor(doors: { bus: EventBus; places: Places; counts: Counts }, settings: RelaySettings, now: () => number) {
    this.bus = doors.bus;
    this.places = doors.places;
    this.counts = doors.counts;
    this.settings = settings;
    this.now = now;
  }

  async assigned(given: readonly TopicPartition[]): Promise<readonly (TopicPartition & { offset: number })[]> {
    return Promise.all(
      given.map(async ({ topic, partition }) => {
        this.lanes.get(partition)?.gone.abort();
        const gone = new AbortController();
        const held = await patiently(
          () => this.claim(partition),
          gone.signal,
          (error) => this.counts.waiting('claim', error),
        );
        this.lanes.set(partition, { held, gone, movedMs: this.now(), ahead: 0 });
        this.counts.claimed(partition, held.place.next);
        return { topic, partition, offset: held.place.next };
      }),
    );
  }

  revoked(taken: readonly TopicPartition[]): Promise<void> {
    for (const { partition } of taken) {
      const lane = this.lanes.get(partition);
      if (!lane) continue;
      this.lanes.delete(partition);
      lane.gone.abort();
      this.counts.released(partition);
    }
    return Promise.resolve();
  }

  async batch({ partition, records, highWatermark }: RecordBatch): Promise<BatchOutcome> {
    const lane = this.lanes.get(partition);
    if (!lane || lane.gone.signal.aborted) throw new NotOurs(`${this.settings.source}/${partition} is not ours`);
    const first = records[0]!.offset;
    if (first > lane.held.place.next && !(await this.skipHole(partition, lane, first))) return { kind: 'seek', offset: lane.held.place.next };
    lane.ahead = 0;
    let out: OutRecord[] = [];
    let bytes = 0;
    let next = lane.held.place.next;
    const send = async (): Promise<boolean> => {
      await this.publish(lane, out);
      [out, bytes] = [[], 0];
      return this.now() - lane.movedMs < MOVE_EVERY_MS || this.move(partition, lane, next);
    };
    for (const record of records) {
      if (record.offset < next) continue;
      for (const one of this.exchangesOf(lane, record)) {
        out.push(one);
        bytes += one.value.length;
      }
      next = record.offset + 1;
      if ((out.length >= MOST_RECORDS || bytes >= MOST_BYTES) && !(await send())) return { kind: 'seek', offset: lane.held.place.next };
    }
    await this.publish(lane, out);
    if (next > lane.held.place.next && !(await this.move(partition, lane, next))) return { kind: 'seek', offset: lane.held.place.next };
    this.counts.behind(partition, Math.max(0, highWatermark - next));
    return { kind: 'next' };
  }

  /** Ends all waiting, so that a bus that is away does not hold up the end. */
  stopWaiting(): void {
    this.ending.abort();
    for (const { gone } of this.lanes.values()) gone.abort();
  }

  private exchangesOf(lane: Lane, record: BusRecord): OutRecord[] {
    if (record.timestampMs < lane.held.place.since) {
      this.counts.passed('old', 1);
      return [];
    }
    const read = readRecord(record);
    if ('bad' in read) {
      this.counts.passed(read.bad, 1);
      return [];
    }
    const { records, left, tooLarge } = relayable(read.ok, this.settings.wanted);
    if (left > 0) this.counts.left('service', left);
    if (tooLarge > 0) this.counts.left('too_large', tooLarge);
    return records;
  }

  private async publish(lane: Lane, records: readonly OutRecord[]): Promise<void> {
    if (records.length === 0) return;
    await patiently(
      () => (lane.gone.signal.aborted ? Promise.reject(new NotOurs('left')) : this.bus.publish(this.settings.target, records)),
      lane.gone.signal,
      (error) => this.counts.waiting('publish', error),
    );
    this.counts.relayed(records.length);
  }

  /** False: another relay moved the place; this one stands where it is now. */
  private async move(partition: number, lane: Lane, next: number): Promise<boolean> {
    const place: Place = { ...lane.held.place, next };
    const waiting = (error: Error) => this.counts.waiting('state', error);
    const moved = await patiently(() => this.places.move(partition, lane.held, place), lane.gone.signal, waiting);
    lane.movedMs = this.now();
    if (moved) {
      lane.held = moved;
      return true;
    }
    this.counts.overtaken(partition);
    lane.held = await patiently(() => this.claim(partition), lane.gone.signal, waiting);
    return false;
  }

  /** Where this partition is to be read from; written down, so that who had it before is refused when it moves on. */
  private async claim(partition: number): Promise<HeldPlace> {
    const { source, beginWithinMs } = this.settings;
    const incarnation = await this.bus.incarnation(source);
    for (;;) {
      const { held, version } = await this.places.read(partition, incarnation);
      const range = (await this.bus.ranges(source)).find((r) => r.partition === partition) ?? { earliest: 0, next: 0 };
      // Only at the group's first start: all of a log that was created again is new.
      const since = beginWithinMs === 0 || version !== null ? 0 : this.now() - beginWithinMs;
      const place = held?.place ?? { schema: 1, incarnation, next: range.earliest, since };
      let { next } = place;
      // Behind the end of the same log: it was truncated, and what is there now was not relayed.
      if (next > range.next) next = range.earliest;
      const claimed = await this.places.move(partition, { place, version }, { ...place, next: Math.max(next, range.earliest) });
      if (!claimed) continue;
      if (range.earliest > next) this.counts.lost(partition, range.earliest - next);
      return claimed;
    }
  }

  /** A batch that begins too late: deleted by the bus, a batch fetched before a seek, or a hole. True: go on with it. */
  private async skipHole(partition: number, lane: Lane, first: number): Promise<boolean> {
    const { next } = lane.held.place;
    const range = (await this.bus.ranges(this.settings.source)).find((r) => r.partition === partition);
    lane.ahead++;
    const until = (range?.earliest ?? 0) > next ? range!.earliest : lane.ahead > HOLE_AFTER ? first : next;
    if (until === next) return false;
    this.counts.lost(partition, until - next);
    lane.held = { ...lane.held, place: { ...lane.held.place, next: until } };
    return first <= until;
  }
}
