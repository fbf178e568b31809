/** The one place where kafkajs is set up. Its traps are handled here and in the files beside, each with its reason. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import kafkajs from 'kafkajs';
import type { Kafka, KafkaConfig, RetryOptions } from 'kafkajs';
import type { BusSettings } from '../port.ts';
import type { BusLog } from '../settings.ts';
import { zstdCodec } from './zstd.ts';

export type KafkaSettings = Extract<BusSettings, { kind: 'kafka' }>;

/** Bounded: whoever calls decides what to do next (the agent keeps the batch and counts). */
export const RETRY: RetryOptions = { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000 };

kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = zstdCodec;
quietRequestQueue();

/**
 * kafkajs 2.2.4 sets a timer of `throttledUntil - now` with throttledUntil = -1 where nothing is pending, on which
 * Node 24 prints a TimeoutNegativeWarning (requestQueue/index.js, scheduleCheckPendingRequests). That check finds
 * nothing to do, and whatever becomes pending schedules its own.
 */
function quietRequestQueue(): void {
  interface Queue {
    pending: unknown[];
  }
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: { scheduleCheckPendingRequests(this: Queue): void } };
  const original = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(this: Queue) {
    if (this.pending.length > 0) original.call(this);
  };
}

const pem = (value: string): string => (value.includes('-----BEGIN') ? value : readFileSync(value, 'utf8'));

export const compressionOf = ({ compression }: KafkaSettings): number =>
  ({ zstd: kafkajs.CompressionTypes.ZSTD, gzip: kafkajs.CompressionTypes.GZIP, none: kafkajs.CompressionTypes.None })[compression];

function saslOf({ sasl }: KafkaSettings): KafkaConfig['sasl'] {
  if (sasl === undefined) return undefined;
  const auth = { username: sasl.username, password: readFileSync(sasl.passwordFile, 'utf8').replace(/\r?\n$/, '') };
  return { mechanism: sasl.mechanism, ...auth } as KafkaConfig['sasl'];
}

/** Secrets are read again with every client, so a rotated password is found at the next reconnect. */
export function kafkaClient(settings: KafkaSettings, log: BusLog): Kafka {
  const { ca, cert, key } = settings.ssl ?? {};
  const ssl = settings.ssl && { ...(ca && { ca: [pem(ca)] }), ...(cert && { cert: pem(cert) }), ...(key && { key: pem(key) }) };
  const sasl = saslOf(settings);
  return new kafkajs.Kafka({
    clientId: settings.clientId,
    brokers: settings.brokers,
    ...(ssl && { ssl }),
    ...(sasl && { sasl }),
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 15_000,
    retry: RETRY,
    logLevel: kafkajs.logLevel.WARN,
    logCreator:
      () =>
      ({ log: { message, ...more }, namespace }) => {
        // kafkajs says much of what it then handles; errors of ours reach the caller anyhow.
        if (message.startsWith('Limiting retries for the idempotent producer')) return;
        const error: unknown = more['error'];
        log('info', `kafkajs ${namespace}: ${message}${typeof error === 'string' && !message.includes(error) ? ` (${error})` : ''}`);
      },
  });
}
