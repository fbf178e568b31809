import type { KeyObject } from 'node:crypto';
import { POLICY_HEADERS, PolicyError, verifyPolicy } from '@headwater/capture-policy';
import type { PolicyRecord, VerifiedPolicy } from '@headwater/capture-policy';

/** Verified by one of the keys, whatever id the record gives it; or why not. */
export function verifiedBy(record: PolicyRecord, keys: readonly KeyObject[]): VerifiedPolicy | PolicyError {
  let why: PolicyError = new PolicyError('HW_POLICY_KEY_UNKNOWN', 'no public key was given');
  for (const publicKey of keys) {
    try {
      return verifyPolicy(record, [{ id: record.headers[POLICY_HEADERS.key] ?? '', publicKey }]);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      why = error;
      // Beyond the signature another key changes nothing.
      if (error.code !== 'HW_POLICY_SIGNATURE') break;
    }
  }
  return why;
}
