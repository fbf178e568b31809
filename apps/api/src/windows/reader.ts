import { createHash, type Hash } from 'node:crypto';
import { StoreError, type Closed, type ClosedHead, type ClosedHeld, type Resolution, type SegmentKey, type SummaryStore, type WindowRead } from '@headwater/summary-store';
import type { TimeRange } from '../query/time.ts';

/** Read at once: bounds the memory of a long range. Wide enough for the widest windows to lie wholly inside. */
const CHUNK_MS: Record<Resolution, number> = { '10s': 600_000, '1m': 3_600_000, '1h': 4 * 3_600_000 };
const DEADLINE_MS = 10_000;
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
    const chunkMs = CHUNK_MS[coarsest];
    const subjects = wanted.services === null ? undefined : [HOSTS_SUBJECT, ...wanted.services.map((s) => SERVICE_PREFIX + s).filter((s) => Buffer.byteLength(s) <= 256)];
    for (let from = start, to; from < end; from = to) {
      to = Math.min(end, (Math.floor(from / chunkMs) + 1) * chunkMs);
      const range = { topic: this.#topic, resolution: '10s', coarsest, start: from, end: to, ...(subjects === undefined ? {} : { subjects }) } as const;
      yield { windows: await within(this.#store().read(range, held)), end: to };
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
    const closed = window.closed === null ? '' : `${window.closed.revision}@${window.closed.closedAt}`;
    const partials = window.partials.map((p) => `${p.partition}:${p.revision}`).join(',');
    this.#hash.update(`${window.resolution}|${window.start}|${window.subject}|${closed}|${partials}\n`);
  }

  /** @param rest whatever else the answer depends on */
  tag(rest: unknown): string {
    return `W/"${this.#hash.copy().update(JSON.stringify(rest)).digest('base64url').slice(0, 22)}"`;
  }
}
