import type { EventBus } from '@headwater/event-bus';
import { BusError } from '@headwater/event-bus';
import { ServiceWindow } from '@headwater/sketch';
import type { Closed, Resolution, SegmentKey, SummaryStore } from '@headwater/summary-store';
import type { StateStore } from '@headwater/state-store';
import { summaryOf } from './summary.ts';

/** Longer than any window is kept: an entry that nobody sent by then has nothing to send. */
const KEEP_MS = 48 * 3_600_000;

export const SUMMARY_REVISION = 'headwater-revision';

/**
 * Sends closed windows to `summaries.v1` at least once. The intent is written down before the window closes and struck
 * out after it was sent, so a crash in between leaves it to the next owner of the partition. A consumer tells repeats by
 * (service, start, revision).
 */
export class Outbox {
  private readonly store: SummaryStore;
  private readonly state: StateStore;
  private readonly bus: EventBus;
  private readonly topic: string;
  private readonly target: string;

  constructor(store: SummaryStore, state: StateStore, bus: EventBus, topic: string, target: string) {
    this.store = store;
    this.state = state;
    this.bus = bus;
    this.topic = topic;
    this.target = target;
  }

  private prefix(partition: number): string {
    return `outbox/${this.topic}/${partition}/`;
  }

  private entry(partition: number, key: SegmentKey): string {
    return `${this.prefix(partition)}${key.resolution}/${key.start}/${key.subject}`;
  }

  async intend(partition: number, key: SegmentKey): Promise<void> {
    await this.state.set(this.entry(partition, key), '1', { ttlMs: KEEP_MS });
  }

  async send(partition: number, closed: Closed): Promise<void> {
    const window = ServiceWindow.decode(closed.bytes);
    const summary = summaryOf(closed, window);
    const headers = { 'content-type': 'application/json', [SUMMARY_REVISION]: String(closed.revision) };
    const record = (body: object) => ({ key: summary.service, value: Buffer.from(JSON.stringify(body)), headers });
    try {
      await this.bus.publish(this.target, [record(summary)]);
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== 'too_large') throw error;
      // Patterns are bounded by their budget; the values of headers are what makes a message too large.
      await this.bus.publish(this.target, [record({ ...summary, headers: [], headers_left_out: 'too_large' })]);
    }
    await this.state.delete(this.entry(partition, closed));
  }

  /** Sends what an earlier owner intended and may not have sent. Answers how many were sent. */
  async resume(partition: number): Promise<number> {
    let sent = 0;
    for (const { key: entry } of await this.state.list(this.prefix(partition))) {
      const [resolution, start, ...subject] = entry.slice(this.prefix(partition).length).split('/');
      const key: SegmentKey = { resolution: resolution as Resolution, start: Number(start), subject: subject.join('/') };
      const closed = await this.store.closed(this.topic, key);
      if (closed) {
        await this.send(partition, closed);
        sent++;
      } else await this.state.delete(entry);
    }
    return sent;
  }
}
