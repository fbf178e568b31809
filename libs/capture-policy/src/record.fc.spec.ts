import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { canonicalPolicy } from './canonical.ts';
import { PolicyError } from './errors.ts';
import { newPolicyKeys } from './keys.ts';
import { POLICY_HEADERS, signPolicy, verifyPolicy } from './record.ts';
import type { PolicyRecord } from './record.ts';
import { readPolicy } from './read.ts';
import { documents } from './testing/documents.ts';

const pair = newPolicyKeys();
const privateKey = createPrivateKey(pair.privatePem);
const trusted = [{ id: 'ops-1', publicKey: createPublicKey(pair.publicPem) }];
const recordKeys = fc.constantFrom('fleet', 'host-7', 'a:b.c_d');

it('a document is the same through canonical JSON, YAML and a signed record', () => {
  fc.assert(
    fc.property(documents, recordKeys, (doc, key) => {
      const text = canonicalPolicy(doc);
      expect(readPolicy(text, 'json')).toEqual(doc);
      expect(readPolicy(stringify(doc), 'yaml')).toEqual(doc);
      expect(canonicalPolicy(readPolicy(stringify(doc), 'yaml'))).toBe(text);
      // The order of keys says nothing.
      expect(canonicalPolicy(Object.fromEntries(Object.entries(doc).reverse()) as unknown as typeof doc)).toBe(text);
      const record = signPolicy(doc, key, 'ops-1', privateKey);
      expect(verifyPolicy(record, trusted)).toEqual({ document: doc, keyId: 'ops-1' });
    }),
    { numRuns: 100 },
  );
});

function changed(text: string, at: number, by: number): string {
  const bytes = Buffer.from(text, 'latin1');
  bytes[at % bytes.length]! ^= by;
  return bytes.toString('latin1');
}

it('a record of which one byte changed is refused, whichever it is', () => {
  fc.assert(
    fc.property(documents, recordKeys, fc.constantFrom('value', 'key', 'keyId', 'signature'), fc.nat(), fc.integer({ min: 1, max: 255 }), (doc, key, part, at, by) => {
      const sound = signPolicy(doc, key, 'ops-1', privateKey);
      const { headers } = sound;
      const record: PolicyRecord = {
        ...sound,
        ...(part === 'value' ? { value: Buffer.from(changed(Buffer.from(sound.value).toString('latin1'), at, by), 'latin1') } : {}),
        ...(part === 'key' ? { key: changed(key, at, by) } : {}),
        ...(part === 'keyId' ? { headers: { ...headers, [POLICY_HEADERS.key]: changed('ops-1', at, by) } } : {}),
        ...(part === 'signature' ? { headers: { ...headers, [POLICY_HEADERS.signature]: changed(headers[POLICY_HEADERS.signature]!, at, by) } } : {}),
      };
      expect(() => verifyPolicy(record, trusted)).toThrow(PolicyError);
    }),
    { numRuns: 300 },
  );
});
