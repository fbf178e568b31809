import { HostsWindow, OTHER, ServiceWindow } from '@headwater/sketch';
import { RESOLUTION_MS, type Segment, type SegmentKey, type SegmentWrite } from '@headwater/summary-store';

export const HOSTS_SUBJECT = 'h:';
const SERVICE = 's:';
const WIDTH = RESOLUTION_MS['10s'];
/** A subject is at most 256 bytes (summary store). */
const MAX_SERVICE_BYTES = 254;
/** Services of one window in one partition; the rest share `s:{other}`. */
const MAX_SERVICES = 1000;

interface Open<W> {
  key: SegmentKey;
  window: W;
  /** never committed since it began from empty */
  fresh: boolean;
  dirty: boolean;
  /** caller's clock of the last touch, ms */
  touchedMs: number;
}

export function windowStart(ms: number): number {
  return ms - (ms % WIDTH);
}

/** Subject of a service name; `unknown` for an empty one. */
export function serviceSubject(service: string): string {
  if (service === '') return `${SERVICE}unknown`;
  if (service.length <= MAX_SERVICE_BYTES / 3 || Buffer.byteLength(service) <= MAX_SERVICE_BYTES) return SERVICE + service;
  return SERVICE + OTHER;
}

/** The windows of one partition that are in memory, each the whole state of one segment of the store. */
export class Windows {
  private readonly open = new Map<string, Open<ServiceWindow | HostsWindow>>();
  private readonly services = new Map<number, number>();

  static load(segments: readonly Segment[], nowMs: number): Windows {
    const windows = new Windows();
    for (const { bytes, ...key } of segments) {
      const window = key.subject === HOSTS_SUBJECT ? HostsWindow.decode(bytes) : ServiceWindow.decode(bytes);
      windows.put({ key, window, fresh: false, dirty: false, touchedMs: nowMs });
    }
    return windows;
  }

  private put(entry: Open<ServiceWindow | HostsWindow>): void {
    this.open.set(idOf(entry.key), entry);
    if (entry.key.subject !== HOSTS_SUBJECT) this.services.set(entry.key.start, (this.services.get(entry.key.start) ?? 0) + 1);
  }

  /** The window to fold into, from empty if it is not in memory; marks it changed. */
  service(name: string, start: number, nowMs: number): ServiceWindow {
    let subject = serviceSubject(name);
    if (!this.open.has(`${start} ${subject}`) && (this.services.get(start) ?? 0) >= MAX_SERVICES) subject = SERVICE + OTHER;
    return this.touch(subject, start, nowMs, () => new ServiceWindow()) as ServiceWindow;
  }

  hosts(start: number, nowMs: number): HostsWindow {
    return this.touch(HOSTS_SUBJECT, start, nowMs, () => new HostsWindow()) as HostsWindow;
  }

  private touch(subject: string, start: number, nowMs: number, make: () => ServiceWindow | HostsWindow): ServiceWindow | HostsWindow {
    let entry = this.open.get(`${start} ${subject}`);
    if (!entry) this.put((entry = { key: { resolution: '10s', start, subject }, window: make(), fresh: true, dirty: true, touchedMs: nowMs }));
    entry.dirty = true;
    entry.touchedMs = nowMs;
    return entry.window;
  }

  get size(): number {
    return this.open.size;
  }

  /** About as many bytes as the changed windows will have; encoding them to know would cost a flush. */
  dirtyBytes(): number {
    let bytes = 0;
    for (const { dirty, window } of this.open.values()) {
      if (!dirty) continue;
      if (window instanceof HostsWindow) bytes += 64 + 200 * window.size;
      else bytes += 64 + 350 * window.patternCount + 1200 * window.headerCount;
    }
    return bytes;
  }

  /** Absolute state of all that changed since the last `committed`. */
  changed(): SegmentWrite[] {
    const out: SegmentWrite[] = [];
    for (const { dirty, fresh, key, window } of this.open.values()) if (dirty) out.push({ ...key, fresh, bytes: window.encode() });
    return out;
  }

  /** After a commit of all changes: what closers took is forgotten, so its key begins from empty again. */
  committed(taken: readonly SegmentKey[]): void {
    for (const entry of this.open.values()) {
      entry.dirty = false;
      entry.fresh = false;
    }
    for (const key of taken) this.drop(idOf(key));
  }

  /** Forgets unchanged windows that ended before `endedBefore` and were last touched before `touchedBefore`, ms. */
  forget(endedBefore: number, touchedBefore: number): void {
    for (const [id, { dirty, key, touchedMs }] of this.open) {
      if (!dirty && key.start + WIDTH <= endedBefore && touchedMs < touchedBefore) this.drop(id);
    }
  }

  private drop(id: string): void {
    const entry = this.open.get(id);
    if (!entry) return;
    this.open.delete(id);
    if (entry.key.subject === HOSTS_SUBJECT) return;
    const left = this.services.get(entry.key.start)! - 1;
    if (left > 0) this.services.set(entry.key.start, left);
    else this.services.delete(entry.key.start);
  }
}

function idOf({ start, subject }: SegmentKey): string {
  return `${start} ${subject}`;
}
