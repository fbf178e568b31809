import { setImmediate } from 'node:timers/promises';
import { HostsWindow, ServiceWindow, SketchError } from '@headwater/sketch';
import { RESOLUTION_MS, type Coarse, type SummaryStore } from '@headwater/summary-store';

export const HOSTS_SUBJECT = 'h:';
const MINUTE = RESOLUTION_MS['1m'];

/** All that is known of one subject in one window. */
export interface Whole<W> {
  startMs: number;
  lengthMs: number;
  window: W;
  /** false: partitions were silent when it closed, or some of its bytes cannot be read */
  complete: boolean;
}

/** One minute of everything that is ours, and the names of all subjects that have anything in it. */
export interface Minute {
  services: Map<string, Whole<ServiceWindow>>;
  hosts: Whole<HostsWindow> | null;
  names: string[];
}

/**
 * Reads a minute as any reader does: its roll-up where that counts, else what is finer, and what came late. So it is whole also
 * where the round of closing and rolling up has not come to it. Bytes of others' closed windows are not fetched.
 */
export async function readMinute(store: SummaryStore, topic: string, startMs: number, owns: (subject: string) => boolean): Promise<Minute> {
  const range = { topic, resolution: '10s' as const, start: startMs, end: startMs + MINUTE, coarsest: '1m' as const };
  const wanted = (subject: string) => subject === HOSTS_SUBJECT || owns(subject);
  const services = new Map<string, Whole<ServiceWindow>>();
  const names = new Set<string>();
  let hosts: Whole<HostsWindow> | null = null;
  for (const row of await store.read(range, (closed) => !wanted(closed.subject))) {
    if (row.subject !== HOSTS_SUBJECT) names.add(row.subject);
    if (!wanted(row.subject)) continue;
    const parts = [...(row.closed?.bytes ? [row.closed.bytes] : []), ...row.partials.map((p) => p.bytes)];
    const missing = (row.closed?.missing.length ?? 0) > 0;
    if (row.subject === HOSTS_SUBJECT) hosts = add(hosts ?? whole(new HostsWindow(), startMs, MINUTE), parts, missing, HostsWindow);
    else services.set(row.subject, add(services.get(row.subject) ?? whole(new ServiceWindow(), startMs, MINUTE), parts, missing, ServiceWindow));
    await setImmediate();
  }
  return { services, hosts, names: [...names] };
}

/** One service in windows of the given width, oldest first; windows without anything are left out. Gives way after each. */
export async function* readService(store: SummaryStore, topic: string, subject: string, width: Coarse, start: number, end: number): AsyncGenerator<Whole<ServiceWindow>> {
  yield* readWide(store, topic, subject, width, start, end, ServiceWindow);
}

export async function* readHosts(store: SummaryStore, topic: string, start: number, end: number): AsyncGenerator<Whole<HostsWindow>> {
  yield* readWide(store, topic, HOSTS_SUBJECT, '1m', start, end, HostsWindow);
}

/** How many windows are fetched at a time. */
const AT_A_TIME = 120;

interface Window<W> {
  merge(other: W): void;
}
interface Kind<W> {
  new (): W;
  decode(bytes: Uint8Array): W;
}

async function* readWide<W extends Window<W>>(
  store: SummaryStore,
  topic: string,
  subject: string,
  width: Coarse,
  start: number,
  end: number,
  kind: Kind<W>,
): AsyncGenerator<Whole<W>> {
  const ms = RESOLUTION_MS[width];
  for (let from = start; from < end; from += AT_A_TIME * ms) {
    const range = { topic, resolution: '10s' as const, start: from, end: Math.min(from + AT_A_TIME * ms, end), coarsest: width, subjects: [subject] };
    let at = null as Whole<W> | null;
    for (const row of await store.read(range)) {
      const startMs = Math.floor(row.start / ms) * ms;
      if (at !== null && at.startMs !== startMs) yield at;
      if (at === null || at.startMs !== startMs) at = whole(new kind(), startMs, ms);
      add(at, [...(row.closed ? [row.closed.bytes] : []), ...row.partials.map((p) => p.bytes)], (row.closed?.missing.length ?? 0) > 0, kind);
      await setImmediate();
    }
    if (at) yield at;
  }
}

function whole<W>(window: W, startMs: number, lengthMs: number): Whole<W> {
  return { startMs, lengthMs, window, complete: true };
}

function add<W extends Window<W>>(to: Whole<W>, parts: readonly Uint8Array[], missing: boolean, kind: Kind<W>): Whole<W> {
  if (missing) to.complete = false;
  for (const bytes of parts) {
    try {
      to.window.merge(kind.decode(bytes));
    } catch (error) {
      // Damaged, or of a newer version: the judgement goes on with what can be read, and says so.
      if (!(error instanceof SketchError)) throw error;
      to.complete = false;
    }
  }
  return to;
}
