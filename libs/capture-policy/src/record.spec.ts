import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { PolicyDocument } from './document.ts';
import { PolicyError } from './errors.ts';
import { newPolicyKeys, readPrivateKey, readPublicKey } from './keys.ts';
import { POLICY_HEADERS, signPolicy, verifyPolicy } from './record.ts';

const dir = mkdtempSync(join(tmpdir(), 'hw-policy-keys-'));
afterAll(() => rmSync(dir, { recursive: true }));

const pair = newPolicyKeys();
const privateKey = createPrivateKey(pair.privatePem);
const publicKey = createPublicKey(pair.publicPem);
const doc: PolicyDocument = { schema: 1, id: 'fleet', version: 7, path: 'template' };
const record = signPolicy(doc, 'fleet', 'ops-1', privateKey);
const trusted = [{ id: 'ops-1', publicKey }];

function code(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PolicyError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'taken';
}

it('the format of a record is as documented', () => {
  expect(record.key).toBe('fleet');
  expect(Buffer.from(record.value).toString()).toBe('{"schema":1,"id":"fleet","version":7,"path":"template"}');
  expect(record.headers).toEqual({
    'content-type': 'application/json',
    'headwater-policy-key': 'ops-1',
    'headwater-signature': expect.stringMatching(/^[A-Za-z0-9+/]{86}==$/) as string,
  });
});

it('says why a record is refused', () => {
  const other = createPublicKey(newPolicyKeys().publicPem);
  const bare = { ...record, headers: { 'content-type': 'application/json' } };
  expect(code(() => verifyPolicy(bare, trusted))).toMatch(/^HW_POLICY_UNSIGNED .*policy sign/);
  expect(code(() => verifyPolicy(record, [{ id: 'ops-2', publicKey }]))).toMatch(/^HW_POLICY_KEY_UNKNOWN .*"ops-1".*trusted: ops-2/);
  expect(code(() => verifyPolicy(record, [{ id: 'ops-1', publicKey: other }]))).toMatch(/^HW_POLICY_SIGNATURE /);
  expect(code(() => verifyPolicy({ ...record, key: 'host-1' }, trusted))).toMatch(/^HW_POLICY_SIGNATURE .*record key/);
  expect(code(() => verifyPolicy({ ...record, key: 'a\nb' }, trusted))).toMatch(/^HW_POLICY_RECORD /);
  expect(code(() => verifyPolicy({ ...record, value: Buffer.alloc(0) }, trusted))).toMatch(/^HW_POLICY_REMOVED .*allows all/);
  expect(code(() => signPolicy(doc, 'a b', 'ops-1', privateKey))).toMatch(/^HW_POLICY_RECORD /);
  expect(code(() => signPolicy(doc, 'fleet', 'ops 1', privateKey))).toMatch(/^HW_POLICY_RECORD /);
  expect(code(() => signPolicy(doc, 'fleet', 'ops-1', publicKey))).toMatch(/^HW_POLICY_KEY_FILE /);
  // Signed, and still no policy.
  const nonsense = signPolicy({ ...doc, version: 0 }, 'fleet', 'ops-1', privateKey);
  expect(code(() => verifyPolicy(nonsense, trusted))).toMatch(/^HW_POLICY_FIELD fleet:1:\d+: version: is 0/);
});

it('a second spelling of the same signature is another signature', () => {
  const signature = record.headers[POLICY_HEADERS.signature]!;
  // Two characters that differ in the bits which base64 leaves over.
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const spare = signature.slice(0, 85) + last[last.indexOf(signature[85]!) ^ 1]! + '==';
  expect(Buffer.from(spare, 'base64').equals(Buffer.from(signature, 'base64'))).toBe(true);
  for (const text of [spare, `${signature}\n`, ` ${signature}`, signature.replace('==', ''), signature.replaceAll('+', '-').replaceAll('/', '_') + '='])
    expect(code(() => verifyPolicy({ ...record, headers: { ...record.headers, [POLICY_HEADERS.signature]: text } }, trusted))).toMatch(/^HW_POLICY_SIGNATURE /);
});

it('reads keys of the right kind, and private ones only where nobody else does', () => {
  const file = (name: string, text: string, mode = 0o600): string => {
    writeFileSync(join(dir, name), text, { mode });
    chmodSync(join(dir, name), mode);
    return join(dir, name);
  };
  const secret = file('policy.key', pair.privatePem);
  const open = file('policy.pub', pair.publicPem, 0o644);
  expect(readPrivateKey(secret, '--key').asymmetricKeyType).toBe('ed25519');
  expect(readPublicKey(open, 'policy.fleet.keys.0').export({ type: 'spki', format: 'pem' })).toBe(pair.publicPem);
  expect(code(() => readPublicKey(secret, 'k'))).toMatch(/HW_POLICY_KEY_FILE .*private key, which must stay/);
  expect(code(() => readPrivateKey(file('open.key', pair.privatePem, 0o640), '--key'))).toMatch(/HW_POLICY_KEY_FILE --key .*mode 640.*chmod 600/);
  expect(code(() => readPublicKey(join(dir, 'none'), 'k'))).toMatch(/HW_POLICY_KEY_FILE k .*ENOENT.*policy keygen/);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }) as string;
  expect(code(() => readPublicKey(file('rsa.pub', rsa), 'k'))).toMatch(/HW_POLICY_KEY_FILE .*kind rsa; Ed25519/);
});
