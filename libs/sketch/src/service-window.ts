import { Reader, Writer } from './bytes.ts';
import { ClientStats } from './client-stats.ts';
import { HeaderStats, type Direction } from './header-stats.ts';
import { OTHER, Pattern, byName, type Role } from './pattern.ts';

export const KIND = 0x53;
/** 2: phases of long exchanges; 3: clients. What has none is written as the older one, so that its readers meet the newer only where it is needed. */
export const VERSION = 3;
export const WHAT = 'service window';
/** Patterns of a window, overflow buckets (one a role and valid status) apart. */
export const MAX_PATTERNS = 1000;
/** Header names of a window over both roles and directions, overflow buckets apart. */
export const MAX_HEADERS = 256;
/** Clients of a window, overflow bucket apart; while it is folded it may hold four times as many, and the busiest stay. */
export const MAX_CLIENTS = 128;
const MAX_CLIENTS_OPEN = 4 * MAX_CLIENTS;
const MAX_METHOD = 32;
const MAX_ROUTE = 512;
const MAX_NAME = 128;

type Near = (number | string | Pattern)[];

/**
 * Everything known of one service (subject `s:<service>`) in one window, or in any union of windows.
 * What is over a budget is folded into buckets whose method and route (or header name) is `{other}`.
 */
export class ServiceWindow {
  /** some row stood for more than one exchange: distinct counts and top values are then at least / at most */
  sampled = false;
  /** exchanges by role, the base of a header's presence */
  readonly roleExchanges: Record<Role, number> = { server: 0, client: 0 };
  private readonly byPattern = new Map<string, Pattern>();
  /**
   * What `pattern` was asked for, by route: finds a pattern without making its key. Status, method and pattern one after the other in one
   * list, so that the patterns which are not meant need not come into the cache.
   */
  private readonly byRoute = new Map<string, Near>();
  private readonly byHeader = new Map<string, HeaderStats>();
  /** the same by role and direction, then by the name that was asked for: finds a header without making its key */
  private readonly byHeaderName: [Map<string, HeaderStats>, Map<string, HeaderStats>, Map<string, HeaderStats>, Map<string, HeaderStats>] = [
    new Map(),
    new Map(),
    new Map(),
    new Map(),
  ];
  private readonly byClient = new Map<string, ClientStats>();
  /** patterns as they are written, while none was added or taken away; a window is written once a second, and has new ones rarely */
  private inOrder: Pattern[] | null = null;

  /** bytes of the patterns' distributions in memory; whoever adds to them adds here what they grew */
  distributionBytes = 0;

  /** What this takes in memory, about. Objects are taken as measured on V8; a full distinct count and top list is 7 kB. */
  get memoryBytes(): number {
    return 1000 + 1200 * this.byPattern.size + this.distributionBytes + 5000 * this.byHeader.size + 500 * this.byClient.size;
  }

  get patternCount(): number {
    return this.byPattern.size;
  }

  get headerCount(): number {
    return this.byHeader.size;
  }

  /** The pattern to add to; the overflow bucket when the budget is spent or a part is overlong. Never null. */
  pattern(role: Role, method: string, route: string, status: number): Pattern {
    const near = this.byRoute.get(route);
    if (near) {
      for (let i = 0; i < near.length; i += 3) {
        if (near[i] !== status || near[i + 1] !== method) continue;
        const p = near[i + 2] as Pattern;
        if (p.role === role) return p;
      }
    }
    const p = this.keyed(role, method, route, status);
    if (p.route === route && p.method === method && p.status === status) {
      if (near) near.push(status, method, p);
      else this.byRoute.set(route, [status, method, p]);
    }
    return p;
  }

  private keyed(role: Role, method: string, route: string, status: number): Pattern {
    let key = patternKey(role, method, route, status);
    let p = this.byPattern.get(key);
    if (p) return p;
    if (this.byPattern.size >= MAX_PATTERNS || method.length > MAX_METHOD || route.length > MAX_ROUTE) {
      method = route = OTHER;
      status = overflowStatus(status);
      key = patternKey(role, method, route, status);
      p = this.byPattern.get(key);
      if (p) return p;
    }
    p = new Pattern(role, method, route, status);
    this.byPattern.set(key, p);
    this.inOrder = null;
    return p;
  }

  /** The header to add to, `name` in lower case; else as `pattern`. */
  header(role: Role, direction: Direction, name: string): HeaderStats {
    const near = this.byHeaderName[role === 'server' ? (direction === 'request' ? 0 : 1) : direction === 'request' ? 2 : 3];
    let h = near.get(name);
    if (h) return h;
    h = this.keyedHeader(role, direction, name);
    if (h.name === name) near.set(name, h);
    return h;
  }

  private keyedHeader(role: Role, direction: Direction, name: string): HeaderStats {
    let key = headerKey(role, direction, name);
    let h = this.byHeader.get(key);
    if (h) return h;
    if (this.byHeader.size >= MAX_HEADERS || name.length > MAX_NAME) {
      name = OTHER;
      key = headerKey(role, direction, name);
      h = this.byHeader.get(key);
      if (h) return h;
    }
    h = new HeaderStats(role, direction, name);
    this.byHeader.set(key, h);
    return h;
  }

  /** The client (of role `server`) to add to; else as `pattern`. */
  client(name: string): ClientStats {
    let c = this.byClient.get(name);
    if (c) return c;
    if (this.byClient.size >= MAX_CLIENTS_OPEN || name.length > MAX_NAME) {
      c = this.byClient.get((name = OTHER));
      if (c) return c;
    }
    c = new ClientStats(name);
    this.byClient.set(name, c);
    return c;
  }

  get clientCount(): number {
    return this.byClient.size;
  }

  clients(): IterableIterator<ClientStats> {
    return this.byClient.values();
  }

  patterns(): IterableIterator<Pattern> {
    return this.byPattern.values();
  }

  headers(): IterableIterator<HeaderStats> {
    return this.byHeader.values();
  }

  /** Union. Over budget, the smallest patterns, headers and clients go into the overflow buckets. */
  merge(other: ServiceWindow): void {
    this.sampled ||= other.sampled;
    this.roleExchanges.server += other.roleExchanges.server;
    this.roleExchanges.client += other.roleExchanges.client;
    for (const [key, p] of other.byPattern) {
      let mine = this.byPattern.get(key);
      if (!mine) this.byPattern.set(key, (mine = new Pattern(p.role, p.method, p.route, p.status)));
      mine.merge(p);
    }
    for (const [key, h] of other.byHeader) {
      let mine = this.byHeader.get(key);
      if (!mine) this.byHeader.set(key, (mine = new HeaderStats(h.role, h.direction, h.name)));
      mine.merge(h);
    }
    for (const [name, c] of other.byClient) this.clientOf(name).merge(c);
    this.inOrder = null;
    this.byRoute.clear();
    for (const near of this.byHeaderName) near.clear();
    overflow(
      this.byPattern,
      MAX_PATTERNS,
      (p) => p.route === OTHER && p.method === OTHER,
      (p) => this.other(p),
    );
    overflow(
      this.byHeader,
      MAX_HEADERS,
      (h) => h.name === OTHER,
      (h) => this.otherHeader(h),
    );
    this.trimClients();
  }

  private clientOf(name: string): ClientStats {
    const c = this.byClient.get(name) ?? new ClientStats(name);
    this.byClient.set(name, c);
    return c;
  }

  private trimClients(): void {
    overflow(
      this.byClient,
      MAX_CLIENTS,
      (c) => c.name === OTHER,
      () => this.clientOf(OTHER),
    );
  }

  private other(p: Pattern): Pattern {
    const status = overflowStatus(p.status);
    const key = patternKey(p.role, OTHER, OTHER, status);
    const found = this.byPattern.get(key) ?? new Pattern(p.role, OTHER, OTHER, status);
    this.byPattern.set(key, found);
    return found;
  }

  private otherHeader(h: HeaderStats): HeaderStats {
    const key = headerKey(h.role, h.direction, OTHER);
    const found = this.byHeader.get(key) ?? new HeaderStats(h.role, h.direction, OTHER);
    this.byHeader.set(key, found);
    return found;
  }

  private hasPhases(): boolean {
    for (const p of this.byPattern.values()) if (p.begun > 0 || p.ended > 0) return true;
    return false;
  }

  /**
   * Canonical: equal contents give equal bytes, whatever the order they came in. Clients over the budget go into the overflow bucket here.
   * @param newest 2: for readers that know no clients, which are left out
   */
  encode(newest: 2 | 3 = VERSION): Uint8Array {
    const w = new Writer();
    this.trimClients();
    const version = newest >= 3 && this.byClient.size > 0 ? 3 : this.hasPhases() ? 2 : 1;
    w.u8(KIND);
    w.u8(version);
    w.u8(this.sampled ? 1 : 0);
    w.uint(this.roleExchanges.server);
    w.uint(this.roleExchanges.client);
    w.uint(this.byPattern.size);
    this.inOrder ??= [...this.byPattern].sort(byName).map(([, p]) => p);
    for (const p of this.inOrder) p.write(w, version);
    w.uint(this.byHeader.size);
    for (const [, h] of [...this.byHeader].sort(byName)) h.write(w);
    if (version >= 3) {
      w.uint(this.byClient.size);
      for (const [, c] of [...this.byClient].sort(byName)) c.write(w);
    }
    return w.seal();
  }

  /** Throws SketchError `corrupt` or `newer_version`. */
  static decode(bytes: Uint8Array): ServiceWindow {
    const r = new Reader(bytes, WHAT, KIND, VERSION);
    const s = new ServiceWindow();
    s.sampled = r.u8() === 1;
    s.roleExchanges.server = r.uint();
    s.roleExchanges.client = r.uint();
    for (let n = r.uint(); n > 0; n--) {
      const p = Pattern.read(r);
      s.byPattern.set(patternKey(p.role, p.method, p.route, p.status), p);
      s.distributionBytes += p.distributionBytes;
    }
    for (let n = r.uint(); n > 0; n--) {
      const h = HeaderStats.read(r);
      s.byHeader.set(headerKey(h.role, h.direction, h.name), h);
    }
    for (let n = r.version >= 3 ? r.uint() : 0; n > 0; n--) {
      const c = ClientStats.read(r);
      s.byClient.set(c.name, c);
    }
    r.done();
    return s;
  }
}

/**
 * Status of an overflow bucket: codes outside of 100 to 599 are invalid and count there as 500 (RFC 9110, 15), so that forged
 * ones make 502 buckets a role at most. 0 (none) stays.
 */
function overflowStatus(status: number): number {
  return status === 0 || (status >= 100 && status <= 599) ? status : 500;
}

function patternKey(role: Role, method: string, route: string, status: number): string {
  return `${role}\0${method}\0${route}\0${status}`;
}

function headerKey(role: Role, direction: Direction, name: string): string {
  return `${role}\0${direction}\0${name}`;
}

/** Moves the smallest regular entries over the budget into their overflow buckets; ties by key, so order does not matter. */
function overflow<T extends { exchanges: number; merge(other: T): void }>(all: Map<string, T>, budget: number, isOther: (entry: T) => boolean, otherOf: (entry: T) => T): void {
  if (all.size <= budget) return;
  const regular = [...all].filter(([, entry]) => !isOther(entry));
  if (regular.length <= budget) return;
  regular.sort((a, b) => b[1].exchanges - a[1].exchanges || byName(a, b));
  for (const [key, entry] of regular.slice(budget)) {
    all.delete(key);
    otherOf(entry).merge(entry);
  }
}
