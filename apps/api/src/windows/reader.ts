import { createHash, type Hash } from 'node:crypto';
import { StoreError, type SummaryStore, type WindowRead } from '@headwater/summary-store';
import type { TimeRange } from '../query/time.ts';

/** Windows fetched at once: bounds the memory of a long range. */
const CHUNK_MS = 600_000;
const DEADLINE_MS = 10_000;
const HOSTS_SUBJECT = 'h:';
const SERVICE_PREFIX = 's:';

export function isHosts(window: WindowRead): boolean {
  return window.subject === HOSTS_SUBJECT;
}

/** null: not a service's window */
export function serviceOf(window: WindowRead): string | null {
  return window.subject.startsWith(SERVICE_PREFIX) ? window.subject.slice(SERVICE_PREFIX.length) : null;
}

export interface WindowsWanted {
  range: Pick<TimeRange, 'start' | 'end'>;
  /** null: all services */
  services: readonly string[] | null;
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

  /** @throws StoreError as the store does. Chunks by time; each has the services asked for and the hosts' account of its windows. */
  async *read(wanted: WindowsWanted): AsyncGenerator<WindowRead[]> {
    const { start, end } = wanted.range;
    const subjects = wanted.services === null ? undefined : [HOSTS_SUBJECT, ...wanted.services.map((s) => SERVICE_PREFIX + s).filter((s) => Buffer.byteLength(s) <= 256)];
    for (let from = start; from < end; from += CHUNK_MS) {
      yield await within(this.#store().read({ topic: this.#topic, resolution: '10s', start: from, end: Math.min(end, from + CHUNK_MS), ...(subjects === undefined ? {} : { subjects }) }));
    }
  }

  async ping(): Promise<void> {
    await within(this.#store().ping());
  }
}

/** A weak ETag from what was read: changes when any closed or partial revision in the range does. */
export class Revisions {
  readonly #hash: Hash = createHash('sha256');

  add(window: WindowRead): void {
    const closed = window.closed === null ? '' : `${window.closed.revision}@${window.closed.closedAt}`;
    const partials = window.partials.map((p) => `${p.partition}:${p.revision}`).join(',');
    this.#hash.update(`${window.start}|${window.subject}|${closed}|${partials}\n`);
  }

  /** @param rest whatever else the answer depends on */
  tag(rest: unknown): string {
    return `W/"${this.#hash.copy().update(JSON.stringify(rest)).digest('base64url').slice(0, 22)}"`;
  }
}
