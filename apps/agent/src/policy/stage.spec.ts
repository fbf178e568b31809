import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newPolicyKeys, signPolicy } from '@headwater/capture-policy';
import type { PolicyDocument, PolicyRecord } from '@headwater/capture-policy';
import { openBus, topicsFor } from '@headwater/event-bus';
import type { EventBus } from '@headwater/event-bus';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { PolicyStage } from './stage.ts';
import { storedLayers } from './stored.ts';

const TOPIC = 'headwater.capture-policy.v1';
const pair = newPolicyKeys();
const other = newPolicyKeys();
const doc = (version: number, more: Partial<PolicyDocument> = {}): PolicyDocument => ({ schema: 1, id: 'fleet', version, ...more });
const signed = (d: PolicyDocument, key = 'fleet', pem = pair.privatePem): PolicyRecord => signPolicy(d, key, 'ops-1', createPrivateKey(pem));

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function scratch() {
  const dir = mkdtempSync(join(tmpdir(), 'hw-policy-stage-'));
  closing.push(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'ops-1.pub.pem'), pair.publicPem);
  const keys = [{ id: 'ops-1', public_key_file: join(dir, 'ops-1.pub.pem') }];
  return { dir, state: join(dir, 'fleet.json'), config: { policy: { fleet: { keys, state_file: join(dir, 'fleet.json') } } } };
}

function stageOf(config: ConstructorParameters<typeof PolicyStage>[0]['config'], hasKey = true) {
  const applied: string[] = [];
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const stage = new PolicyStage({
    config,
    hostId: 'host-1',
    hasKey,
    log,
    apply: ({ policy, narrowing }) => void applied.push(`${policy.id}+${narrowing ? `${narrowing.id}@${narrowing.version}` : ''}`),
  });
  closing.push(() => stage.close());
  return { stage, applied, lines };
}

async function busAt(dir: string, topics = true): Promise<EventBus> {
  const bus = await openBus({ kind: 'embedded', path: join(dir, 'bus.sqlite'), retentionMs: 1e9, retentionBytes: 1e9 });
  closing.push(() => bus.close());
  if (topics) await bus.applyTopics(topicsFor('embedded', 'headwater'), { dryRun: false });
  return bus;
}

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 8_000; !what(); await sleep(20)) if (Date.now() > end) throw new Error('did not happen in time');
}

it('without keys the topic is nobody, and the built-in policy holds', () => {
  const { stage } = stageOf({ policy: { fleet: { keys: [] } } });
  expect(stage.trouble).toBeNull();
  expect(stage.name).toBe('default@1');
  expect(stage.state).toMatchObject({ host: 'default@1', source: 'built-in', narrowing: null, refused: null });
});

it('a first start waits for the topic to be read to its end; the newest sound record of many narrows, and is kept 0600', async () => {
  const { dir, state, config } = scratch();
  const { stage, applied } = stageOf(config);
  let ready = false;
  void stage.ready.then(() => (ready = true));
  const bus = await busAt(dir, false);
  stage.follow(bus, TOPIC);
  await until(() => stage.trouble?.includes('headwater-admin topics apply') === true);
  expect(ready).toBe(false);

  await bus.applyTopics(topicsFor('embedded', 'headwater'), { dryRun: false });
  await bus.publish(TOPIC, [signed(doc(1)), signed(doc(2)), signed(doc(9), 'host-2'), signed(doc(3), 'fleet', other.privatePem)]);
  await until(() => ready);
  expect(stage.trouble).toBeNull();
  expect(stage.name).toBe('default@1+fleet@2');
  expect(stage.state).toMatchObject({
    narrowing: { policy: 'fleet@2', key: 'ops-1' },
    refused: { policy: 'fleet', source: 'topic', reason: expect.stringContaining('signature') as string },
  });
  expect(applied.at(-1)).toBe('default+fleet@2');
  expect(statSync(state).mode & 0o777).toBe(0o600);

  // Followed from then on; a sound one clears what was refused.
  await bus.publish(TOPIC, [signed(doc(3))]);
  await until(() => stage.name === 'default@1+fleet@3');
  expect(stage.state.refused).toBeNull();
  await bus.publish(TOPIC, [signed(doc(2))]);
  await until(() => stage.refused?.code === 'HW_POLICY_OLDER');
  expect(stage.counts).toEqual({ changes: { host: 0, fleet: 3 }, refused: { 'topic HW_POLICY_SIGNATURE': 1, 'topic HW_POLICY_OLDER': 1 } });
});

it('a restart without a bus is as narrow as before; what came before is no news to it, and an old record no way back', async () => {
  const { dir, state, config } = scratch();
  const bus = await busAt(dir);
  const first = stageOf(config).stage;
  first.follow(bus, TOPIC);
  await bus.publish(TOPIC, [signed(doc(1)), signed(doc(2, { path: 'keep' }))]);
  await first.ready;
  await until(() => first.name === 'default@1+fleet@2');
  await first.close();

  const again = stageOf(config);
  expect(again.stage.trouble).toBeNull();
  expect(again.stage.name).toBe('default@1+fleet@2');
  expect(again.applied.at(-1)).toBe('default+fleet@2');
  expect(storedLayers(config, 'host-1', true).narrowing).toMatchObject({ id: 'fleet', version: 2, path: 'keep' });
  again.stage.follow(bus, TOPIC);
  await sleep(300);
  expect(again.stage.refused).toBeNull();
  await again.stage.close();

  // Somebody made the topic anew and put an old document there.
  const elsewhere = await busAt(scratch().dir);
  await elsewhere.publish(TOPIC, [signed(doc(1))]);
  const third = stageOf(config);
  third.stage.follow(elsewhere, TOPIC);
  await until(() => third.stage.refused?.code === 'HW_POLICY_OLDER');
  expect(third.stage.name).toBe('default@1+fleet@2');
  expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({ schema: 1, seen: [{ record: 'fleet', id: 'fleet', version: 2 }] });
});

it('a state file that was tampered with, or damaged, is not believed: the topic is read before anything is captured', () => {
  const { state, config } = scratch();
  const forge = (record: PolicyRecord): string =>
    JSON.stringify({ schema: 1, records: [{ key: record.key, value: Buffer.from(record.value).toString('base64'), headers: record.headers, accepted_at: 'x' }], seen: [] });
  for (const text of [
    '{"schema":1',
    '{"schema":2}',
    forge({ ...signed(doc(4)), value: Buffer.from(JSON.stringify(doc(4, { path: 'keep' }))) }),
    forge(signed(doc(4), 'fleet', other.privatePem)),
  ]) {
    writeFileSync(state, text);
    const { stage, lines } = stageOf(config);
    expect(stage.name).toBe('default@1');
    expect(stage.trouble).toContain("the fleet's policy");
    expect(lines.join('')).toContain('the topic is read first');
    expect(() => storedLayers(config, 'host-1', true)).toThrow();
  }
  writeFileSync(state, forge(signed(doc(4))));
  expect(stageOf(config).stage).toMatchObject({ name: 'default@1+fleet@4', trouble: null });
});

it('a state file that cannot be written is said and tried again; the policy narrows at once', async () => {
  const { dir, config } = scratch();
  const nowhere = join(dir, 'not-made-yet', 'fleet.json');
  const { stage, lines } = stageOf({ policy: { fleet: { ...config.policy.fleet, state_file: nowhere } } });
  const bus = await busAt(dir);
  await bus.publish(TOPIC, [signed(doc(1))]);
  stage.follow(bus, TOPIC);
  await stage.ready;
  expect(stage.name).toBe('default@1+fleet@1');
  expect(stage.unwritten).toBe(true);
  expect(lines.filter((l) => l.includes('cannot be kept'))).toHaveLength(1);
});

it('a host without a fingerprint key obeys hash as presence', () => {
  const { state, config } = scratch();
  const record = signed(doc(1, { headers: [{ header: 'x-a', action: 'hash' }] }));
  writeFileSync(
    state,
    JSON.stringify({ schema: 1, records: [{ key: 'fleet', value: Buffer.from(record.value).toString('base64'), headers: record.headers, accepted_at: 'x' }], seen: [] }),
  );
  expect(stageOf(config, false).stage.layers().narrowing?.rules).toEqual([{ header: 'x-a', action: 'presence' }]);
  expect(stageOf(config, true).stage.layers().narrowing?.rules).toEqual([{ header: 'x-a', action: 'hash' }]);
});

it('what asks for fingerprints is refused without a key, with the setting that helps', async () => {
  const { dir, config } = scratch();
  const file = join(dir, 'policy.yaml');
  writeFileSync(file, 'schema: 1\nid: shop\nversion: 1\nheaders: [{ header: x-a, action: hash }]\n');
  expect(() => stageOf({ policy: { file, fleet: { keys: [] } } }, false)).toThrow(/policy\.yaml: headers\[0\]\.action: hash needs .*fingerprints\.key_file/);
  const { stage } = stageOf(config, false);
  const bus = await busAt(dir);
  await bus.publish(TOPIC, [signed(doc(1)), signed(doc(2, { client_address: 'hash' }))]);
  stage.follow(bus, TOPIC);
  await stage.ready;
  expect(stage.name).toBe('default@1+fleet@1');
  expect(stage.refused).toMatchObject({ code: 'HW_POLICY_UNUSABLE', policy: 'fleet@2', reason: expect.stringContaining('client_address: hash needs') as string });
});

it('a key file that is none stops the start', () => {
  const { dir, config } = scratch();
  writeFileSync(join(dir, 'ops-1.pub.pem'), pair.privatePem);
  chmodSync(join(dir, 'ops-1.pub.pem'), 0o600);
  expect(() => stageOf(config)).toThrow(/policy\.fleet\.keys\.0\.public_key_file .*private key/);
});
