// The independent count: reads the whole topic with plain kafkajs and apache-arrow, nothing of ours but the topic's name.
// Answers counts by "window start ms|service|method|route|status".
import { randomUUID } from 'node:crypto';
import { tableFromIPC } from 'apache-arrow';
import kafkajs from 'kafkajs';
import { zstdDecompressSync } from 'node:zlib';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;
CompressionCodecs[CompressionTypes.ZSTD ?? 4] = () => ({
  compress: async () => {
    throw new Error('read only');
  },
  decompress: async (b) => zstdDecompressSync(b),
});

/** @returns {Promise<{ rows: number, batches: number, windows: Map<string, number> }>} */
export async function countTopic({ brokers, topic, windowMs = 10_000 }) {
  const kafka = new Kafka({ clientId: 'independent-count', brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map((p) => [p.partition, Number(p.high)]));
  await admin.disconnect();
  const left = new Map([...ends].filter(([, high]) => high > 0));
  const answer = { rows: 0, batches: 0, windows: new Map() };
  if (left.size === 0) return answer;
  const consumer = kafka.consumer({ groupId: `independent-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`the topic was not read within 60 s; left: ${JSON.stringify([...left])}`)), 60_000);
    consumer
      .run({
        eachMessage: async ({ partition, message }) => {
          if (!left.has(partition)) return;
          try {
            const table = tableFromIPC(message.value);
            answer.batches += 1;
            answer.rows += table.numRows;
            const column = (name) => table.getChild(name);
            const [time, service, method, route, status, phase] = [
              'start_time',
              'service.name',
              'http.request.method',
              'http.route',
              'http.response.status_code',
              'headwater.phase',
            ].map(column);
            const raw = time.data.map((d) => d.values);
            const ns = raw.length === 1 && raw[0] instanceof BigInt64Array ? raw[0] : BigInt64Array.from(raw.flatMap((v) => [...v]));
            for (let i = 0; i < table.numRows; i += 1) {
              if (phase.get(i) === 2) continue;
              const start = Math.floor(Number(ns[i] / 1_000_000n) / windowMs) * windowMs;
              const key = [start, service.get(i), method.get(i), route.get(i), status.get(i)].join('|');
              answer.windows.set(key, (answer.windows.get(key) ?? 0) + 1);
            }
          } catch (error) {
            clearTimeout(timer);
            failed(error);
          }
          if (Number(message.offset) + 1 >= left.get(partition)) left.delete(partition);
          if (left.size === 0) {
            clearTimeout(timer);
            done();
          }
        },
      })
      .catch(failed);
  });
  await consumer.disconnect();
  return answer;
}

/** Records of the topic that the group has not committed: high watermark less committed offset, summed. */
export async function groupLag({ brokers, topic, group }) {
  const admin = new Kafka({ clientId: 'group-lag', brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const [high, [{ partitions }]] = await Promise.all([admin.fetchTopicOffsets(topic), admin.fetchOffsets({ groupId: group, topics: [topic] })]);
    const committed = new Map(partitions.map((p) => [p.partition, Math.max(0, Number(p.offset))]));
    return high.reduce((sum, p) => sum + Number(p.high) - (committed.get(p.partition) ?? 0), 0);
  } finally {
    await admin.disconnect();
  }
}
