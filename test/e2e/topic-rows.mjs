// Reads the whole topic with plain kafkajs and apache-arrow: every record with what it says of itself and its exchanges.
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

/**
 * @returns {Promise<{ agent: string, seq: number, account: any, exchanges: string[], weight: number }[]>} `exchanges`: connection
 *   and ordinal of each row but `end` ones, which name an exchange on one host and boot
 */
export async function readRows({ brokers, topic }) {
  const kafka = new Kafka({ clientId: 'stranger', brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const left = new Map((await admin.fetchTopicOffsets(topic)).map((p) => [p.partition, Number(p.high)]).filter(([, high]) => high > 0));
  await admin.disconnect();
  const records = [];
  if (left.size === 0) return records;
  const consumer = kafka.consumer({ groupId: `stranger-${process.pid}-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`the topic was not read within 60 s; left: ${JSON.stringify([...left])}`)), 60_000);
    const take = ({ partition, message }) => {
      const table = tableFromIPC(message.value);
      const [connection, ordinal, phase, weight] = ['headwater.connection', 'headwater.ordinal', 'headwater.phase', 'headwater.weight'].map((n) => table.getChild(n));
      const exchanges = [];
      let weights = 0;
      for (let i = 0; i < table.numRows; i += 1) {
        if (phase.get(i) === 2) continue;
        exchanges.push(`${connection.get(i)}/${ordinal.get(i)}`);
        weights += weight.get(i);
      }
      const header = (name) => message.headers[name].toString();
      records.push({ agent: header('headwater-agent'), seq: Number(header('headwater-seq')), account: JSON.parse(header('headwater-account')), exchanges, weight: weights });
      if (Number(message.offset) + 1 >= left.get(partition)) left.delete(partition);
      if (left.size === 0) {
        clearTimeout(timer);
        done();
      }
    };
    consumer
      .run({
        eachMessage: async (m) => {
          try {
            if (left.has(m.partition)) take(m);
          } catch (error) {
            clearTimeout(timer);
            failed(error);
          }
        },
      })
      .catch(failed);
  });
  await consumer.disconnect();
  return records;
}
