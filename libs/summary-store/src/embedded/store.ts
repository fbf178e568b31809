/** The embedded adapter: SQLite in WAL mode in a worker thread; several processes may share the file. */
import type {
  Claim,
  Closed,
  ClosedHead,
  ClosedHeld,
  CloseCommit,
  CloseResult,
  Commit,
  CommitResult,
  Partial,
  ReadRange,
  Resolution,
  SegmentKey,
  SummaryStore,
  Taken,
  UnitId,
  UnitStatus,
  WindowRead,
} from '../port.ts';
import { StoreError, type StoreErrorCode } from '../port.ts';
import { checkKey, fetchClosed, joinWindows } from '../window.ts';
import { unpack } from './packed.ts';
import { Thread, type ThreadFailure } from '@headwater/store-connection';
import type { Functions } from './worker.ts';

export class EmbeddedSummaryStore implements SummaryStore {
  readonly #thread: Thread<Functions>;

  private constructor(path: string) {
    this.#thread = new Thread<Functions>('./worker', import.meta.url, { path });
  }

  static async open(path: string): Promise<EmbeddedSummaryStore> {
    const store = new EmbeddedSummaryStore(path);
    try {
      await store.ping();
      return store;
    } catch (error) {
      await store.end();
      throw error;
    }
  }

  async #call<K extends keyof Functions>(name: K, ...args: Parameters<Functions[K]>): Promise<ReturnType<Functions[K]>> {
    try {
      return await this.#thread.call(name, ...args);
    } catch (failure) {
      throw errorOf(failure as ThreadFailure);
    }
  }

  claim(unit: UnitId, busIncarnation: string): Promise<Claim> {
    return this.#call('claim', unit, busIncarnation);
  }
  async commit(commit: Commit): Promise<CommitResult> {
    commit.segments.forEach(checkKey);
    return this.#call('commit', commit);
  }
  units(topic: string): Promise<UnitStatus[]> {
    return this.#call('units', topic);
  }
  closable(topic: string, resolution: Resolution, before: number): Promise<SegmentKey[]> {
    return this.#call('closable', topic, resolution, before);
  }
  partials(topic: string, key: SegmentKey): Promise<Partial[]> {
    return this.#call('partials', topic, key);
  }
  take(topic: string, key: SegmentKey, _closer: UnitId): Promise<Taken> {
    return this.#call('take', topic, key);
  }
  closed(topic: string, key: SegmentKey): Promise<Closed | null> {
    return this.#call('closed', topic, key);
  }
  async close(topic: string, commit: CloseCommit): Promise<CloseResult> {
    checkKey(commit.closed);
    return this.#call('close', topic, commit);
  }
  prune(topic: string, resolution: Resolution, before: number): Promise<number> {
    return this.#call('prune', topic, resolution, before);
  }
  async read(range: ReadRange): Promise<WindowRead[]>;
  async read(range: ReadRange, held: (closed: ClosedHead) => boolean): Promise<WindowRead<Closed | ClosedHeld>[]>;
  async read(range: ReadRange, held?: (closed: ClosedHead) => boolean): Promise<WindowRead<Closed | ClosedHeld>[]> {
    if (held === undefined) {
      const { partials, closed } = await this.#call('read', range);
      return joinWindows<Closed | ClosedHeld>(unpack(partials), unpack(closed));
    }
    const { partials, heads } = await this.#call('readHeads', range);
    const closed = await fetchClosed(heads, held, async (wanted) => unpack(await this.#call('fetch', range.topic, wanted)));
    return joinWindows(unpack(partials), closed);
  }
  ping(): Promise<void> {
    return this.#call('ping');
  }
  /** The file grows no further than this many pages of 4 KiB: `full` beyond. Lasts until `end`. */
  limitPages(pages: number): Promise<void> {
    return this.#call('limitPages', pages);
  }
  end(): Promise<void> {
    return this.#thread.end();
  }
}

function errorOf(failure: ThreadFailure): Error {
  return failure.code ? new StoreError(failure.code as StoreErrorCode, failure.params) : new Error(failure.message);
}
