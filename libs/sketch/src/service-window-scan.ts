import { Reader } from './bytes.ts';
import { ClientStats } from './client-stats.ts';
import { DdSketch } from './ddsketch.ts';
import { HeaderStats } from './header-stats.ts';
import { ROLES, type Role } from './pattern.ts';
import { KIND, VERSION, WHAT } from './service-window.ts';

/** What of a pattern comes next and was not read yet. */
const NOTHING = 0;
const TTFB = 1;
const TOTAL = 2;

/**
 * Reads an encoded service window from front to back and makes nothing of what is not asked for: for readers of
 * thousands of windows who want counts, or one distribution over all of them. One pattern at a time; its fields are
 * those of the last `nextPattern`. Errors are those of `ServiceWindow.decode`, but for what was passed over.
 */
export class ServiceWindowScan {
  readonly sampled: boolean;
  readonly roleExchanges: Readonly<Record<Role, number>>;
  readonly patternCount: number;
  role: Role = 'server';
  status = 0;
  exchanges = 0;
  requestBytes = 0;
  responseBytes = 0;
  /** exchanges without a whole response, of all types */
  errors = 0;
  /** long exchanges that began, and whose end came */
  begun = 0;
  ended = 0;
  firstSeenMs = Infinity;
  lastSeenMs = -Infinity;
  private readonly r: Reader;
  private left: number;
  private pending = NOTHING;
  private keyBegin = 0;
  private keyEnd = 0;
  private errorsBegin = 0;

  /**
   * Throws SketchError `corrupt` or `newer_version`.
   * @param checked these very bytes were scanned before: their checksum is not looked at again
   */
  constructor(bytes: Uint8Array, checked = false) {
    const r = new Reader(bytes, WHAT, KIND, VERSION, checked);
    this.r = r;
    this.sampled = r.u8() === 1;
    this.roleExchanges = { server: r.uint(), client: r.uint() };
    this.left = this.patternCount = r.uint();
  }

  nextPattern(): boolean {
    const r: Reader = this.r;
    this.passDistributions();
    if (this.left === 0) return false;
    this.left--;
    this.keyBegin = r.position;
    const role = ROLES[r.u8()];
    if (!role) r.fail('unknown role');
    this.role = role;
    r.skipString();
    r.skipString();
    this.status = r.uint();
    this.keyEnd = r.position;
    this.exchanges = r.uint();
    this.requestBytes = r.uint();
    r.uint();
    this.responseBytes = r.uint();
    r.uint();
    this.errorsBegin = r.position;
    this.errors = 0;
    for (let n = r.uint(); n > 0; n--) {
      r.skipString();
      this.errors += r.uint();
    }
    this.firstSeenMs = r.f64();
    this.lastSeenMs = r.f64();
    if (r.version >= 2) {
      this.begun = r.uint();
      this.ended = r.uint();
    }
    this.pending = TTFB;
    return true;
  }

  /** Calls back with the bytes that tell this pattern from others of the service (role, method, route, status): equal in all windows. */
  withKey<T>(take: (bytes: Uint8Array, begin: number, end: number) => T): T {
    return take(this.r.all, this.keyBegin, this.keyEnd);
  }

  /** Strings are made when they are asked for. */
  names(): { method: string; route: string } {
    return this.at(this.keyBegin + 1, (r) => ({ method: r.string(), route: r.string() }));
  }

  /** error.type -> exchanges */
  errorTypes(): Map<string, number> {
    return this.at(this.errorsBegin, (r) => {
      const types = new Map<string, number>();
      for (let n = r.uint(); n > 0; n--) {
        const type = r.string();
        types.set(type, r.uint());
      }
      return types;
    });
  }

  /** Adds this pattern's times to first byte, ns. Once, and before `addTotal`. */
  addTtfb(into: DdSketch): void {
    if (this.pending !== TTFB) throw new Error('the times to first byte were passed already');
    into.mergeFrom(this.r);
    this.pending = TOTAL;
  }

  /** Adds this pattern's total times, ns. Once. */
  addTotal(into: DdSketch): void {
    if (this.pending === TTFB) DdSketch.skip(this.r);
    else if (this.pending !== TOTAL) throw new Error('the total times were passed already');
    into.mergeFrom(this.r);
    this.pending = NOTHING;
  }

  /** All headers of the window and its clients; patterns that are left are passed over. */
  rest(): { headers: HeaderStats[]; clients: ClientStats[] } {
    while (this.nextPattern());
    const { r } = this;
    const headers: HeaderStats[] = [];
    for (let n = r.uint(); n > 0; n--) headers.push(HeaderStats.read(r));
    const clients: ClientStats[] = [];
    for (let n = r.version >= 3 ? r.uint() : 0; n > 0; n--) clients.push(ClientStats.read(r));
    r.done();
    return { headers, clients };
  }

  private passDistributions(): void {
    if (this.pending === TTFB) DdSketch.skip(this.r);
    if (this.pending !== NOTHING) DdSketch.skip(this.r);
    this.pending = NOTHING;
  }

  private at<T>(position: number, read: (r: Reader) => T): T {
    const back = this.r.position;
    this.r.seek(position);
    const value = read(this.r);
    this.r.seek(back);
    return value;
  }
}
