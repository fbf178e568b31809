import { HostsWindow, OTHER, ServiceWindow } from '@headwater/sketch';
import { RESOLUTION_MS, type Resolution, type Segment, type SegmentKey, type SegmentWrite } from '@headwater/summary-store';

export const HOSTS_SUBJECT = 'h:';
const SERVICE = 's:';
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

/** The windows of one partition that are in memory, each the whole state of one segment of the store. */
export class Windows {
  private readonly open = new Map<string, Open<ServiceWindow | HostsWindow>>();
  /** by resolution and start */
  private readonly services = new Map<string, number>();

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
    const place = placeId(entry.key);
    if (entry.key.subject !== HOSTS_SUBJECT) this.services.set(place, (this.services.get(place) ?? 0) + 1);
  }

  /** The window to fold into, from empty if it is not in memory; marks it changed. */
  service(name: string, place: Place, nowMs: number): ServiceWindow {
    let subject = serviceSubject(name);
    if (!this.open.has(`${placeId(place)} ${subject}`) && (this.services.get(placeId(place)) ?? 0) >= MAX_SERVICES) subject = SERVICE + OTHER;
    return this.touch(subject, place, nowMs, () => new ServiceWindow()) as ServiceWindow;
  }

  hosts(place: Place, nowMs: number): HostsWindow {
    return this.touch(HOSTS_SUBJECT, place, nowMs, () => new HostsWindow()) as HostsWindow;
  }

  private touch(subject: string, place: Place, nowMs: number, make: () => ServiceWindow | HostsWindow): ServiceWindow | HostsWindow {
    const key = { resolution: place.resolution, start: place.start, subject };
    let entry = this.open.get(idOf(key));
    if (!entry) this.put((entry = { key, window: make(), fresh: true, dirty: true, touchedMs: nowMs }));
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
      else bytes += 64 + 350 * window.patternCount + 1200 * window.headerCount + 40 * window.clientCount;
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
      if (!dirty && key.start + RESOLUTION_MS[key.resolution] <= endedBefore && touchedMs < touchedBefore) this.drop(id);
    }
  }

  private drop(id: string): void {
    const entry = this.open.get(id);
    if (!entry) return;
    this.open.delete(id);
    if (entry.key.subject === HOSTS_SUBJECT) return;
    const place = placeId(entry.key);
    const left = this.services.get(place)! - 1;
    if (left > 0) this.services.set(place, left);
    else this.services.delete(place);
  }
}

function placeId({ resolution, start }: Place): string {
  return `${resolution} ${start}`;
}

function idOf(key: SegmentKey): string {
  return `${placeId(key)} ${key.subject}`;
}
