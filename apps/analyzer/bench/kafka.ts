/**
 * The analyzer's pipeline on a real Kafka (started here, on loopback) and the embedded store, one partition, full batches:
 * exchanges a second and CPU of this process an exchange, from the first batch to the last commit.
 * `node --conditions=@headwater/source bench/kafka.ts [batches] [rows] [unique headers]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus, topicsFor } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { openStateStore } from '@headwater/state-store';
import { openSummaryStore } from '@headwater/summary-store';
import { Outbox } from '../src/close/outbox.ts';
import { Pipeline } from '../src/pipeline.ts';
import { reportNothing } from '../src/report/nothing.ts';
import { batches } from './traffic.ts';

const [count = 600, rows = 2000, ids = 0] = process.argv.slice(2).map(Number);
const TOPIC = topicName('headwater', 'headerEvents');
const { startKafka } = (await import(new URL('../../../infra/kafka/start.mjs', import.meta.url).href)) as { startKafka(): Promise<{ bootstrap: string[]; stop(): Promise<void> }> };
const kafka = await startKafka();
const dir = mkdtempSync(join(tmpdir(), 'hw-bench-kafka-'));
const bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'bench', compression: 'zstd' });
try {
  await bus.applyTopics(topicsFor('kafka', 'headwater'), { dryRun: false });
  const distinct = Math.min(count, 40);
  const made = batches(distinct, rows, ids, (i) => i + 1);
  for (let i = 0; i < count; i++) {
    // Numbered on: the checksum covers account and value, not the number.
    const record = made[i % distinct]!;
    await bus.publish(TOPIC, [{ ...record, partition: 0, headers: { ...record.headers, 'headwater-seq': String(i + 1) } }]);
  }
  const store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'store.db') });
  const state = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
  let folded = 0;
  let began = 0;
  let cpu = process.cpuUsage();
  const report = { ...reportNothing, folded: (_: number, r: { folded: number }) => void (folded += r.folded) };
  const pipeline = new Pipeline(
    { bus, store, outbox: new Outbox(store, state, bus, TOPIC, 'summaries'), report },
    {
      topic: TOPIC,
      deadLetterTopic: 'dead',
      dirtyMaxBytes: 8 << 20,
      fencedPauseMs: 1000,
      clampAheadMs: 60_000,
      silentAfterMs: 30_000,
      retentionMs: 365 * 86_400_000,
      closeAfterMs: 30_000,
    },
    Date.now,
  );
  const subscription = await bus.consume('bench', [TOPIC], {
    assigned: (p) => pipeline.assigned(p),
    revoked: (p) => pipeline.revoked(p),
    batch: (b) => {
      if (began === 0) {
        began = performance.now();
        cpu = process.cpuUsage();
      }
      return pipeline.batch(b);
    },
  });
  for (let last = performance.now(); folded < count * rows;) {
    await new Promise((r) => setTimeout(r, 20));
    if (performance.now() - last < 1000) continue;
    last = performance.now();
    await pipeline.flush();
  }
  await pipeline.flush();
  const took = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const result = {
    bench: 'kafka',
    batches: count,
    rows,
    unique_headers: ids,
    exchanges: folded,
    per_second: Math.round((folded / took) * 1000),
    per_cpu_second: Math.round((folded / (user + system)) * 1e6),
    cpu_us: (user + system) / folded,
  };
  console.log(`${folded} exchanges from Kafka: ${result.per_second} a second, ${result.per_cpu_second} a CPU second (${result.cpu_us.toFixed(2)} us each, all threads)`);
  console.log(JSON.stringify(result));
  await subscription.stop();
  await store.end();
  await state.end();
} finally {
  await bus.close();
  await kafka.stop();
  rmSync(dir, { recursive: true, force: true });
}
