import type { Reader, Writer } from './bytes.ts';
import { HyperLogLog } from './hyperloglog.ts';
import { ROLES, type Role } from './pattern.ts';
import { SpaceSaving } from './space-saving.ts';

export type Direction = 'request' | 'response';
export const DIRECTIONS: readonly Direction[] = ['request', 'response'];

/** One header name of a service in one window. */
export class HeaderStats {
  readonly role: Role;
  readonly direction: Direction;
  /** lower case */
  readonly name: string;
  /** exchanges that carry it at least once, weights summed; over `ServiceWindow.roleExchanges` it is the presence */
  exchanges = 0;
  /** header fields of this name, repeats counted */
  occurrences = 0;
  /** bytes of name and value as they left the host (after redaction), without separators */
  bytes = 0;
  /** distinct values that left the host (kept, hashed, masked or summarised); presence-only fields count as none */
  distinct = new HyperLogLog();
  /** most frequent values, only of fields that the policy keeps or summarises */
  top = new SpaceSaving();

  constructor(role: Role, direction: Direction, name: string) {
    this.role = role;
    this.direction = direction;
    this.name = name;
  }

  merge(other: HeaderStats): void {
    this.exchanges += other.exchanges;
    this.occurrences += other.occurrences;
    this.bytes += other.bytes;
    this.distinct.merge(other.distinct);
    this.top.merge(other.top);
  }

  write(w: Writer): void {
    w.u8(ROLES.indexOf(this.role) * 2 + DIRECTIONS.indexOf(this.direction));
    w.string(this.name);
    w.uint(this.exchanges);
    w.uint(this.occurrences);
    w.uint(this.bytes);
    this.distinct.write(w);
    this.top.write(w);
  }

  static read(r: Reader): HeaderStats {
    const kind = r.u8();
    const role = ROLES[kind >> 1];
    if (!role) r.fail('unknown role');
    const h = new HeaderStats(role, DIRECTIONS[kind & 1]!, r.string());
    h.exchanges = r.uint();
    h.occurrences = r.uint();
    h.bytes = r.uint();
    h.distinct = HyperLogLog.read(r);
    h.top = SpaceSaving.read(r);
    return h;
  }
}
