/** The embedded adapter: SQLite in WAL mode in a worker thread; several processes may share the file. */
import type {
  Claim,
  Closed,
  ClosedHead,
  ClosedHeld,
  CloseCommit,
  CloseResult,
  Coarse,
  Commit,
  CommitResult,
  Due,
  Partial,
  ReadRange,
  Resolution,
  Retired,
  RollUpCommit,
  RollUpSources,
  SegmentKey,
  SummaryStore,
  Taken,
  UnitId,
  UnitStatus,
  WindowRead,
} from '../port.ts';
import { StoreError, type StoreErrorCode } from '../port.ts';
import { checkKey, checkRange, fetchClosed, joinWindows } from '../window.ts';
import { unpack } from './packed.ts';
import { Thread, opened, type ThreadFailure } from '@headwater/store-connection';
import type { Functions } from './worker.ts';

/** How often a read begins again because what it was about to fetch was finished meanwhile. */
const TRIES = 4;

export class EmbeddedSummaryStore implements SummaryStore {
  readonly #thread: Thread<Functions>;

  private constructor(path: string) {
    this.#thread = new Thread<Functions>('./worker', import.meta.url, { path }, errorOf);
  }

  static open(path: string): Promise<EmbeddedSummaryStore> {
    return opened(new EmbeddedSummaryStore(path));
  }

  claim(unit: UnitId, busIncarnation: string): Promise<Claim> {
    return this.#thread.call('claim', unit, busIncarnation);
  }
  async commit(commit: Commit): Promise<CommitResult> {
    commit.segments.forEach(checkKey);
    return this.#thread.call('commit', commit);
  }
  units(topic: string): Promise<UnitStatus[]> {
    return this.#thread.call('units', topic);
  }
  closable(topic: string, resolution: Resolution, before: number): Promise<SegmentKey[]> {
    return this.#thread.call('closable', topic, resolution, before);
  }
  partials(topic: string, key: SegmentKey): Promise<Partial[]> {
    return this.#thread.call('partials', topic, key);
  }
  take(topic: string, key: SegmentKey, _closer: UnitId): Promise<Taken> {
    return this.#thread.call('take', topic, key);
  }
  closed(topic: string, key: SegmentKey): Promise<Closed | null> {
    return this.#thread.call('closed', topic, key);
  }
  async close(topic: string, commit: CloseCommit): Promise<CloseResult> {
    checkKey(commit.closed);
    return this.#thread.call('close', topic, commit);
  }
  prune(topic: string, resolution: Resolution, before: number): Promise<number> {
    return this.#thread.call('prune', topic, resolution, before);
  }
  async read(range: ReadRange): Promise<WindowRead[]>;
  async read(range: ReadRange, held: (closed: ClosedHead) => boolean): Promise<WindowRead<Closed | ClosedHeld>[]>;
  async read(range: ReadRange, held?: (closed: ClosedHead) => boolean): Promise<WindowRead<Closed | ClosedHeld>[]> {
    checkRange(range);
    if (range.coarsest !== undefined && range.coarsest !== '10s') return this.#readThrough({ ...range, coarsest: range.coarsest }, held);
    if (held === undefined) {
      const { partials, closed } = await this.#thread.call('read', range);
      return joinWindows<Closed | ClosedHeld>(unpack(partials), unpack(closed));
    }
    const { partials, heads } = await this.#thread.call('readHeads', range);
    const closed = await fetchClosed(heads, held, async (wanted) => unpack(await this.#thread.call('fetch', range.topic, wanted)));
    return joinWindows(unpack(partials), closed);
  }
  async #readThrough(range: ReadRange & { coarsest: Coarse }, held?: (closed: ClosedHead) => boolean): Promise<WindowRead<Closed | ClosedHeld>[]> {
    if (held === undefined) {
      const { partials, closed } = await this.#thread.call('readThrough', range);
      return joinWindows<Closed | ClosedHeld>(unpack(partials), unpack(closed));
    }
    for (let tried = 1; ; tried++) {
      const { partials, heads } = await this.#thread.call('readHeadsThrough', range);
      let missing = 0;
      const closed = await fetchClosed(heads, held, async (wanted) => {
        const found = unpack(await this.#thread.call('fetch', range.topic, wanted));
        missing = wanted.length - found.length;
        return found;
      });
      // Deleted since the heads were read, because a roll-up holds it now: read again.
      if (missing === 0 || tried === TRIES) return joinWindows(unpack(partials), closed);
    }
  }
  rollable(unit: UnitId, resolution: Coarse, before: number, limit: number): Promise<Due[]> {
    return this.#thread.call('rollable', unit, resolution, before, limit);
  }
  sources(unit: UnitId, key: SegmentKey & { resolution: Coarse }): Promise<RollUpSources | null> {
    return this.#thread.call('sources', unit, key);
  }
  async rollUp(commit: RollUpCommit): Promise<CloseResult> {
    checkKey(commit.key);
    return this.#thread.call('rollUp', commit);
  }
  rolledUp(topic: string, key: SegmentKey & { resolution: Coarse }): Promise<Closed | null> {
    return this.#thread.call('rolledUp', topic, key);
  }
  retire(topic: string, resolution: '10s' | '1m', before: number, anyway: number): Promise<Retired> {
    return this.#thread.call('retire', topic, resolution, before, anyway);
  }
  ping(): Promise<void> {
    return this.#thread.call('ping');
  }
  /** The file grows no further than this many pages of 4 KiB: `full` beyond. Lasts until `end`. */
  limitPages(pages: number): Promise<void> {
    return this.#thread.call('limitPages', pages);
  }
  end(): Promise<void> {
    return this.#thread.end();
  }
}

function errorOf(failure: ThreadFailure): Error {
  return failure.code ? new StoreError(failure.code as StoreErrorCode, failure.params) : new Error(failure.message);
}
