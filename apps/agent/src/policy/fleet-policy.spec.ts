import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newPolicyKeys, signPolicy } from '@headwater/capture-policy';
import type { PolicyDocument, PolicyRecord } from '@headwater/capture-policy';
import { AgentConfig, loadConfig } from '@headwater/config';
import { openBus, topicsFor } from '@headwater/event-bus';
import type { EventBus } from '@headwater/event-bus';
import { DictionaryStrings, openRecord } from '@headwater/header-event';
import type { AgentStatus } from '@headwater/header-event';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runAgent } from '../pipeline.ts';

// The whole agent in this process, on recorded traffic and an embedded bus: nothing here stands in for a part of it.
const dir = mkdtempSync(join(tmpdir(), 'hw-fleet-policy-'));
const at = (name: string): string => join(dir, name);
const recordings = fileURLToPath(new URL('../../../../test/recordings', import.meta.url));
const pair = newPolicyKeys();
const signed = (d: Omit<PolicyDocument, 'schema' | 'id'>, key = 'fleet', keyId = 'ops-1', pem = pair.privatePem): PolicyRecord =>
  signPolicy({ schema: 1, id: 'fleet', ...d }, key, keyId, createPrivateKey(pem));
const POLICIES = 'headwater.capture-policy.v1';

interface Seen {
  policy: string;
  path: string;
  names: string[];
  host: string | undefined;
}

let bus: EventBus;
let admin = '';
let running: Promise<unknown>;
const stop = new AbortController();
const rows: Seen[] = [];
let status: AgentStatus | null = null;

async function until<T>(what: () => T | Promise<T>, ms = 15_000): Promise<NonNullable<Awaited<T>>> {
  for (const end = Date.now() + ms; ; await sleep(50)) {
    const found = await what();
    if (found) return found;
    if (Date.now() > end) throw new Error(`did not happen in time: ${String(what)}`);
  }
}

const health = async (): Promise<{ policy: { in_force: string; refused: { code: string; reason: string } | null } }> => (await (await fetch(`${admin}/healthz`)).json()) as never;
const hostPolicy = (version: number): void =>
  writeFileSync(at('policy.yaml'), `schema: 1\nid: shop\nversion: ${version}\npath: keep\nheaders:\n  - { header: user-agent, action: drop }\n  - { header: "*", action: keep }\n`);

beforeAll(async () => {
  bus = await openBus({ kind: 'embedded', path: at('bus.sqlite'), retentionMs: 1e9, retentionBytes: 1e9 });
  await bus.applyTopics(topicsFor('embedded', 'headwater'), { dryRun: false });
  const reading = (topic: string, take: (record: Parameters<typeof openRecord>[0]) => void) =>
    bus.consume(`test-${topic}`, [topic], {
      assigned: () => Promise.resolve([]),
      batch: ({ records }) => {
        records.forEach(take);
        return Promise.resolve({ kind: 'next' });
      },
      revoked: () => Promise.resolve(),
    });
  await reading('headwater.header-events.v1', (record) => {
    const { columns } = openRecord(record);
    const strings = new DictionaryStrings(columns.dictionary);
    const text = (column: string, i: number): string => strings.get(columns.columns[column]![i]!);
    const { offsets, name, value } = columns.headers['http.request.headers']!;
    for (let i = 0; i < columns.rows; i++) {
      const fields = Array.from(
        { length: offsets[i + 1]! - offsets[i]! },
        (_, h) => [strings.get(name[offsets[i]! + h]!).toLowerCase(), strings.get(value[offsets[i]! + h]!)] as const,
      );
      rows.push({ policy: text('headwater.policy', i), path: text('url.path', i), names: fields.map(([n]) => n), host: fields.find(([n]) => n === 'host')?.[1] });
    }
  });
  await reading('headwater.agent-status.v1', (record) => void (status = JSON.parse(Buffer.from(record.value).toString()) as AgentStatus));
  writeFileSync(at('ops-1.pem'), pair.publicPem);
  hostPolicy(1);
  writeFileSync(
    at('agent.yaml'),
    `host_id: host-1
bus: { kind: embedded, path: ${at('bus.sqlite')} }
replay: { file: ${recordings}, loop: true }
admin: { port: 0 }
batch: { linger_ms: 20 }
fingerprints: { enabled: false }
policy:
  file: ${at('policy.yaml')}
  fleet:
    keys: [{ id: ops-1, public_key_file: ${at('ops-1.pem')} }]
    state_file: ${at('fleet.json')}
`,
  );
  await bus.publish(POLICIES, [signed({ version: 2, headers: [{ header: 'host', action: 'presence' }, { header: '*', action: 'keep' }] })]); // prettier-ignore
  const log = pino({ level: 'info' }, { write: (line: string) => void (admin ||= (JSON.parse(line) as { admin?: string }).admin ?? '') });
  running = runAgent(loadConfig(AgentConfig, { argv: ['--config', at('agent.yaml')], env: {} }), 'host-1', {}, 'test', log, stop.signal);
});
afterAll(async () => {
  stop.abort();
  await running;
  await bus.close();
  rmSync(dir, { recursive: true });
}, 30_000);

const since = (policy: string): Seen[] => rows.filter((r) => r.policy === policy);

it('narrows from the first row on, and the heartbeat acknowledges', async () => {
  await until(() => since('shop@1+fleet@2').length > 5);
  expect(rows.filter((r) => r.policy !== 'shop@1+fleet@2')).toEqual([]);
  expect(rows.map((r) => r.host).filter((h) => h !== '')).toEqual([]);
  expect(rows.every((r) => r.names.includes('host') && !r.names.includes('user-agent'))).toBe(true);
  await until(() => status?.policy_state?.narrowing);
  expect(status).toMatchObject({ policy: 'shop@1+fleet@2', policy_state: { host: 'shop@1', source: 'file', narrowing: { policy: 'fleet@2', key: 'ops-1' }, refused: null } });
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain('headwater_agent_policy_info{layer="fleet",policy="fleet@2",source="topic"} 1');
});

it.each<[string, () => PolicyRecord]>([
  ['HW_POLICY_SIGNATURE', () => ({ ...signed({ version: 3 }), value: Buffer.from('{"schema":1,"id":"fleet","version":4}') })],
  ['HW_POLICY_KEY_UNKNOWN', () => signed({ version: 3 }, 'fleet', 'ops-2', newPolicyKeys().privatePem)],
  ['HW_POLICY_OLDER', () => signed({ version: 1 })],
  ['HW_POLICY_SIGNATURE', () => ({ ...signed({ version: 3 }, 'host-2'), key: 'host-1' })],
  ['HW_POLICY_REMOVED', () => ({ key: 'fleet', value: Buffer.alloc(0), headers: {} })],
  ['HW_POLICY_UNSIGNED', () => ({ ...signed({ version: 3 }), headers: {} })],
])('refuses and says %s', async (code, record) => {
  await bus.publish(POLICIES, [record()]);
  await until(async () => (await health()).policy.refused?.code === code);
  expect((await health()).policy.in_force).toBe('shop@1+fleet@2');
});

it('a document that allows all gives back what the host allows, and not a header more', async () => {
  await bus.publish(POLICIES, [signed({ version: 3, path: 'keep', query_names: true, client_address: 'keep', headers: [{ header: '*', action: 'keep' }] })]);
  await until(() => since('shop@1+fleet@3').length > 5);
  const wide = since('shop@1+fleet@3');
  expect(wide.every((r) => r.host !== '' && !r.names.includes('user-agent'))).toBe(true);
});

it("the host's file is taken while the capture runs; a bad one is not", async () => {
  hostPolicy(2);
  await until(() => since('shop@2+fleet@3').length > 0);
  writeFileSync(at('policy.yaml'), 'schema: 1\nid: shop\nversion: 3\nheaders: [{ header: "*", acton: keep }]\n');
  const refused = await until(async () => (await health()).policy.refused);
  expect(refused).toMatchObject({ code: 'HW_POLICY_FIELD', reason: expect.stringMatching(/policy\.yaml:4:.*did you mean action/) as string });
  const before = rows.length;
  await until(() => rows.length > before);
  expect(rows.at(-1)?.policy).toBe('shop@2+fleet@3');
});
