import kafkajs from 'kafkajs';
import type { Admin } from 'kafkajs';
import { MAX_MESSAGE_BYTES } from '../limits.ts';
import type { PartitionRange, TopicSettings } from '../port.ts';

export async function partitionCount(admin: Admin, topic: string): Promise<number> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics[0]!.partitions.length;
}

export async function topicRanges(admin: Admin, topic: string): Promise<PartitionRange[]> {
  // A missing topic must not become one of the admin's target topics, where it would fail later calls.
  await partitionCount(admin, topic);
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.map(({ partition, low, high }) => ({ partition, earliest: Number(low), next: Number(high) })).toSorted((a, b) => a.partition - b.partition);
}

function configOf({ cleanup, retentionMs }: TopicSettings, replicas: number): Record<string, string> {
  return {
    'cleanup.policy': cleanup,
    'retention.ms': String(retentionMs),
    // The bus's clock, as in the embedded bus: against it the skew of a host's clock is measured, and retention runs by it.
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(MAX_MESSAGE_BYTES),
    // With 3 replicas a write survives one broker; with fewer there is nothing to insist on.
    'min.insync.replicas': replicas === 3 ? '2' : '1',
  };
}

const KNOWN_MS = 15_000;

/**
 * A created topic reaches the brokers' metadata a moment later. kafkajs' own waitForLeaders gives up when a broker
 * answers UNKNOWN_TOPIC_OR_PARTITION meanwhile.
 */
async function untilKnown(admin: Admin, { name, partitions }: TopicSettings): Promise<void> {
  const end = Date.now() + KNOWN_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const led = topics[0]!.partitions.filter((p) => p.leader >= 0).length;
      if (led === partitions || Date.now() > end) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

type Applied = { topic: string; action: 'created' | 'exists' | 'differs'; detail: string };

/** Creates what is missing and never changes what is there: a smaller retention or a partition more is a person's decision. */
export async function applyKafkaTopics(admin: Admin, topics: readonly TopicSettings[], dryRun: boolean): Promise<Applied[]> {
  const { brokers } = await admin.describeCluster();
  const replicas = Math.min(3, brokers.length);
  const existing = new Set(await admin.listTopics());
  const applied: Applied[] = [];
  for (const topic of topics) {
    const config = configOf(topic, replicas);
    if (!existing.has(topic.name)) {
      const created =
        dryRun ||
        (await admin.createTopics({
          topics: [
            { topic: topic.name, numPartitions: topic.partitions, replicationFactor: replicas, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) },
          ],
          waitForLeaders: false,
        }));
      if (created && !dryRun) await untilKnown(admin, topic);
      // false: another admin was faster
      applied.push({ topic: topic.name, action: created ? 'created' : 'exists', detail: `${topic.partitions} partitions, ${replicas} replicas, ${topic.cleanup}` });
      continue;
    }
    const differences: string[] = [];
    const partitions = await partitionCount(admin, topic.name);
    if (partitions !== topic.partitions) differences.push(`partitions is ${partitions}, wanted ${topic.partitions}`);
    const described = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic.name, configNames: Object.keys(config) }],
    });
    for (const { configName, configValue } of described.resources[0]!.configEntries) {
      if (configValue !== config[configName]) differences.push(`${configName} is ${configValue}, wanted ${config[configName]}`);
    }
    applied.push({ topic: topic.name, action: differences.length === 0 ? 'exists' : 'differs', detail: differences.join('; ') });
  }
  return applied;
}
