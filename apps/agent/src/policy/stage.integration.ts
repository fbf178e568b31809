import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
// @ts-expect-error a plain script without types
import { startKafka as start } from '../../../../infra/kafka/start.mjs';
import { newPolicyKeys, signPolicy } from '@headwater/capture-policy';
import type { PolicyRecord } from '@headwater/capture-policy';
import { openBus, topicsFor } from '@headwater/event-bus';
import type { EventBus } from '@headwater/event-bus';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PolicyStage } from './stage.ts';

const TOPIC = 'headwater.capture-policy.v1';
const dir = mkdtempSync(join(tmpdir(), 'hw-policy-kafka-'));
const pair = newPolicyKeys();
const signed = (version: number): PolicyRecord => signPolicy({ schema: 1, id: 'fleet', version }, 'fleet', 'ops-1', createPrivateKey(pair.privatePem));
let kafka: { bootstrap: string[]; stop(): Promise<void> };
let bus: EventBus;
let stage: PolicyStage | null = null;

beforeAll(async () => {
  kafka = await (start as () => Promise<typeof kafka>)();
  bus = await openBus({ kind: 'kafka', brokers: kafka.bootstrap, clientId: 'test', compression: 'zstd' });
  writeFileSync(join(dir, 'ops-1.pem'), pair.publicPem);
});
afterAll(async () => {
  await stage?.close();
  await bus.close();
  await kafka.stop();
  rmSync(dir, { recursive: true });
});

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 15_000; !what(); await sleep(50)) if (Date.now() > end) throw new Error('did not happen in time');
}

it('waits for the topic on Kafka, reads it to its end, follows it, and starts again from what it kept', async () => {
  const config = { policy: { fleet: { keys: [{ id: 'ops-1', public_key_file: join(dir, 'ops-1.pem') }], state_file: join(dir, 'state.json') } } };
  const open = (): PolicyStage => new PolicyStage({ config, hostId: 'host-1', hasKey: false, log: pino({ level: 'silent' }), apply: () => undefined });
  stage = open();
  stage.follow(bus, TOPIC);
  await until(() => stage?.trouble?.includes('topics apply') === true);
  await bus.applyTopics(topicsFor('kafka', 'headwater'), { dryRun: false });
  await bus.publish(TOPIC, [signed(1), signed(2), { key: 'fleet', value: Buffer.from('{}'), headers: {} }]);
  await stage.ready;
  expect(stage.name).toBe('default@1+fleet@2');
  expect(stage.refused?.code).toBe('HW_POLICY_UNSIGNED');
  await bus.publish(TOPIC, [signed(3)]);
  await until(() => stage?.name === 'default@1+fleet@3');
  expect(stage.refused).toBeNull();
  await stage.close();
  stage = open();
  expect(stage.name).toBe('default@1+fleet@3');
}, 60_000);
