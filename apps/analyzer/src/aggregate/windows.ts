import { HostsWindow, OTHER, ServiceWindow } from '@headwater/sketch';
import { RESOLUTION_MS, type Resolution, type Segment, type SegmentKey, type SegmentWrite } from '@headwater/summary-store';

export const HOSTS_SUBJECT = 'h:';
const SERVICE = 's:';
/** A subject is at most 256 bytes (summary store). */
const MAX_SERVICE_BYTES = 254;
/** Services of one window in one partition; the rest share `s:{other}`. */
const MAX_SERVICES = 1000;
/** Windows of one partition in memory, whatever times the rows claim; beyond it new services share `s:{other}` of their window. */
const MAX_OPEN = 20_000;
/** From here on unchanged windows that have ended are forgotten at once. */
const MANY_OPEN = MAX_OPEN / 2;
/** Bytes that the unfolded windows of one partition may take; unchanged ones beyond it are held as encoded, a tenth of that. */
export const UNFOLDED_BYTES = 32 << 20;
/** Unfolded bytes that make a commit as urgent as one byte to write: what changed cannot be held as encoded before it is committed. */
const BYTES_A_DIRTY_BYTE = 4;

type AnyWindow = ServiceWindow | HostsWindow;

interface Open {
  key: SegmentKey;
  /** null: only as `encoded` */
  window: AnyWindow | null;
  /** the window as it was encoded last; null once something was folded into it since */
  encoded: Uint8Array | null;
  /** what `window` takes in memory and what it will take on the way to the store, bytes, as of the last look at it */
  unfolded: number;
  wire: number;
  /** never committed since it began from empty */
  fresh: boolean;
  dirty: boolean;
  /** caller's clock of the last touch, ms */
  touchedMs: number;
}

/** Which window an instant belongs to. */
export type Place = Pick<SegmentKey, 'resolution' | 'start'>;

/** The oldest instant that has windows of each resolution, a multiple of its width; not older for finer ones. */
export type Oldest = Record<Resolution, number>;

/** 10 s while such windows are kept, else the finest that still is; null: older than every window. */
export function placeOf(ms: number, oldest: Oldest): Place | null {
  const resolution = ms >= oldest['10s'] ? '10s' : ms >= oldest['1m'] ? '1m' : ms >= oldest['1h'] ? '1h' : null;
  return resolution && { resolution, start: startOf(ms, resolution) };
}

export function startOf(ms: number, resolution: Resolution): number {
  return ms - (ms % RESOLUTION_MS[resolution]);
}

/** Subject of a service name; `unknown` for an empty one. */
export function serviceSubject(service: string): string {
  if (service === '') return `${SERVICE}unknown`;
  if (service.length <= MAX_SERVICE_BYTES / 3 || Buffer.byteLength(service) <= MAX_SERVICE_BYTES) return SERVICE + service;
  return SERVICE + OTHER;
}

/** The service that a name is counted under. */
export function serviceOf(name: string): string {
  return serviceSubject(name).slice(SERVICE.length);
}

/**
 * The windows of one partition that are in memory, each the whole state of one segment of the store. Memory is bounded by
 * bytes, not by time: a partition that catches up a day has few windows unfolded, and the others as the store has them.
 */
export class Windows {
  private readonly open = new Map<string, Open>();
  /** by resolution and start */
  private readonly services = new Map<string, number>();
  /** folded into since they were last measured */
  private readonly unmeasured = new Set<Open>();
  /** sums over `open`: unfolded, and of those that are dirty unfolded and wire */
  private unfolded = 0;
  private dirtyUnfolded = 0;
  private dirtyWire = 0;
  private readonly maxUnfolded: number;

  constructor(maxUnfolded = UNFOLDED_BYTES) {
    this.maxUnfolded = maxUnfolded;
  }

  /** @throws SketchError when a segment is damaged or of a newer version */
  static load(segments: readonly Segment[], nowMs: number, maxUnfolded = UNFOLDED_BYTES): Windows {
    const windows = new Windows(maxUnfolded);
    for (const { bytes, ...key } of segments) {
      const entry: Open = { key, window: decode(key, bytes), encoded: bytes, unfolded: 0, wire: 0, fresh: false, dirty: false, touchedMs: nowMs };
      windows.put(entry);
      windows.measure(entry);
      if (windows.unfolded > maxUnfolded) windows.pack(entry);
    }
    return windows;
  }

  private put(entry: Open): void {
    this.open.set(idOf(entry.key), entry);
    const place = placeId(entry.key);
    if (entry.key.subject !== HOSTS_SUBJECT) this.services.set(place, (this.services.get(place) ?? 0) + 1);
  }

  /** The window to fold into, from empty if it is not in memory; marks it changed. */
  service(name: string, place: Place, nowMs: number): ServiceWindow {
    let subject = serviceSubject(name);
    const at = placeId(place);
    if (!this.open.has(`${at} ${subject}`) && ((this.services.get(at) ?? 0) >= MAX_SERVICES || this.open.size >= MAX_OPEN)) subject = SERVICE + OTHER;
    return this.touch(subject, place, nowMs, () => new ServiceWindow()) as ServiceWindow;
  }

  hosts(place: Place, nowMs: number): HostsWindow {
    return this.touch(HOSTS_SUBJECT, place, nowMs, () => new HostsWindow()) as HostsWindow;
  }

  private touch(subject: string, place: Place, nowMs: number, make: () => AnyWindow): AnyWindow {
    const id = `${placeId(place)} ${subject}`;
    let entry = this.open.get(id);
    if (!entry) {
      const key = { resolution: place.resolution, start: place.start, subject };
      this.put((entry = { key, window: make(), encoded: null, unfolded: 0, wire: 0, fresh: true, dirty: false, touchedMs: nowMs }));
    }
    entry.window ??= decode(entry.key, entry.encoded!);
    entry.encoded = null;
    if (!entry.dirty) {
      entry.dirty = true;
      this.dirtyUnfolded += entry.unfolded;
      this.dirtyWire += entry.wire;
    }
    entry.touchedMs = nowMs;
    this.unmeasured.add(entry);
    return entry.window;
  }

  /** Brings what is known of an entry's size up to date. */
  private measure(entry: Open, unfolded = entry.window === null ? 0 : memoryOf(entry.window), wire = entry.window === null ? 0 : wireOf(entry.window)): void {
    this.unfolded += unfolded - entry.unfolded;
    if (entry.dirty) {
      this.dirtyUnfolded += unfolded - entry.unfolded;
      this.dirtyWire += wire - entry.wire;
    }
    entry.unfolded = unfolded;
    entry.wire = wire;
  }

  private pack(entry: Open): void {
    entry.window = null;
    this.measure(entry);
  }

  get size(): number {
    return this.open.size;
  }

  /** Bytes of unfolded windows, about. */
  get unfoldedBytes(): number {
    this.measureAll();
    return this.unfolded;
  }

  private measureAll(): void {
    for (const entry of this.unmeasured) this.measure(entry);
    this.unmeasured.clear();
  }

  /** About as many bytes as the changed windows will have, encoding them to know would cost a flush; more where they take much memory. */
  dirtyBytes(): number {
    this.measureAll();
    return Math.max(this.dirtyWire, this.dirtyUnfolded / BYTES_A_DIRTY_BYTE);
  }

  /** Absolute state of all that changed since the last `committed`; `newest`: the version it may be written in, for older readers. */
  changed(newest?: 2 | 3): SegmentWrite[] {
    const out: SegmentWrite[] = [];
    for (const entry of this.open.values()) {
      if (!entry.dirty) continue;
      entry.encoded = entry.window!.encode(newest);
      out.push({ ...entry.key, fresh: entry.fresh, bytes: entry.encoded });
    }
    return out;
  }

  /** After a commit of all changes: what closers took is forgotten, so its key begins from empty again. */
  committed(taken: readonly SegmentKey[]): void {
    this.measureAll();
    for (const entry of this.open.values()) {
      entry.dirty = false;
      entry.fresh = false;
    }
    this.dirtyUnfolded = this.dirtyWire = 0;
    for (const key of taken) this.drop(idOf(key));
  }

  /**
   * Forgets unchanged windows that ended before `endedBefore` and were last touched before `touchedBefore`, ms; with many in
   * memory whenever they were touched. Of those that stay the least recently touched are held as encoded, as far as needed.
   */
  forget(endedBefore: number, touchedBefore: number): void {
    for (const [id, { dirty, key, touchedMs }] of this.open) {
      if (!dirty && key.start + RESOLUTION_MS[key.resolution] <= endedBefore && (touchedMs < touchedBefore || this.open.size > MANY_OPEN)) this.drop(id);
    }
    if (this.unfoldedBytes <= this.maxUnfolded) return;
    const idle = [...this.open.values()].filter((e) => e.window !== null && e.encoded !== null && !e.dirty).sort((a, b) => a.touchedMs - b.touchedMs || a.key.start - b.key.start);
    for (const entry of idle) {
      if (this.unfolded <= this.maxUnfolded / 2) return;
      this.pack(entry);
    }
  }

  private drop(id: string): void {
    const entry = this.open.get(id);
    if (!entry) return;
    this.unmeasured.delete(entry);
    this.measure(entry, 0, 0);
    this.open.delete(id);
    if (entry.key.subject === HOSTS_SUBJECT) return;
    const place = placeId(entry.key);
    const left = this.services.get(place)! - 1;
    if (left > 0) this.services.set(place, left);
    else this.services.delete(place);
  }
}

function decode(key: SegmentKey, bytes: Uint8Array): AnyWindow {
  return key.subject === HOSTS_SUBJECT ? HostsWindow.decode(bytes) : ServiceWindow.decode(bytes);
}

function wireOf(window: AnyWindow): number {
  return window instanceof HostsWindow ? 64 + 200 * window.size : 64 + 350 * window.patternCount + 1200 * window.headerCount + 40 * window.clientCount;
}

function memoryOf(window: AnyWindow): number {
  return window instanceof HostsWindow ? 1000 + 2000 * window.size : window.memoryBytes;
}

function placeId({ resolution, start }: Place): string {
  return `${resolution} ${start}`;
}

function idOf(key: SegmentKey): string {
  return `${placeId(key)} ${key.subject}`;
}
