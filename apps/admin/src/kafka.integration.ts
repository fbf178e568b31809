import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @ts-expect-error a plain script without types
import { startKafka as start } from '../../../infra/kafka/start.mjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './program.ts';

let kafka: { bootstrap: string[]; stop(): Promise<void> };
const dir = mkdtempSync(join(tmpdir(), 'headwater-admin-kafka-'));
beforeAll(async () => {
  kafka = await (start as () => Promise<typeof kafka>)();
});
afterAll(async () => {
  await kafka.stop();
  rmSync(dir, { recursive: true });
});

async function admin(...argv: string[]) {
  let out = '';
  let err = '';
  const code = await run(argv, {}, { out: (t) => void (out += t), err: (t) => void (err += t) });
  return { code, out, err };
}

it('creates the topics of a fleet on Kafka, once', async () => {
  const apply = (...more: string[]) => admin('topics', 'apply', '--brokers', kafka.bootstrap.join(), ...more);
  expect((await apply('--dry-run')).out).toMatch(/headwater\.header-events\.v1 +would create +12 partitions, 1 replicas, delete/);
  expect((await apply()).out).toMatch(/headwater\.header-events\.v1 +created/);
  const again = await apply();
  expect(again.code).toBe(0);
  expect(again.out).not.toMatch(/created|DIFFERS/);
});

it('publishes a signed policy on Kafka and reads it back verified', async () => {
  const at = (name: string): string => join(dir, name);
  const onBus = ['--brokers', kafka.bootstrap.join(), '--public-key', at('ops-1.pub.pem')];
  await admin('policy', 'keygen', '--key-id', 'ops-1', '--dir', dir);
  const sign = async (version: number): Promise<string> => {
    writeFileSync(at('p.yaml'), `schema: 1\nid: fleet\nversion: ${version}\n`);
    expect((await admin('policy', 'sign', at('p.yaml'), '--key', at('ops-1.key.pem'), '--key-id', 'ops-1', '--out', at('r.json'))).code).toBe(0);
    return at('r.json');
  };
  expect((await admin('policy', 'show', ...onBus)).out).toBe('the topic holds no policy\n');
  expect(await admin('policy', 'publish', await sign(2), ...onBus)).toMatchObject({ code: 0, out: expect.stringContaining('offset 0') as string });
  expect(await admin('policy', 'publish', await sign(1), ...onBus)).toMatchObject({ code: 1, err: expect.stringContaining('is not newer') as string });
  expect(await admin('policy', 'show', ...onBus)).toMatchObject({ code: 0, out: expect.stringMatching(/^fleet +fleet@2 +ops-1 +verified/m) as string });
});
