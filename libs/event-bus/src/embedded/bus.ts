import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fnv1a32 } from '@headwater/header-event';
import { BusError } from '../port.ts';
import type { BusSettings, EventBus, Subscription } from '../port.ts';
import type { BusLog } from '../settings.ts';
import { refuseLarge } from '../limits.ts';
import { consumeEmbedded } from './consumer.ts';
import { BusThread } from './thread.ts';

/** Opens (or creates) the file; topics exist only after applyTopics. */
export async function openEmbeddedBus(settings: Extract<BusSettings, { kind: 'embedded' }>, log: BusLog): Promise<EventBus> {
  try {
    mkdirSync(dirname(settings.path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new BusError('unreachable', { detail: String(error) }, { cause: error });
  }
  const thread = await BusThread.open(settings);
  const subscriptions = new Set<Subscription>();
  const partitionCounts = new Map<string, number>();
  let roundRobin = 0;
  let closed = false;

  const partitionsOf = async (topic: string): Promise<number> => {
    const known = partitionCounts.get(topic);
    if (known !== undefined) return known;
    const count = (await thread.call('ranges', topic)).length;
    partitionCounts.set(topic, count);
    return count;
  };
  const open = <T>(work: () => Promise<T>): Promise<T> => (closed ? Promise.reject(new BusError('closed')) : work());

  return {
    incarnation: (topic) => open(() => thread.call('incarnation', topic)),
    publish: (topic, records) =>
      open(async () => {
        refuseLarge(records);
        const count = await partitionsOf(topic);
        const partitions = records.map((r) => r.partition ?? (r.key === null ? roundRobin++ : fnv1a32(r.key)) % count);
        const wrong = partitions.find((p) => !(p >= 0 && p < count));
        if (wrong !== undefined) throw new RangeError(`${topic} has no partition ${wrong}, it has ${count}`);
        return records.length === 0 ? [] : thread.call('publish', topic, records, partitions);
      }),
    consume: (group, topics, hooks) =>
      open(async () => {
        const inner = await consumeEmbedded(thread, group, topics, hooks, log);
        const subscription: Subscription = {
          seek: (at) => inner.seek(at),
          stop: async () => {
            await inner.stop();
            subscriptions.delete(subscription);
          },
        };
        subscriptions.add(subscription);
        return subscription;
      }),
    ranges: (topic) => open(() => thread.call('ranges', topic)),
    applyTopics: (topics, { dryRun }) => open(() => thread.call('applyTopics', topics, dryRun)),
    close: async () => {
      closed = true;
      await Promise.all([...subscriptions].map((s) => s.stop()));
      await thread.close();
    },
  };
}
