import { TOPICS, topicName } from '@headwater/header-event';
import type { TopicId } from '@headwater/header-event';
import type { BusSettings, TopicSettings } from './port.ts';

/** All topics as applyTopics takes them. An embedded bus has one partition a topic: one host, one reader. */
export function topicsFor(kind: BusSettings['kind'], prefix: string): TopicSettings[] {
  return (Object.keys(TOPICS) as TopicId[]).map((id) => {
    const { partitions, cleanup, retentionMs } = TOPICS[id];
    return { name: topicName(prefix, id), partitions: kind === 'embedded' ? 1 : partitions, cleanup, retentionMs };
  });
}
