import type { EventBus } from '@headwater/event-bus';
import { BusError } from '@headwater/event-bus';
import { ServiceWindow } from '@headwater/sketch';
import type { SegmentKey, SummaryStore } from '@headwater/summary-store';
import type { StateStore } from '@headwater/state-store';
import { missingOf } from './merge.ts';
import { summaryOf } from './summary.ts';

/** Longer than any window is kept: an entry that nobody sent by then has nothing to send. */
const KEEP_MS = 48 * 3_600_000;

export const SUMMARY_REVISION = 'headwater-revision';

/** Services' minutes are published; the rest is for readers of the store. */
export function isPublished(key: SegmentKey): key is SegmentKey & { resolution: '1m' } {
  return key.resolution === '1m' && key.subject.startsWith('s:');
}

/**
 * Sends closed minutes to `summaries.v1` at least once. The intent is written down before the window closes and struck
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

  /** Sends what the store has of this minute now. Answers false when it has nothing. */
  async send(partition: number, key: SegmentKey & { resolution: '1m' }): Promise<boolean> {
    // Its roll-up, and beside it what came when its 10 s windows were gone. The revisions of both only grow, so their sum does.
    const parts = (await Promise.all([this.store.rolledUp(this.topic, key), this.store.closed(this.topic, key)])).filter((part) => part !== null);
    if (parts.length === 0) {
      await this.state.delete(this.entry(partition, key));
      return false;
    }
    const window = new ServiceWindow();
    for (const { bytes } of parts) window.merge(ServiceWindow.decode(bytes));
    const revision = parts.reduce((sum, part) => sum + part.revision, 0);
    const summary = summaryOf({ ...key, revision, missing: missingOf(parts), closedAt: Math.max(...parts.map((part) => part.closedAt)) }, window);
    const headers = { 'content-type': 'application/json', [SUMMARY_REVISION]: String(revision) };
    const record = (body: object) => ({ key: summary.service, value: Buffer.from(JSON.stringify(body)), headers });
    try {
      await this.bus.publish(this.target, [record(summary)]);
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== 'too_large') throw error;
      // Patterns are bounded by their budget; the values of headers are what makes a message too large.
      await this.bus.publish(this.target, [record({ ...summary, headers: [], headers_left_out: 'too_large' })]);
    }
    await this.state.delete(this.entry(partition, key));
    return true;
  }

  /** Sends what an earlier owner intended and may not have sent. Answers how many were sent. */
  async resume(partition: number): Promise<number> {
    let sent = 0;
    for (const { key: entry } of await this.state.list(this.prefix(partition))) {
      const [resolution, start, ...subject] = entry.slice(this.prefix(partition).length).split('/');
      const key = { resolution: '1m' as const, start: Number(start), subject: subject.join('/') };
      if (resolution !== '1m') await this.state.delete(entry); // written by a version that published 10 s windows
      else if (await this.send(partition, key)) sent++;
    }
    return sent;
  }
}
