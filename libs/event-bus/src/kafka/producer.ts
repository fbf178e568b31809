import type { Kafka, Producer } from 'kafkajs';
import { fnv1a32 } from '@headwater/header-event';
import type { OutRecord } from '../port.ts';
import { recordBytes } from '../limits.ts';
import { RETRY } from './client.ts';
import { whilePassing } from './errors.ts';

/** kafkajs makes one record batch of all records of a send to a partition, and the broker limits that batch. */
const SEND_BYTES = 900_000;

export interface Placed {
  partition: number;
  offset: number;
}

function* sends<T extends OutRecord>(records: readonly T[]): Generator<T[]> {
  let chunk: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytes(record) + 64;
    if (chunk.length > 0 && bytes + size > SEND_BYTES) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Sends one after the other: an idempotent kafkajs producer with two sends of a partition under way gets its
 * sequence numbers out of order. After a failed send the producer is thrown away, because it would use the
 * sequence numbers of the lost batch again for the next one, which the broker then drops as a repeat.
 */
export class KafkaSender {
  readonly #client: () => Kafka;
  readonly #compression: number;
  #producer: Promise<Producer> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #roundRobin = 0;

  constructor(client: () => Kafka, compression: number) {
    this.#client = client;
    this.#compression = compression;
  }

  publish(topic: string, records: readonly OutRecord[], partitions: number): Promise<Placed[]> {
    const work = this.#tail.then(() => this.#publish(topic, records, partitions));
    this.#tail = work.catch(() => undefined);
    return work;
  }

  async #publish(topic: string, records: readonly OutRecord[], partitions: number): Promise<Placed[]> {
    const placed: Placed[] = [];
    const assigned = records.map((r) => {
      const partition = r.partition ?? (r.key === null ? this.#roundRobin++ : fnv1a32(r.key)) % partitions;
      if (!(partition >= 0 && partition < partitions)) throw new RangeError(`${topic} has no partition ${partition}, it has ${partitions}`);
      return { ...r, partition };
    });
    for (const chunk of sends(assigned)) {
      // To several partitions, some may have been written when one refuses.
      const one = chunk.every(({ partition }) => partition === chunk[0]!.partition);
      placed.push(...(await (one ? whilePassing(() => this.#send(topic, chunk)) : this.#send(topic, chunk))));
    }
    return placed;
  }

  async #send(topic: string, chunk: readonly (OutRecord & { partition: number })[]): Promise<Placed[]> {
    this.#producer ??= this.#connect();
    const current = this.#producer;
    try {
      const producer = await current;
      const metadata = await producer.send({
        topic,
        acks: -1,
        compression: this.#compression,
        messages: chunk.map(({ key, value, headers, partition }) => ({ key, headers, partition, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) })),
      });
      const next = new Map(metadata.map((m) => [m.partition, Number(m.baseOffset)]));
      return chunk.map(({ partition }) => {
        const offset = next.get(partition)!;
        next.set(partition, offset + 1);
        return { partition, offset };
      });
    } catch (error) {
      this.#producer = undefined;
      void current.then((p) => p.disconnect()).catch(() => undefined);
      throw error;
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#client().producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      retry: RETRY,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    });
    await producer.connect();
    return producer;
  }

  /** After the sends under way. */
  async close(): Promise<void> {
    await this.#tail;
    await this.#producer?.then((p) => p.disconnect()).catch(() => undefined);
  }
}
