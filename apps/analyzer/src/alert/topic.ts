import { randomUUID } from 'node:crypto';
import type { EventBus, RecordBatch } from '@headwater/event-bus';
import type { AlertEvent } from '@headwater/alert-rules';

export const EVENT_ID = 'headwater-event-id';
/** How long looking for a record may take; then it is published again, which `event_id` tells. */
const LOOK_MS = 15_000;

/** `alerts.v1`: key = alert id, so the two events of an alert keep their order and the newer one stays. */
export class AlertTopic {
  private readonly bus: EventBus;
  private readonly topic: string;
  private readonly group: string;

  constructor(bus: EventBus, topic: string, group: string) {
    this.bus = bus;
    this.topic = topic;
    this.group = group;
  }

  /** Where its partitions end now; null: the bus does not answer. */
  async ends(): Promise<number[] | null> {
    try {
      return endsOf(await this.bus.ranges(this.topic));
    } catch {
      return null;
    }
  }

  /** @throws BusError */
  async publish(event: AlertEvent): Promise<void> {
    const headers = { 'content-type': 'application/json', [EVENT_ID]: event.event_id };
    await this.bus.publish(this.topic, [{ key: event.alert.id, value: Buffer.from(JSON.stringify(event)), headers }]);
  }

  /**
   * Whether this event is on the topic behind `from`. Nothing new behind it says no without reading. False also where that
   * cannot be found out in time.
   */
  async holds({ event_id }: AlertEvent, from: readonly number[] | null): Promise<boolean> {
    const ends = await this.ends();
    if (from === null || ends === null) return false;
    const left = new Map(ends.map((end, p) => [p, end] as const).filter(([p, end]) => end > (from[p] ?? 0)));
    if (left.size === 0) return false;
    const found = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => found.resolve(false), LOOK_MS);
    const subscription = await this.bus.consume(`${this.group}-alerts-${randomUUID()}`, [this.topic], {
      assigned: async (given) => given.map((at) => ({ ...at, offset: from[at.partition] ?? 0 })),
      revoked: async () => undefined,
      batch: async ({ partition, records }: RecordBatch) => {
        if (records.some((r) => r.headers[EVENT_ID] === event_id)) found.resolve(true);
        if (records.at(-1)!.offset + 1 >= (left.get(partition) ?? 0)) left.delete(partition);
        if (left.size === 0) found.resolve(false);
        return { kind: 'next' };
      },
    });
    const answer = await found.promise;
    clearTimeout(timer);
    await subscription.stop();
    return answer;
  }
}

function endsOf(ranges: readonly { partition: number; next: number }[]): number[] {
  const ends: number[] = [];
  for (const { partition, next } of ranges) ends[partition] = next;
  return ends;
}
