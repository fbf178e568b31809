import type { Role, ServiceWindowScan } from '@headwater/sketch';

/** What tells one request pattern of a service from another. One object for all windows. */
export interface PatternIdentity {
  /** small, and no other identity's: where its sums stand in an array */
  readonly index: number;
  readonly service: string;
  readonly role: Role;
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

interface Known extends PatternIdentity {
  /** its bytes in an encoded window */
  readonly key: Uint8Array;
  /** the pattern that came after it in the window that was read last: windows are sorted, so it mostly does again */
  next: Known | null;
}

const MAX_IDENTITIES = 200_000;

function same(key: Uint8Array, bytes: Uint8Array, begin: number, end: number): boolean {
  if (key.length !== end - begin) return false;
  for (let i = 0; i < key.length; i += 1) if (key[i] !== bytes[begin + i]) return false;
  return true;
}

/** Hands out one object per pattern. When full it begins again: two objects for one pattern cost time, never counts. */
export class Identities {
  #services = new Map<string, { first: Known | null; byKey: Map<string, Known> }>();
  #size = 0;
  #next = 0;

  /** For the patterns of one window, in their order. */
  finder(service: string): (scan: ServiceWindowScan) => PatternIdentity {
    if (this.#size >= MAX_IDENTITIES) {
      this.#services = new Map();
      this.#size = 0;
    }
    let of = this.#services.get(service);
    if (of === undefined) this.#services.set(service, (of = { first: null, byKey: new Map() }));
    const known = of;
    let before: Known | null = null;
    return (scan) => {
      const guess = before === null ? known.first : before.next;
      const found = scan.withKey((bytes, begin, end) =>
        guess !== null && same(guess.key, bytes, begin, end) ? guess : this.#find(known.byKey, service, bytes.slice(begin, end), scan),
      );
      if (found !== guess) {
        if (before === null) known.first = found;
        else before.next = found;
      }
      before = found;
      return found;
    };
  }

  #find(byKey: Map<string, Known>, service: string, key: Uint8Array, scan: ServiceWindowScan): Known {
    const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
    let found = byKey.get(text);
    if (found === undefined) {
      const { method, route } = scan.names();
      byKey.set(text, (found = { index: this.#next++, service, role: scan.role, method, route, status: scan.status, key: Uint8Array.from(key), next: null }));
      this.#size += 1;
    }
    return found;
  }
}
