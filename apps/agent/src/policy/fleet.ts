import { createHash } from 'node:crypto';
import { FLEET, PolicyError, policyName, verifyPolicy } from '@headwater/capture-policy';
import type { PolicyDocument, PolicyRecord, TrustedKey } from '@headwater/capture-policy';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/** A record that was taken. */
export interface Accepted {
  record: PolicyRecord;
  document: PolicyDocument;
  keyId: string;
  /** RFC 3339 */
  acceptedAt: string;
}

/** The newest version of an id that was taken from a record key, and the SHA-256 of its bytes. */
export interface Seen {
  record: string;
  id: string;
  version: number;
  sha256: string;
}

export type Outcome = { kind: 'ignored' } | { kind: 'same' } | { kind: 'accepted'; accepted: Accepted } | { kind: 'refused'; refused: Refusal };

/** Only who holds a key makes new ids; the bound is for the state file. */
const MAX_IDS = 200;

/** Judges the records of the policy topic for one host. Knows neither bus nor files. */
export class Fleet {
  readonly accepted = new Map<string, Accepted>();
  readonly seen: Seen[] = [];
  private readonly hostId: string;
  private readonly keys: readonly TrustedKey[];
  private readonly offer: (document: PolicyDocument | null) => void;

  /** @param offer takes what now narrows into force, or throws and nothing has changed */
  constructor(hostId: string, keys: readonly TrustedKey[], offer: (document: PolicyDocument | null) => void) {
    this.hostId = hostId;
    this.keys = keys;
    this.offer = offer;
  }

  /** What narrows: the host's own record, else the fleet's. */
  get inForce(): Accepted | null {
    return this.accepted.get(this.hostId) ?? this.accepted.get(FLEET) ?? null;
  }

  concerns(key: string | null): key is string {
    return key === FLEET || key === this.hostId;
  }

  /** A record from the state file, verified as if it came from the topic. @throws PolicyError */
  restore(record: PolicyRecord, acceptedAt: string): void {
    if (!this.concerns(record.key)) return;
    this.accepted.set(record.key, { record, ...verifyPolicy(record, this.keys), acceptedAt });
  }

  remember(seen: Seen): void {
    const at = this.seen.findIndex((s) => s.record === seen.record && s.id === seen.id);
    if (at < 0) this.seen.push(seen);
    else this.seen[at] = seen;
  }

  judge(record: PolicyRecord): Outcome {
    if (!this.concerns(record.key)) return { kind: 'ignored' };
    // Of what never narrowed, such as a forged record that was cleaned away, nothing is left to say.
    if (record.value.byteLength === 0 && !this.accepted.has(record.key)) return { kind: 'same' };
    let name = record.key;
    try {
      const verified = verifyPolicy(record, this.keys);
      name = policyName(verified.document);
      const sha256 = createHash('sha256').update(record.value).digest('hex');
      if (this.isSame(record, verified.document, sha256)) return { kind: 'same' };
      const before = this.accepted.get(record.key);
      const accepted = { record, ...verified, acceptedAt: new Date().toISOString() };
      this.accepted.set(record.key, accepted);
      try {
        this.offer(this.inForce?.document ?? null);
      } catch (error) {
        if (before) this.accepted.set(record.key, before);
        else this.accepted.delete(record.key);
        throw error;
      }
      this.remember({ record: record.key, id: verified.document.id, version: verified.document.version, sha256 });
      return { kind: 'accepted', accepted };
    } catch (error) {
      return { kind: 'refused', refused: refusal('topic', name, error) };
    }
  }

  /**
   * True for the very bytes in force. Throws for what is not newer than what was taken before, also when another id
   * has taken its place since: else whoever can write to the topic could bring an old signed document back.
   */
  private isSame(record: PolicyRecord, { id, version }: PolicyDocument, sha256: string): boolean {
    const newest = this.seen.find((s) => s.record === record.key && s.id === id);
    if (!newest) {
      if (this.seen.filter((s) => s.record === record.key).length >= MAX_IDS)
        throw new PolicyError('HW_POLICY_OLDER', `${id}@${version} is the ${MAX_IDS + 1}th id of the record "${record.key}": go on with one of the ids before`);
      return false;
    }
    if (version > newest.version) return false;
    const current = this.accepted.get(record.key)?.document;
    const same = version === newest.version && sha256 === newest.sha256;
    if (same && current?.id === id && current.version === version) return true;
    // The record itself may be missing here though its version is known: its key was not trusted for a while.
    if (same && !current) return false;
    const why = same
      ? `${current ? policyName(current) : 'another'} came after it`
      : version === newest.version
        ? 'that version said something else before'
        : `${id}@${newest.version} was taken before`;
    throw new PolicyError('HW_POLICY_OLDER', `${id}@${version} of the record "${record.key}" is not newer: ${why}; sign it as version ${newest.version + 1}`);
  }
}
