import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprintKeys, readFingerprintKey } from './fingerprint-key.ts';
import { hostIdFrom } from '../host-id.ts';

const dir = () => mkdtempSync(join(tmpdir(), 'hw-key-'));

describe('readFingerprintKey', () => {
  it('makes the key once, for its owner alone', () => {
    const file = join(dir(), 'key');
    const first = readFingerprintKey(file, true);
    expect(first.hex).toMatch(/^[0-9a-f]{64}$/);
    expect(first.id).toMatch(/^[0-9a-f]{8}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFingerprintKey(file, true)).toEqual(first);
    expect(readFingerprintKey(file, false)).toEqual(first);
  });

  it('refuses an absent, a readable and a wrong key, naming file and fix', () => {
    const file = join(dir(), 'key');
    expect(() => readFingerprintKey(file, false)).toThrow(/key_file .*key cannot be read.*openssl rand -hex 32/);
    writeFileSync(file, 'ab'.repeat(32), { mode: 0o600 });
    chmodSync(file, 0o644);
    expect(() => readFingerprintKey(file, false)).toThrow(/mode 644.*chmod 600/);
    chmodSync(file, 0o600);
    writeFileSync(file, 'short');
    expect(() => readFingerprintKey(file, false)).toThrow(/must hold 64 hex digits/);
  });
});

describe('fingerprintKeys', () => {
  it('gives the key before this one while it is named, and makes only the current one', () => {
    const at = dir();
    const [key_file, previous_key_file] = [join(at, 'key'), join(at, 'before')];
    expect(fingerprintKeys({ enabled: false, key_file, create: true })).toEqual({});
    expect(() => fingerprintKeys({ enabled: true, key_file, create: true }, false)).toThrow(/key_file .*cannot be read/);
    const { key } = fingerprintKeys({ enabled: true, key_file, create: true });
    expect(() => fingerprintKeys({ enabled: true, key_file, create: true, previous_key_file })).toThrow(/fingerprints\.previous_key_file .*before cannot be read/);
    writeFileSync(previous_key_file, 'ab'.repeat(32), { mode: 0o600 });
    expect(fingerprintKeys({ enabled: true, key_file, create: true, previous_key_file })).toEqual({
      key,
      previousKey: { id: expect.stringMatching(/^[0-9a-f]{8}$/) as string, hex: 'ab'.repeat(32) },
    });
    expect(() => fingerprintKeys({ enabled: true, key_file, create: true, previous_key_file: key_file })).toThrow(/holds the key of fingerprints\.key_file/);
  });
});

describe('hostIdFrom', () => {
  it('hashes the machine id, which must not leave the host', () => {
    const machine = '0123456789abcdef0123456789abcdef';
    expect(hostIdFrom(`${machine}\n`)).toMatch(/^[0-9a-f]{32}$/);
    expect(hostIdFrom(machine)).not.toContain(machine);
    expect(hostIdFrom(machine)).toBe(hostIdFrom(`${machine}\n`));
    expect(() => hostIdFrom('uninitialized')).toThrow(/host_id/);
  });
});
