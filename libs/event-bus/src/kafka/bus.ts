import type { Admin } from 'kafkajs';
import { BusError } from '../port.ts';
import type { EventBus } from '../port.ts';
import type { BusLog } from '../settings.ts';
import { refuseLarge } from '../limits.ts';
import { RETRY, compressionOf, kafkaClient } from './client.ts';
import type { KafkaSettings } from './client.ts';
import { KafkaSubscription } from './consumer.ts';
import { busErrorOf, whilePassing } from './errors.ts';
import { KafkaSender } from './producer.ts';
import { topicIdentity } from './topic-id.ts';
import { applyKafkaTopics, partitionCount, topicRanges } from './topics.ts';

/** Connects with the first call. Topics are never created on use, whatever the brokers allow. */
export function openKafkaBus(settings: KafkaSettings, log: BusLog): EventBus {
  const client = () => kafkaClient(settings, log);
  const sender = new KafkaSender(client, compressionOf(settings));
  const subscriptions = new Set<KafkaSubscription>();
  const partitionCounts = new Map<string, number>();
  let admin: Promise<Admin> | undefined;
  let closed = false;

  /** An admin that failed is replaced: its connections, and what it knows of leaders, may be those of a broker that is gone. */
  const withAdmin = <T>(work: (admin: Admin) => Promise<T>): Promise<T> => whilePassing(() => onAdmin(work));
  const onAdmin = async <T>(work: (admin: Admin) => Promise<T>): Promise<T> => {
    admin ??= (async () => {
      const fresh = client().admin({ retry: RETRY });
      await fresh.connect();
      return fresh;
    })();
    const current = admin;
    try {
      return await work(await current);
    } catch (error) {
      if (admin === current) admin = undefined;
      void current.then((a) => a.disconnect()).catch(() => undefined);
      throw error;
    }
  };
  const call = async <T>(topic: string, work: () => Promise<T>): Promise<T> => {
    if (closed) throw new BusError('closed');
    try {
      return await work();
    } catch (error) {
      partitionCounts.delete(topic);
      throw busErrorOf(error, topic);
    }
  };
  const ranges = (topic: string) => call(topic, () => withAdmin((a) => topicRanges(a, topic)));
  const partitionsOf = async (topic: string): Promise<number> => {
    const known = partitionCounts.get(topic);
    if (known !== undefined) return known;
    const count = await withAdmin((a) => partitionCount(a, topic));
    partitionCounts.set(topic, count);
    return count;
  };

  return {
    incarnation: (topic) =>
      call(topic, async () => {
        const identity = await whilePassing(() => topicIdentity(client(), topic));
        if (identity === undefined) throw new BusError('topic_missing', { topic });
        return identity;
      }),
    publish: (topic, records) =>
      call(topic, async () => {
        refuseLarge(records);
        const partitions = await partitionsOf(topic);
        return records.length === 0 ? [] : sender.publish(topic, records, partitions);
      }),
    consume: async (group, topics, hooks) => {
      for (const topic of topics) await ranges(topic);
      const subscription = new KafkaSubscription({ client, ranges, log }, group, topics, hooks);
      subscriptions.add(subscription);
      return {
        seek: (at) => subscription.seek(at),
        stop: async () => {
          await subscription.stop();
          subscriptions.delete(subscription);
        },
      };
    },
    ranges,
    applyTopics: (topics, { dryRun }) => call(topics[0]?.name ?? '', () => withAdmin((a) => applyKafkaTopics(a, topics, dryRun))),
    close: async () => {
      if (closed) return;
      await Promise.all([...subscriptions].map((s) => s.stop()));
      closed = true;
      await sender.close();
      await admin?.then((a) => a.disconnect()).catch(() => undefined);
    },
  };
}
