import { HostsFold } from '@headwater/insight-rules';
import { SketchError } from '@headwater/sketch';
import { HOSTS_SUBJECT, SERVICE_PREFIX, bytesOf, isFinal, type Range, type Windows } from './windows.ts';

const WINDOW_MS = 10_000;
/** A window closes at least this long after its end; one that does not exist yet may still come until then. */
const CLOSE_AFTER_MS = 30_000;

export interface Overview {
  /** names, sorted */
  services: string[];
  hosts: HostsFold;
  /** every window is closed with all partitions in it; as the API's `quality.complete` but for what was lost */
  closed: boolean;
}

/**
 * Who is in a range and whether all of it is there, without reading what services did in it.
 * @param subjects null: all
 */
export async function overviewOf(windows: Windows, range: Range, subjects: readonly string[] | null, nowMs: number): Promise<Overview> {
  const watermarks = await windows.watermarks();
  const services = new Set<string>();
  const seen = new Set<number>();
  const hosts = new HostsFold();
  let closed = true;
  for await (const row of windows.read(range, subjects, (subject) => subject === HOSTS_SUBJECT)) {
    if (row.resolution === '10s') seen.add(row.start);
    closed &&= isFinal(row, watermarks);
    if (row.subject.startsWith(SERVICE_PREFIX)) services.add(row.subject.slice(SERVICE_PREFIX.length));
    if (row.subject !== HOSTS_SUBJECT) continue;
    for (const bytes of bytesOf(row)) closed = readable(() => hosts.add(bytes)) && closed;
  }
  const youngest = Math.floor((nowMs - CLOSE_AFTER_MS) / WINDOW_MS) * WINDOW_MS;
  for (let t = Math.max(range.startMs, youngest); t < range.endMs; t += WINDOW_MS) if (!seen.has(t) && t + WINDOW_MS + CLOSE_AFTER_MS > nowMs) closed = false;
  return { services: [...services].sort(), hosts, closed };
}

/** Names of the services in a range. */
export async function servicesOf(windows: Windows, range: Range): Promise<string[]> {
  const services = new Set<string>();
  for await (const { subject } of windows.read(range, null, () => false)) if (subject.startsWith(SERVICE_PREFIX)) services.add(subject.slice(SERVICE_PREFIX.length));
  return [...services];
}

/** Damaged, or of a newer version: the rest is told, and that something is missing. */
export function readable(add: () => void): boolean {
  try {
    add();
    return true;
  } catch (error) {
    if (!(error instanceof SketchError)) throw error;
    return false;
  }
}
