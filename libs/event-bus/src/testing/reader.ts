// A member of a group in a process of its own, for tests: reader.ts SETTINGS GROUP TOPIC. Reports what it is given.
import { openBus } from '../index.ts';
import type { BusSettings } from '../index.ts';

const [settings, group, topic] = process.argv.slice(2) as [string, string, string];
const bus = await openBus(JSON.parse(settings) as BusSettings);
await bus.consume(group, [topic], {
  assigned: async (partitions) => {
    process.send!({ assigned: partitions.map((p) => p.partition) });
    return [];
  },
  batch: async (batch) => {
    process.send!({ batch: batch.records.map((r) => Buffer.from(r.value).toString()) });
    return { kind: 'next' };
  },
  revoked: async (partitions) => void process.send!({ revoked: partitions.map((p) => p.partition) }),
});
