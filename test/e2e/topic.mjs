// Topics as a consumer that is not ours reads them: plain kafkajs with the zstd codec of Node.
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

export const { Kafka, logLevel } = kafkajs;
export const { CompressionTypes } = kafkajs;
const { CompressionCodecs } = kafkajs;
CompressionCodecs[CompressionTypes.ZSTD ?? 4] = () => ({ compress: async (e) => zstdCompressSync(e.buffer), decompress: async (b) => zstdDecompressSync(b) });

/** All records of a topic, by plain kafkajs. */
export async function readAll(kafka, topic) {
  const admin = kafka.admin();
  await admin.connect();
  const left = new Map((await admin.fetchTopicOffsets(topic)).filter((p) => p.high !== p.low).map((p) => [p.partition, Number(p.high)]));
  await admin.disconnect();
  const records = [];
  if (left.size === 0) return records;
  // A group of its own: two readers that begin in the same millisecond would else share one, and one of them get nothing.
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const reading = new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`${topic} was not read within 60 s; left: ${JSON.stringify([...left])}`)), 60_000);
    consumer
      .run({
        eachMessage: async ({ partition, message }) => {
          if (!left.has(partition)) return;
          records.push({
            partition,
            offset: Number(message.offset),
            timestamp: Number(message.timestamp),
            key: message.key?.toString(),
            value: message.value,
            headers: Object.fromEntries(Object.entries(message.headers).map(([k, v]) => [k, v.toString()])),
          });
          if (Number(message.offset) + 1 >= left.get(partition)) left.delete(partition);
          if (left.size === 0) {
            clearTimeout(timer);
            done();
          }
        },
      })
      .catch(failed);
  });
  try {
    await reading;
  } finally {
    await consumer.disconnect();
  }
  return records;
}
