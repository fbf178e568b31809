import { BusError } from '../port.ts';

interface KafkaLike {
  name?: string;
  type?: string;
  code?: unknown;
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

/** The broker refused because it is electing, moving or starting; it passes by itself. */
const PASSING: ReadonlySet<string> = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'NOT_CONTROLLER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'LISTENER_NOT_FOUND',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'REBALANCE_IN_PROGRESS',
  'NOT_ENOUGH_REPLICAS',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
]);
/** An election takes well under a second; a broker that says so for longer is a fault the caller should hear of. */
const PASSING_MS = 10_000;

/** Repeats `work` while the broker refuses it for a passing reason, for at most 10 s. Only for what may be repeated. */
export async function whilePassing<T>(work: () => Promise<T>): Promise<T> {
  const end = Date.now() + PASSING_MS;
  for (let wait = 50; ; wait = Math.min(1_000, wait * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!PASSING.has(protocolType(error) ?? '') || Date.now() + wait > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

const nothing = '(nothing more said)';

/** Codes of OpenSSL and Node for a server whose certificate is not accepted. */
const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/** The first of an error and its causes for which `what` holds. */
function within(error: unknown, what: (e: KafkaLike) => boolean, depth = 0): KafkaLike | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined;
  const e = error as KafkaLike;
  return what(e) ? e : (within(e.cause, what, depth + 1) ?? within(e.originalError, what, depth + 1));
}

/** Who we are, or who the bus is, is not accepted: it says nothing of the bus being away. */
function refusal(error: unknown): BusError | undefined {
  const denied = within(error, (e) => e.name === 'KafkaJSSASLAuthenticationError' || e.type?.endsWith('_AUTHORIZATION_FAILED') === true);
  if (denied) return new BusError('denied', { detail: denied.message ?? nothing }, { cause: error });
  const untrusted = within(error, (e) => typeof e.code === 'string' && UNTRUSTED.test(e.code));
  return untrusted && new BusError('untrusted', { detail: untrusted.message ?? nothing }, { cause: error });
}

/** A BusError for whatever kafkajs throws; what we do not know is `unreachable`, which is retryable. */
export function busErrorOf(error: unknown, topic: string): Error {
  if (error instanceof BusError || error instanceof RangeError) return error;
  const refused = refusal(error);
  if (refused) return refused;
  const type = protocolType(error);
  const options = { cause: error };
  const detail = `${type === undefined ? '' : `${type}: `}${(error as KafkaLike | undefined)?.message ?? nothing}`;
  switch (type) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return new BusError('topic_missing', { topic }, options);
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return new BusError('too_large', { bytes: 'too many', limit: `the topic's max.message.bytes` }, options);
    case 'KAFKA_STORAGE_ERROR':
      return new BusError('full', { detail }, options);
    default:
      return new BusError('unreachable', { detail }, options);
  }
}
