import { BusError } from '../port.ts';

interface KafkaLike {
  name?: string;
  type?: string;
  message?: string;
  cause?: unknown;
  originalError?: unknown;
}

/** kafkajs wraps: KafkaJSNumberOfRetriesExceeded has the reason as `cause` or `originalError`. */
function protocolType(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined;
  const e = error as KafkaLike;
  return e.type ?? protocolType(e.cause, depth + 1) ?? protocolType(e.originalError, depth + 1);
}

const nothing = '(nothing more said)';

/** A BusError for whatever kafkajs throws; what we do not know is `unreachable`, which is retryable. */
export function busErrorOf(error: unknown, topic: string): Error {
  if (error instanceof BusError || error instanceof RangeError) return error;
  const type = protocolType(error);
  const options = { cause: error };
  const detail = `${type === undefined ? '' : `${type}: `}${(error as KafkaLike | undefined)?.message ?? nothing}`;
  switch (type) {
    case 'UNKNOWN_TOPIC_OR_PARTITION': return new BusError('topic_missing', { topic }, options);
    case 'MESSAGE_TOO_LARGE': case 'RECORD_LIST_TOO_LARGE': return new BusError('too_large', { bytes: 'too many', limit: `the topic's max.message.bytes` }, options);
    case 'KAFKA_STORAGE_ERROR': return new BusError('full', { detail }, options);
    default: return new BusError('unreachable', { detail }, options);
  }
}
