// The whole topic with plain kafkajs and apache-arrow: every record with what it says of itself and its exchanges.
import { tableFromIPC } from 'apache-arrow';
import { Kafka, logLevel, readAll } from './topic.mjs';

/**
 * @returns {Promise<{ agent: string, seq: number, account: any, exchanges: string[], weight: number }[]>} `exchanges`: connection
 *   and ordinal of each row but `end` ones, which name an exchange on one host and boot
 */
export async function readRows({ brokers, topic }) {
  const records = await readAll(new Kafka({ clientId: 'stranger', brokers, logLevel: logLevel.NOTHING }), topic);
  return records.map(({ value, headers }) => {
    const table = tableFromIPC(value);
    const [connection, ordinal, phase, weight] = ['headwater.connection', 'headwater.ordinal', 'headwater.phase', 'headwater.weight'].map((n) => table.getChild(n));
    const exchanges = [];
    let weights = 0;
    for (let i = 0; i < table.numRows; i += 1) {
      if (phase.get(i) === 2) continue;
      exchanges.push(`${connection.get(i)}/${ordinal.get(i)}`);
      weights += weight.get(i);
    }
    return { agent: headers['headwater-agent'], seq: Number(headers['headwater-seq']), account: JSON.parse(headers['headwater-account']), exchanges, weight: weights };
  });
}
