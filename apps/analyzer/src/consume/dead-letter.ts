import type { BusRecord, OutRecord, TopicPartition } from '@headwater/event-bus';

/** Record headers of `dead-letter.v1`, beside those that the record had. */
export const DEAD_LETTER_REASON = 'headwater-dead-letter-reason';
export const DEAD_LETTER_DETAIL = 'headwater-dead-letter-detail';

/** A dead letter: the bytes as they were, keyed by their place, so that a repeat has the same key. */
export function deadLetter(at: TopicPartition, record: BusRecord, reason: string, detail: string): OutRecord {
  return {
    key: `${at.topic}/${at.partition}/${record.offset}`,
    value: record.value,
    headers: { ...record.headers, [DEAD_LETTER_REASON]: reason, [DEAD_LETTER_DETAIL]: detail.slice(0, 500) },
  };
}
