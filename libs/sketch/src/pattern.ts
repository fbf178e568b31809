import type { Reader, Writer } from './bytes.ts';
import { DdSketch } from './ddsketch.ts';

export type Role = 'server' | 'client';
/** Values of `headwater.role`, by index. */
export const ROLES: readonly Role[] = ['server', 'client'];

/** What an overflow bucket is called, in place of a method, a route, a header name or an error type. */
export const OTHER = '{other}';
const MAX_ERROR_TYPES = 16;

/** One request pattern of a service in one window. */
export class Pattern {
  readonly role: Role;
  readonly method: string;
  readonly route: string;
  /** final status code; 0: there was none, see `errors` */
  readonly status: number;
  /** exchanges, weights summed */
  exchanges = 0;
  /** sums over the exchanges whose size is known (`sizedRequests`, `sizedResponses`) */
  requestBytes = 0;
  sizedRequests = 0;
  responseBytes = 0;
  sizedResponses = 0;
  /**
   * Long exchanges, weights summed: those that began and those whose end came, each in the window where it did. Over all
   * windows `begun - ended` are in progress (or their ends were lost).
   */
  begun = 0;
  ended = 0;
  /** error.type -> exchanges */
  errors = new Map<string, number>();
  /** event times, ms since the Unix epoch; Infinity / -Infinity when nothing was seen */
  firstSeenMs = Infinity;
  lastSeenMs = -Infinity;
  /** nanoseconds, exchanges whose ttfb is known */
  ttfb = new DdSketch();
  /** nanoseconds, exchanges whose end is known */
  total = new DdSketch();

  constructor(role: Role, method: string, route: string, status: number) {
    this.role = role;
    this.method = method;
    this.route = route;
    this.status = status;
  }

  addError(type: string, weight: number): void {
    const key = this.errors.has(type) || this.errors.size < MAX_ERROR_TYPES ? type : OTHER;
    this.errors.set(key, (this.errors.get(key) ?? 0) + weight);
  }

  /** The rarest types over the budget go into `{other}`; ties by name, so that the order of a merge does not matter. */
  private trimErrors(): void {
    if (this.errors.size <= MAX_ERROR_TYPES) return;
    const regular = [...this.errors].filter(([type]) => type !== OTHER).sort((a, b) => b[1] - a[1] || byName(a, b));
    for (const [type, n] of regular.slice(MAX_ERROR_TYPES)) {
      this.errors.delete(type);
      this.errors.set(OTHER, (this.errors.get(OTHER) ?? 0) + n);
    }
  }

  /** What the distributions take in memory. */
  get distributionBytes(): number {
    return this.ttfb.memoryBytes + this.total.memoryBytes;
  }

  merge(other: Pattern): void {
    this.exchanges += other.exchanges;
    this.requestBytes += other.requestBytes;
    this.sizedRequests += other.sizedRequests;
    this.responseBytes += other.responseBytes;
    this.sizedResponses += other.sizedResponses;
    this.begun += other.begun;
    this.ended += other.ended;
    for (const [type, n] of other.errors) this.errors.set(type, (this.errors.get(type) ?? 0) + n);
    this.trimErrors();
    this.firstSeenMs = Math.min(this.firstSeenMs, other.firstSeenMs);
    this.lastSeenMs = Math.max(this.lastSeenMs, other.lastSeenMs);
    this.ttfb.merge(other.ttfb);
    this.total.merge(other.total);
  }

  write(w: Writer, version: number): void {
    w.u8(ROLES.indexOf(this.role));
    w.string(this.method);
    w.string(this.route);
    w.uint(this.status);
    w.uint(this.exchanges);
    w.uint(this.requestBytes);
    w.uint(this.sizedRequests);
    w.uint(this.responseBytes);
    w.uint(this.sizedResponses);
    w.uint(this.errors.size);
    for (const [type, n] of [...this.errors].sort(byName)) {
      w.string(type);
      w.uint(n);
    }
    w.f64(this.firstSeenMs);
    w.f64(this.lastSeenMs);
    if (version >= 2) {
      w.uint(this.begun);
      w.uint(this.ended);
    }
    this.ttfb.write(w);
    this.total.write(w);
  }

  static read(r: Reader): Pattern {
    const role = ROLES[r.u8()];
    if (!role) r.fail('unknown role');
    const p = new Pattern(role, r.string(), r.string(), r.uint());
    p.exchanges = r.uint();
    p.requestBytes = r.uint();
    p.sizedRequests = r.uint();
    p.responseBytes = r.uint();
    p.sizedResponses = r.uint();
    for (let n = r.uint(); n > 0; n--) {
      const type = r.string();
      p.errors.set(type, r.uint());
    }
    p.firstSeenMs = r.f64();
    p.lastSeenMs = r.f64();
    if (r.version >= 2) {
      p.begun = r.uint();
      p.ended = r.uint();
    }
    p.ttfb = DdSketch.read(r);
    p.total = DdSketch.read(r);
    return p;
  }
}

export function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
