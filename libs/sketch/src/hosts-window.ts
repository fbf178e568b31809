import { Reader, Writer } from './bytes.ts';
import { OTHER, byName } from './pattern.ts';

const KIND = 0x48;
/** 2: sampling; 3: losses in exchanges. What needs none is written as the older one, so that its readers meet the newer only where it is used. */
const VERSION = 3;
const WHAT = 'hosts window';
const MAX_HOSTS = 4096;
const MAX_REASONS = 64;

/** Law of the capture, in messages: started = emitted + filtered + lost + in flight. */
export interface StartCounts {
  started: number;
  emitted: number;
  filtered: Map<string, number>;
  lost: Map<string, number>;
  /** state at `HostAccount.untilMs`, not a sum */
  inFlight: number;
}

/** What a declared sample rate left out, by one reason. */
export interface SampledCounts {
  /** the strongest rate that was in force */
  oneIn: number;
  /** exact: exchanges before sampling, and those of them that left as rows */
  exchanges: number;
  kept: number;
}

/** What one host's agent said of its capture in one window (by the end of each delta's span). */
export class HostAccount {
  readonly host: string;
  request: StartCounts = { started: 0, emitted: 0, filtered: new Map(), lost: new Map(), inFlight: 0 };
  response: StartCounts = { started: 0, emitted: 0, filtered: new Map(), lost: new Map(), inFlight: 0 };
  /** exchanges in its batches, after weights */
  exchanges = 0;
  /** exchanges read, and read plus known unread: their ratio is the coverage */
  coverageRead = 0;
  coverageKnown = 0;
  /** chunks that could not be read, by reason */
  unread = new Map<string, number>();
  /** by who asked for it (`policy`, `governor`); empty: every exchange that the filters let through was a row */
  sampling = new Map<string, SampledCounts>();
  batches = 0;
  /**
   * batches between agent and fold, by reason: `sequence_gap` never came (less `sequence_gap_filled`, which came
   * after they had been counted), `retention` was deleted by the bus before it was read (of host `{unknown}`, in records, less
   * `retention_attributed`, which were found to be missing of a known host)
   */
  lostBatches = new Map<string, number>();
  /** exchanges in them, by the same reasons, as far as they are known: 0 is known, too */
  lostExchanges = new Map<string, number>();
  /** those of `lostBatches` whose exchanges are not known, by the same reasons */
  unsizedBatches = new Map<string, number>();
  /** batches that came again and were skipped */
  repeatedBatches = 0;
  /** rows whose time was more than 60 s ahead of the bus and was set back */
  clampedTimes = 0;
  /** exchanges older than every window that is kept: counted here, in no service window */
  lateExchanges = 0;
  /** bus time minus host time over the batches, ms; the smallest is nearest to the true skew. Infinity: unknown */
  skewMinMs = Infinity;
  /** newest end of a delta's span, ms */
  untilMs = 0;

  constructor(host: string) {
    this.host = host;
  }

  merge(other: HostAccount): void {
    const newest = other.untilMs > this.untilMs ? 1 : other.untilMs === this.untilMs ? 0 : -1;
    mergeStart(this.request, other.request, newest);
    mergeStart(this.response, other.response, newest);
    this.exchanges += other.exchanges;
    this.coverageRead += other.coverageRead;
    this.coverageKnown += other.coverageKnown;
    addCounts(this.unread, other.unread);
    for (const [reason, s] of other.sampling) this.addSampling(reason, s);
    this.batches += other.batches;
    addCounts(this.lostBatches, other.lostBatches);
    addCounts(this.lostExchanges, other.lostExchanges);
    addCounts(this.unsizedBatches, other.unsizedBatches);
    this.repeatedBatches += other.repeatedBatches;
    this.clampedTimes += other.clampedTimes;
    this.lateExchanges += other.lateExchanges;
    this.skewMinMs = Math.min(this.skewMinMs, other.skewMinMs);
    this.untilMs = Math.max(this.untilMs, other.untilMs);
  }

  /** Batches that did not come (or, by the reasons that take back, did after all); `exchanges` null: nobody knows how many were in them. */
  addLostBatches(reason: string, batches: number, exchanges: number | null): void {
    addCounts(this.lostBatches, [[reason, batches]]);
    if (exchanges === null) addCounts(this.unsizedBatches, [[reason, batches]]);
    else addCounts(this.lostExchanges, [[reason, exchanges]]);
  }

  addSampling(reason: string, more: Readonly<SampledCounts>): void {
    const key = this.sampling.has(reason) || this.sampling.size < MAX_REASONS ? reason : OTHER;
    const s = this.sampling.get(key) ?? { oneIn: 1, exchanges: 0, kept: 0 };
    this.sampling.set(key, { oneIn: Math.max(s.oneIn, more.oneIn), exchanges: s.exchanges + more.exchanges, kept: s.kept + more.kept });
  }

  /** exchanges read / (read + known unread); 1 when nothing is known to be missing */
  get coverage(): number {
    return this.coverageKnown > 0 ? this.coverageRead / this.coverageKnown : 1;
  }

  write(w: Writer, version: number): void {
    w.string(this.host);
    writeStart(w, this.request);
    writeStart(w, this.response);
    w.uint(this.exchanges);
    w.uint(this.coverageRead);
    w.uint(this.coverageKnown);
    writeCounts(w, this.unread);
    w.uint(this.batches);
    writeCounts(w, this.lostBatches);
    w.uint(this.repeatedBatches);
    w.uint(this.clampedTimes);
    w.uint(this.lateExchanges);
    w.f64(this.skewMinMs);
    w.f64(this.untilMs);
    if (version < 2) return;
    w.uint(this.sampling.size);
    for (const [reason, s] of [...this.sampling].sort(byName)) {
      w.string(reason);
      w.uint(s.oneIn);
      w.uint(s.exchanges);
      w.uint(s.kept);
    }
    if (version < 3) return;
    writeCounts(w, this.lostExchanges);
    writeCounts(w, this.unsizedBatches);
  }

  static read(r: Reader): HostAccount {
    const a = new HostAccount(r.string());
    a.request = readStart(r);
    a.response = readStart(r);
    a.exchanges = r.uint();
    a.coverageRead = r.uint();
    a.coverageKnown = r.uint();
    a.unread = readCounts(r);
    a.batches = r.uint();
    a.lostBatches = readCounts(r);
    a.repeatedBatches = r.uint();
    a.clampedTimes = r.uint();
    a.lateExchanges = r.uint();
    a.skewMinMs = r.f64();
    a.untilMs = r.f64();
    if (r.version < 2) return a;
    for (let n = r.uint(); n > 0; n--) {
      const reason = r.string();
      a.sampling.set(reason, { oneIn: r.uint(), exchanges: r.uint(), kept: r.uint() });
    }
    if (r.version < 3) return a;
    a.lostExchanges = readCounts(r);
    a.unsizedBatches = readCounts(r);
    return a;
  }
}

/** The accounts of all hosts (subject `h:`) in one window, or in any union of windows. */
export class HostsWindow {
  private readonly byHost = new Map<string, HostAccount>();

  /** The account to add to; `{other}` when 4096 hosts are known. */
  host(host: string): HostAccount {
    let a = this.byHost.get(host);
    if (a) return a;
    if (this.byHost.size >= MAX_HOSTS) {
      const other = this.byHost.get(OTHER);
      if (other) return other;
      host = OTHER;
    }
    a = new HostAccount(host);
    this.byHost.set(host, a);
    return a;
  }

  get size(): number {
    return this.byHost.size;
  }

  get(host: string): HostAccount | undefined {
    return this.byHost.get(host);
  }

  hosts(): IterableIterator<HostAccount> {
    return this.byHost.values();
  }

  merge(other: HostsWindow): void {
    // By name, so that which hosts meet a spent budget does not depend on the order of arrival.
    for (const [name, a] of [...other.byHost].sort(byName)) this.host(name).merge(a);
  }

  /** @param newest 2: for readers that know no losses in exchanges, which are left out */
  encode(newest: 2 | 3 = VERSION): Uint8Array {
    const w = new Writer();
    const accounts = [...this.byHost.values()];
    const sized = newest >= 3 && accounts.some((a) => a.lostExchanges.size > 0 || a.unsizedBatches.size > 0);
    const version = sized ? 3 : accounts.some((a) => a.sampling.size > 0) ? 2 : 1;
    w.u8(KIND);
    w.u8(version);
    w.uint(this.byHost.size);
    for (const [, a] of [...this.byHost].sort(byName)) a.write(w, version);
    return w.seal();
  }

  /** Throws SketchError `corrupt` or `newer_version`. */
  static decode(bytes: Uint8Array): HostsWindow {
    const r = new Reader(bytes, WHAT, KIND, VERSION);
    const s = new HostsWindow();
    for (let n = r.uint(); n > 0; n--) {
      const a = HostAccount.read(r);
      s.byHost.set(a.host, a);
    }
    r.done();
    return s;
  }
}

/** Adds counts by reason; reasons beyond 64 are counted as `{other}`. */
export function addCounts(into: Map<string, number>, more: Iterable<readonly [string, number]>): void {
  for (const [reason, n] of more) {
    const key = into.has(reason) || into.size < MAX_REASONS ? reason : OTHER;
    into.set(key, (into.get(key) ?? 0) + n);
  }
}

function mergeStart(into: StartCounts, more: StartCounts, newest: number): void {
  into.started += more.started;
  into.emitted += more.emitted;
  addCounts(into.filtered, more.filtered);
  addCounts(into.lost, more.lost);
  if (newest > 0) into.inFlight = more.inFlight;
  else if (newest === 0) into.inFlight = Math.max(into.inFlight, more.inFlight);
}

function writeStart(w: Writer, s: StartCounts): void {
  w.uint(s.started);
  w.uint(s.emitted);
  writeCounts(w, s.filtered);
  writeCounts(w, s.lost);
  w.uint(s.inFlight);
}

function readStart(r: Reader): StartCounts {
  return { started: r.uint(), emitted: r.uint(), filtered: readCounts(r), lost: readCounts(r), inFlight: r.uint() };
}

function writeCounts(w: Writer, counts: Map<string, number>): void {
  w.uint(counts.size);
  for (const [reason, n] of [...counts].sort(byName)) {
    w.string(reason);
    w.uint(n);
  }
}

function readCounts(r: Reader): Map<string, number> {
  const counts = new Map<string, number>();
  for (let n = r.uint(); n > 0; n--) {
    const reason = r.string();
    counts.set(reason, r.uint());
  }
  return counts;
}
