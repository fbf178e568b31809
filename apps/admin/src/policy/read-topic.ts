import { randomUUID } from 'node:crypto';
import type { BusRecord, EventBus, PartitionRange } from '@headwater/event-bus';

/** A log whose last records were compacted away ends without a last record. */
const SILENCE_MS = 5_000;

/** All that a topic holds now, in order within a partition; as a consumer group of its own. */
export async function readTopic(bus: EventBus, topic: string): Promise<BusRecord[]> {
  const open = new Map((await bus.ranges(topic)).filter((r) => r.next > r.earliest).map((r: PartitionRange) => [r.partition, r]));
  const records: BusRecord[] = [];
  if (open.size === 0) return records;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((ok) => (finish = ok));
  let silence = setTimeout(finish, 4 * SILENCE_MS);
  const subscription = await bus.consume(`headwater-admin-${randomUUID()}`, [topic], {
    assigned: (given) => Promise.resolve(given.map((g) => ({ ...g, offset: open.get(g.partition)?.earliest ?? 0 }))),
    batch: ({ partition, records: batch }) => {
      clearTimeout(silence);
      silence = setTimeout(finish, SILENCE_MS);
      for (const record of batch) {
        const range = open.get(partition);
        if (!range) break;
        if (record.offset < range.next) records.push(record);
        if (record.offset >= range.next - 1) open.delete(partition);
      }
      if (open.size === 0) finish();
      return Promise.resolve({ kind: 'next' });
    },
    revoked: () => Promise.resolve(),
  });
  await finished;
  clearTimeout(silence);
  await subscription.stop();
  return records;
}
