import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus } from '@headwater/event-bus';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../program.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-admin-policy-'));
const at = (name: string): string => join(dir, name);
const path = at('bus.sqlite');
afterAll(() => rmSync(dir, { recursive: true }));

async function admin(...argv: string[]) {
  let out = '';
  let err = '';
  const code = await run(['policy', ...argv], {}, { out: (t) => void (out += t), err: (t) => void (err += t) });
  return { code, out, err };
}

function policy(name: string, version: number, more = ''): string {
  writeFileSync(at(name), `schema: 1\nid: fleet\nversion: ${version}\n${more}`);
  return at(name);
}

async function signed(name: string, version: number, keyId = 'ops-1', more: string[] = []): Promise<string> {
  const made = await admin('sign', policy('p.yaml', version), '--key', at(`${keyId}.key.pem`), '--key-id', keyId, '--out', at(name), ...more);
  expect(made).toMatchObject({ code: 0, out: '' });
  return at(name);
}

const publish = (file: string, ...keys: string[]) =>
  admin('publish', file, '--path', path, ...(keys.length > 0 ? keys : ['ops-1']).flatMap((k) => ['--public-key', at(`${k}.pub.pem`)]));

async function put(records: { key: string; value: Uint8Array; headers: Record<string, string> }[], topic = 'headwater.capture-policy.v1'): Promise<void> {
  const bus = await openBus({ kind: 'embedded', path, retentionMs: 1e9, retentionBytes: 1e9 });
  await bus.publish(topic, records);
  await bus.close();
}

beforeAll(async () => {
  for (const id of ['ops-1', 'ops-2']) expect(await admin('keygen', '--key-id', id, '--dir', dir)).toMatchObject({ code: 0 });
  expect(await run(['topics', 'apply', '--path', path], {}, { out: () => undefined, err: () => undefined })).toBe(0);
});

it('keygen makes a key for its owner alone, never over another, and prints the settings of hosts', async () => {
  const made = await admin('keygen', '--key-id', 'ops-3', '--dir', dir);
  expect(made.out).toContain('public_key_file: /etc/headwater/ops-3.pub.pem');
  expect(statSync(at('ops-3.key.pem')).mode & 0o777).toBe(0o600);
  const before = readFileSync(at('ops-3.key.pem'), 'utf8');
  expect(await admin('keygen', '--key-id', 'ops-3', '--dir', dir)).toMatchObject({ code: 1, err: expect.stringContaining('is there already') as string });
  expect(readFileSync(at('ops-3.key.pem'), 'utf8')).toBe(before);
  expect(await admin('keygen', '--key-id', 'a b')).toMatchObject({ code: 2 });
});

it('sign refuses a bad policy with its lines, and says what silence narrows', async () => {
  const key = ['--key', at('ops-1.key.pem'), '--key-id', 'ops-1'];
  expect(await admin('sign', policy('bad.yaml', 1, 'pth: keep\n'), ...key)).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/bad\.yaml:4:1: pth: .*did you mean path/) as string,
  });
  const good = await admin('sign', policy('good.yaml', 1, 'path: keep\n'), ...key);
  expect(JSON.parse(good.out)).toMatchObject({ key: 'fleet', value: '{"schema":1,"id":"fleet","version":1,"path":"keep"}', headers: { 'headwater-policy-key': 'ops-1' } });
  expect(good.err).toMatch(/fleet@1 is signed with ops-1, for every host/);
  expect(good.err).toContain('query_names');
  expect(good.err).not.toContain('route templates');
  expect(await admin('sign', at('good.yaml'), '--key', at('none'), '--key-id', 'x')).toMatchObject({ code: 1, err: expect.stringContaining('policy keygen') as string });
});

it('publishes what is newer and signed, and nothing else', async () => {
  const first = await signed('r2.json', 2);
  expect(await publish(first)).toMatchObject({ code: 0, out: 'fleet@2 for fleet is on headwater.capture-policy.v1, offset 0\n' });
  expect(await publish(first)).toMatchObject({ code: 0, out: 'fleet@2 is there already for fleet, at offset 0\n' });
  expect(await publish(await signed('r1.json', 1))).toMatchObject({ code: 1, err: expect.stringMatching(/fleet@1 is not newer: the topic holds fleet@2.*version 3/) as string });
  expect(await publish(at('p.yaml'))).toMatchObject({ code: 1, err: expect.stringContaining('policy sign') as string });
  const bare = JSON.parse(readFileSync(first, 'utf8')) as { key: string; value: string; headers: object };
  writeFileSync(at('bare.json'), JSON.stringify({ ...bare, headers: {} }));
  expect(await publish(at('bare.json'))).toMatchObject({ code: 1, err: expect.stringContaining('is not signed') as string });
  writeFileSync(at('forged.json'), JSON.stringify({ ...bare, value: bare.value.replace('2', '9') }));
  expect(await publish(at('forged.json'))).toMatchObject({ code: 1, err: expect.stringContaining('does not fit') as string });
  expect(await publish(await signed('other.json', 3, 'ops-2'))).toMatchObject({ code: 1, err: expect.stringContaining('does not fit') as string });
  // One host's own record has versions of its own.
  expect(await publish(await signed('host.json', 1, 'ops-1', ['--for', 'host-7']))).toMatchObject({ code: 0 });
});

it('a forged record blocks no true one, and show tells them apart', async () => {
  await put([
    {
      key: 'fleet',
      value: Buffer.from('{"schema":1,"id":"fleet","version":4294967295}'),
      headers: { 'headwater-policy-key': 'ops-1', 'headwater-signature': 'A'.repeat(86) + '==' },
    },
  ]);
  const forged = await admin('show', '--path', path, '--public-key', at('ops-1.pub.pem'));
  expect(forged.code).toBe(3);
  expect(forged.out).toMatch(/^fleet +fleet@4294967295 +ops-1 +NOT VERIFIED: the signature/m);
  expect(forged.out).toMatch(/^host-7 +fleet@1 +ops-1 +verified/m);
  const next = await publish(await signed('r3.json', 3));
  expect(next).toMatchObject({ code: 0, out: expect.stringContaining('after fleet@2') as string, err: expect.stringContaining('1 records for fleet are not signed') as string });
  expect(await admin('show', '--path', path, '--public-key', at('ops-1.pub.pem'))).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^fleet +fleet@3 +ops-1 +verified/m) as string,
  });
  const all = JSON.parse((await admin('show', '--path', path, '--all', '--json')).out) as { records: { policy: string; verified: null; document: object }[] };
  expect(all.records.map((r) => r.policy)).toEqual(['fleet@2', 'fleet@1', 'fleet@4294967295', 'fleet@3']);
  expect(all.records[3]).toMatchObject({ verified: null, document: { id: 'fleet', version: 3 } });
});

it('show --hosts tells what each host has in force and refuses', async () => {
  expect((await admin('show', '--hosts', '--path', path)).out).toBe('no host has told its policy yet\n');
  const beat = (host: string, policy: string, seen: Date, policy_state?: object) => ({
    key: host,
    value: Buffer.from(JSON.stringify({ host, policy, seen_at: seen.toISOString(), ...(policy_state ? { policy_state } : {}) })),
    headers: {},
  });
  const state = { host: 'shop@1', source: 'file', loaded_at: 'x', narrowing: { policy: 'fleet@2', key: 'ops-1', accepted_at: 'x' } };
  const refused = { policy: 'fleet@3', source: 'topic', reason: 'needs a\u001b[31m key', at: 'x' };
  const now = new Date();
  await put(
    [
      beat('b', 'shop@1', now, { ...state, narrowing: null, refused: null }),
      beat('b', 'shop@1+fleet@2', now, { ...state, refused }),
      beat('a', 'default@1', new Date(0)),
      { key: 'c', value: Buffer.from('nonsense'), headers: {} },
    ],
    'headwater.agent-status.v1',
  );
  const { code, out } = await admin('show', '--hosts', '--path', path);
  expect(code).toBe(0);
  expect(out).toMatch(/^a +default@1 \(silent since 1970-\S+\) +- +-$/m);
  expect(out).toMatch(/^b +shop@1\+fleet@2 +fleet@2, key ops-1 +fleet@3 \(topic\): needs a\?\[31m key$/m);
  expect(JSON.parse((await admin('show', '--hosts', '--json', '--path', path)).out)).toMatchObject({
    hosts: [{ host: 'a' }, { host: 'b', policy_state: { narrowing: { policy: 'fleet@2' } } }],
  });
});

it('an empty topic, and one that is not there', async () => {
  expect(await admin('show', '--path', path, '--prefix', 'none')).toMatchObject({ code: 1, err: expect.stringContaining('topics apply') as string });
  await run(['topics', 'apply', '--path', path, '--prefix', 'empty'], {}, { out: () => undefined, err: () => undefined });
  expect(await admin('show', '--path', path, '--prefix', 'empty')).toMatchObject({ code: 0, out: 'the topic holds no policy\n' });
});
