import { sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { canonicalPolicy } from './canonical.ts';
import type { PolicyDocument } from './document.ts';
import { PolicyError } from './errors.ts';
import { readPolicy } from './read.ts';

/** Record key of the document that holds for every host without one of its own. */
export const FLEET = 'fleet';

export const POLICY_HEADERS = { contentType: 'content-type', key: 'headwater-policy-key', signature: 'headwater-signature' } as const;

/** A record of the topic `capture-policy.v1`, as the bus has it. */
export interface PolicyRecord {
  /** `fleet` or a host id */
  key: string;
  value: Uint8Array;
  headers: Record<string, string>;
}

/** A key that may sign: Ed25519, the public half. */
export interface TrustedKey {
  id: string;
  publicKey: KeyObject;
}

/** The document of a record whose signature holds, and who signed it. */
export interface VerifiedPolicy {
  document: PolicyDocument;
  keyId: string;
}

/** Host ids as the agent's settings take them. No line feed: the key is a line of what is signed. */
const RECORD_KEY = /^[\w.:-]{1,128}$/;
const KEY_ID = /^[\w.-]{1,64}$/;
const ED25519_BYTES = 64;

/** The record key is signed too, so one host's document is no other's. */
function signedBytes(recordKey: string, value: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`headwater-capture-policy.v1\n${recordKey}\n`), value]);
}

/**
 * The record that hosts take from this document.
 * @param recordKey `fleet` or a host id
 * @throws PolicyError HW_POLICY_RECORD, HW_POLICY_KEY_FILE (no private Ed25519 key)
 */
export function signPolicy(document: PolicyDocument, recordKey: string, keyId: string, privateKey: KeyObject): PolicyRecord {
  if (!RECORD_KEY.test(recordKey))
    throw new PolicyError('HW_POLICY_RECORD', `"${recordKey}" is no record key: give ${FLEET}, or a host id of 1 to 128 letters, digits, dots, colons, dashes or underscores`);
  if (!KEY_ID.test(keyId)) throw new PolicyError('HW_POLICY_RECORD', `"${keyId}" is no key id: give 1 to 64 letters, digits, dots, dashes or underscores`);
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'ed25519') throw new PolicyError('HW_POLICY_KEY_FILE', 'the signing key is no private Ed25519 key');
  const value = Buffer.from(canonicalPolicy(document));
  const signature = sign(null, signedBytes(recordKey, value), privateKey).toString('base64');
  return { key: recordKey, value, headers: { [POLICY_HEADERS.contentType]: 'application/json', [POLICY_HEADERS.key]: keyId, [POLICY_HEADERS.signature]: signature } };
}

/**
 * The document of a record, once its signature holds; nothing of an unsigned one is read.
 * @throws PolicyError HW_POLICY_REMOVED, _RECORD, _UNSIGNED, _KEY_UNKNOWN, _SIGNATURE, _SIZE, _SYNTAX, _FIELD
 */
export function verifyPolicy(record: PolicyRecord, keys: readonly TrustedKey[]): VerifiedPolicy {
  const what = `the record "${record.key.slice(0, 128)}"`;
  if (!RECORD_KEY.test(record.key)) throw new PolicyError('HW_POLICY_RECORD', `${what} is not called ${FLEET} or by a host id`);
  if (record.value.byteLength === 0)
    throw new PolicyError('HW_POLICY_REMOVED', `${what} was deleted, which changes nothing here: to remove a narrowing, publish a newer signed document that allows all`);
  const signature = record.headers[POLICY_HEADERS.signature];
  const keyId = record.headers[POLICY_HEADERS.key];
  if (!signature || !keyId) throw new PolicyError('HW_POLICY_UNSIGNED', `${what} is not signed: make it with headwater-admin policy sign`);
  const key = keys.find((k) => k.id === keyId);
  if (!key)
    throw new PolicyError(
      'HW_POLICY_KEY_UNKNOWN',
      `${what} is signed by "${keyId.slice(0, 64)}", which is not trusted here (trusted: ${keys.map((k) => k.id).join(', ') || 'none'})`,
    );
  const bytes = Buffer.from(signature, 'base64');
  // Only the one spelling of the signature: base64 has spare bits, and decoders overlook foreign characters.
  const sound = bytes.length === ED25519_BYTES && bytes.toString('base64') === signature;
  if (!sound || !verify(null, signedBytes(record.key, record.value), key.publicKey, bytes))
    throw new PolicyError('HW_POLICY_SIGNATURE', `the signature of ${what} does not fit: the document, the record key or the key is another than was signed (key ${keyId})`);
  try {
    JSON.parse(Buffer.from(record.value).toString('utf8'));
  } catch (cause) {
    throw new PolicyError('HW_POLICY_SYNTAX', `${what} is not JSON`, { cause });
  }
  return { document: readPolicy(record.value, record.key), keyId };
}
