import kafkajs from 'kafkajs';
// @ts-expect-error a plain script without types
import { startKafka as start } from '../../../../infra/kafka/start.mjs';
import { busContract } from '../contract.ts';
import { openBus } from '../index.ts';

export interface KafkaServer {
  bootstrap: string[];
  stop(): Promise<void>;
  kill(index?: number): Promise<void>;
  restart(index?: number): Promise<void>;
}
const startKafka = start as (options?: { config?: Record<string, string | number> }) => Promise<KafkaServer>;

busContract('kafka', async () => {
  // Retention is looked at twice a second, so that a test can wait for it.
  const kafka = await startKafka({ config: { 'log.retention.check.interval.ms': 500, 'log.initial.task.delay.ms': 500 } });
  const open = () => openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'contract', compression: 'zstd' });
  return {
    open,
    recreate: async (topic) => {
      const admin = new kafkajs.Kafka({ brokers: kafka.bootstrap, clientId: 'recreate', logLevel: kafkajs.logLevel.NOTHING }).admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [topic.name] });
      await admin.disconnect();
      const bus = await open();
      for (;;) {
        const [applied] = await bus.applyTopics([topic], { dryRun: false });
        if (applied!.action === 'created') break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await bus.close();
    },
    close: () => kafka.stop(),
  };
});
