// @ts-expect-error a plain script without types
import { startKafka as start } from '../../../infra/kafka/start.mjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './program.ts';

let kafka: { bootstrap: string[]; stop(): Promise<void> };
beforeAll(async () => {
  kafka = await (start as () => Promise<typeof kafka>)();
});
afterAll(() => kafka.stop());

it('creates the topics of a fleet on Kafka, once', async () => {
  const admin = async (...more: string[]) => {
    let out = '';
    const code = await run(['topics', 'apply', '--brokers', kafka.bootstrap.join(), ...more], {}, { out: (t) => void (out += t), err: () => undefined });
    return { code, out };
  };
  expect((await admin('--dry-run')).out).toMatch(/headwater\.header-events\.v1 +would create +12 partitions, 1 replicas, delete/);
  expect((await admin()).out).toMatch(/headwater\.header-events\.v1 +created/);
  const again = await admin();
  expect(again.code).toBe(0);
  expect(again.out).not.toMatch(/created|DIFFERS/);
});
