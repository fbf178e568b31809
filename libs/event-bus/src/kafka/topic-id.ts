/**
 * Cluster id and topic id, which together name one life of a topic. kafkajs speaks Metadata up to version 6, topic
 * ids came with version 10, so this sends version 12 over a connection of kafkajs (which has done TLS and SASL).
 * https://kafka.apache.org/protocol#The_Messages_Metadata
 */
import { createRequire } from 'node:module';
import type { Kafka } from 'kafkajs';

interface Encoder {
  writeBuffer(bytes: Buffer): Encoder;
}
interface Broker {
  connectionPool: { send(request: object): Promise<Metadata> };
}
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  brokerPool: { findConnectedBroker(): Promise<Broker> };
}
interface Metadata {
  clusterId: string;
  error: number;
  topicId: string;
}

const NewEncoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder') as new () => Encoder;
const UNKNOWN_TOPIC = 3;
/** A partition between two leaders; the topic's id is answered all the same. */
const LEADER_NOT_AVAILABLE = 5;

/** Flexible-version request: the header's tag count, one topic by name, no creation, no authorizations. */
function request(topic: string): Buffer {
  const name = Buffer.from(topic);
  const compactLength = name.length + 1;
  const varint = compactLength < 128 ? [compactLength] : [(compactLength & 127) | 128, compactLength >> 7];
  return Buffer.concat([Buffer.from([0, 2]), Buffer.alloc(16), Buffer.from(varint), name, Buffer.from([0, 0, 0, 0])]);
}

function parse(bytes: Buffer): Metadata {
  let at = 1 + 4;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    const length = varint() - 1;
    if (length < 0) return '';
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  const tags = (): void => {
    for (let n = varint(); n > 0; n--) {
      varint();
      const size = varint();
      at += size;
    }
  };
  for (let brokers = varint() - 1; brokers > 0; brokers--) {
    at += 4;
    text();
    at += 4;
    text();
    tags();
  }
  const clusterId = text();
  at += 4;
  varint();
  const error = bytes.readInt16BE(at);
  at += 2;
  text();
  return { clusterId, error, topicId: bytes.toString('hex', at, at + 16) };
}

/** `<cluster id>/<topic id>`, or undefined where the topic does not exist. */
export async function topicIdentity(kafka: Kafka, topic: string): Promise<string | undefined> {
  const create = Object.getOwnPropertySymbols(kafka).find((s) => s.description === 'private:Kafka:createCluster')!;
  const cluster = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[create]!({ allowAutoTopicCreation: false });
  await cluster.connect();
  try {
    const { clusterId, error, topicId } = await (
      await cluster.brokerPool.findConnectedBroker()
    ).connectionPool.send({
      request: { apiKey: 3, apiVersion: 12, apiName: 'Metadata', encode: async () => new NewEncoder().writeBuffer(request(topic)) },
      response: { decode: async (bytes: Buffer) => parse(bytes), parse: async (data: Metadata) => data },
    });
    if (error !== 0 && error !== UNKNOWN_TOPIC && error !== LEADER_NOT_AVAILABLE) throw new Error(`metadata of ${topic}: error ${error}`);
    return error === UNKNOWN_TOPIC ? undefined : `${clusterId}/${topicId}`;
  } finally {
    await cluster.disconnect();
  }
}
