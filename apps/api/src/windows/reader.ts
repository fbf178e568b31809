import { createHash, type Hash } from 'node:crypto';
import {
  RESOLUTION_MS,
  StoreError,
  type Closed,
  type ClosedHead,
  type ClosedHeld,
  type Resolution,
  type SegmentKey,
  type SummaryStore,
  type WindowRead,
} from '@headwater/summary-store';
import type { TimeRange } from '../query/time.ts';

/**
 * How much time is read at once, ms: a part ends at a multiple of its length, so that the widest windows lie wholly
 * inside. It grows while the answers are small and shrinks where they are large: what is in memory is bounded by bytes.
 */
const PART_MS = [60_000, 300_000, 600_000, 3_600_000, 4 * 3_600_000, 86_400_000, 8 * 86_400_000];
const FIRST_PART: Record<Resolution, number> = { '10s': 1, '1m': 3, '1h': 4 };
const LARGE_BYTES = 6 << 20;
const SMALL_BYTES = 1 << 20;
/** A window whose bytes are held costs about this. */
const WINDOW_BYTES = 500;
const DEADLINE_MS = 10_000;
/** Data of a partition may come this much later than what its watermark says of its agents' clocks; a window closes as late. */
const SETTLED_MS = 30_000;
const HOSTS_SUBJECT = 'h:';
const SERVICE_PREFIX = 's:';

/** The bytes of its closed segment are left out where the reader holds it. */
export type Window = WindowRead<Closed | ClosedHeld>;

/** Everything known of a part of the range. */
export interface Chunk {
  windows: Window[];
  /** where the part ends, ms */
  end: number;
}

export function isHosts({ subject }: Pick<SegmentKey, 'subject'>): boolean {
  return subject === HOSTS_SUBJECT;
}

/** null: not a service's window */
export function serviceOf({ subject }: Pick<SegmentKey, 'subject'>): string | null {
  return subject.startsWith(SERVICE_PREFIX) ? subject.slice(SERVICE_PREFIX.length) : null;
}

export interface WindowsWanted {
  range: Pick<TimeRange, 'start' | 'end'>;
  /** null: all services */
  services: readonly string[] | null;
  /** the widest windows that the caller can use (ReadRange.coarsest) */
  coarsest: Resolution;
}

/** Fails as an unreachable store does, so one rule answers both. */
async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, bad) => {
    timer = setTimeout(() => bad(new StoreError('unreachable', { detail: `no answer in ${DEADLINE_MS} ms` })), DEADLINE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A window that was closed without a partition that has since gone on past it lacks nothing of it: what came was closed again. */
function settle(window: Window, watermarks: ReadonlyMap<number, number>): Window {
  const { closed } = window;
  if (closed === null || closed.missing.length === 0) return window;
  const settled = window.start + RESOLUTION_MS[window.resolution] + SETTLED_MS;
  return { ...window, closed: { ...closed, missing: closed.missing.filter((p) => (watermarks.get(p) ?? 0) < settled) } };
}

/** Reads windows for the answers: the only place that knows how subjects are called and how much is read at once. */
export class WindowReader {
  readonly #store: () => SummaryStore;
  readonly #topic: string;

  constructor(store: () => SummaryStore, topic: string) {
    this.#store = store;
    this.#topic = topic;
  }

  /**
   * Chunks by time; each has the services asked for and the hosts' account of its windows.
   * @param held which closed segments need not be fetched (SummaryStore.read)
   * @throws StoreError as the store does
   */
  async *read(wanted: WindowsWanted, held: (closed: ClosedHead) => boolean): AsyncGenerator<Chunk> {
    const { start, end } = wanted.range;
    const { coarsest } = wanted;
    const subjects = wanted.services === null ? undefined : [HOSTS_SUBJECT, ...wanted.services.map((s) => SERVICE_PREFIX + s).filter((s) => Buffer.byteLength(s) <= 256)];
    let size = FIRST_PART[coarsest];
    const ask = (from: number): { to: number; windows: Promise<Window[]> } => {
      const partMs = PART_MS[size] as number;
      const to = Math.min(end, (Math.floor(from / partMs) + 1) * partMs);
      const range = { topic: this.#topic, resolution: '10s', coarsest, start: from, end: to, ...(subjects === undefined ? {} : { subjects }) } as const;
      const windows = within(this.#store().read(range, held));
      // It is awaited after the part before it was folded; meanwhile its failure is nobody's.
      windows.catch(() => undefined);
      return { to, windows };
    };
    /** How far the partitions are; asked for only where a window was closed without one, and before that window is read: what a partition wrote until then is seen. */
    let watermarks: ReadonlyMap<number, number> | null = null;
    let from = start;
    for (let part = start < end ? ask(start) : null; part !== null;) {
      let windows = await part.windows;
      if (watermarks === null && windows.some((w) => w.closed !== null && w.closed.missing.length > 0)) {
        watermarks = new Map((await within(this.#store().units(this.#topic))).map((u) => [u.partition, u.watermark]));
        part = ask(from);
        windows = await part.windows;
      }
      const known = watermarks;
      if (known !== null) windows = windows.map((w) => settle(w, known));
      const bytes = windows.reduce((sum, w) => sum + WINDOW_BYTES + (w.closed?.bytes?.byteLength ?? 0) + w.partials.reduce((n, p) => n + p.bytes.byteLength, 0), 0);
      if (bytes > LARGE_BYTES) size = Math.max(0, size - 1);
      else if (bytes < SMALL_BYTES) size = Math.min(PART_MS.length - 1, size + 1);
      const { to } = part;
      from = to;
      // The store reads on while this part is folded.
      part = to < end ? ask(to) : null;
      yield { windows, end: to };
    }
  }

  async ping(): Promise<void> {
    await within(this.#store().ping());
  }
}

/** A weak ETag from what was read: changes when any closed or partial revision in the range does. */
export class Revisions {
  readonly #hash: Hash = createHash('sha256');

  add(window: Window): void {
    const closed =
      window.closed === null
        ? ''
        : `${window.closed.rollUp === true ? '+' : ''}${window.closed.revision}@${window.closed.closedAt}${window.closed.missing.length > 0 ? `-${window.closed.missing.join('-')}` : ''}`;
    const partials = window.partials.map((p) => `${p.partition}:${p.revision}`).join(',');
    this.#hash.update(`${window.resolution}|${window.start}|${window.subject}|${closed}|${partials}\n`);
  }

  addTag(tag: string): void {
    this.#hash.update(`${tag}\n`);
  }

  /** @param rest whatever else the answer depends on */
  tag(rest: unknown): string {
    return `W/"${this.#hash.copy().update(JSON.stringify(rest)).digest('base64url').slice(0, 22)}"`;
  }
}
