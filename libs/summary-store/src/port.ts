import type { RedisSettings } from '@headwater/store-connection';

/**
 * The summary store: windows, offsets and fencing of the fold (ARCHITECTURE.md, "The fold").
 * It never looks into a segment: bytes in, bytes out; what they mean is `libs/sketch`'s.
 *
 * A *unit* is one partition of one topic of one bus incarnation. A *segment* is the absolute state of
 * one subject (a service, or the hosts' account) in one window as one unit knows it.
 * All times are ms since the Unix epoch; a window is named by its start and its resolution.
 *
 * Nothing lost, nothing twice, also when late data meets a close: partials are *frozen* before they are merged
 * (`take`), and a frozen partial never changes again. README.md of this lib tells the protocol and why it holds.
 */
export type Resolution = '10s' | '1m' | '1h';
export const RESOLUTION_MS: Record<Resolution, number> = { '10s': 10_000, '1m': 60_000, '1h': 3_600_000 };
/** Resolutions that have roll-ups. */
export type Coarse = Exclude<Resolution, '10s'>;

export interface UnitId {
  topic: string;
  partition: number;
}

export interface SegmentKey {
  resolution: Resolution;
  /** window start, a multiple of the resolution */
  start: number;
  /** `s:<service name>` or `h:` (the hosts' account); at most 256 bytes */
  subject: string;
}

export interface Segment extends SegmentKey {
  bytes: Uint8Array;
}

export interface Claim {
  /** greater than any epoch given out before for this unit */
  epoch: number;
  busIncarnation: string;
  /** null: nothing folded yet, start at the earliest record */
  nextOffset: number | null;
  /** what the last commit stored of the agents (sequence numbers, gap bitmaps, watermarks) */
  agents: Uint8Array | null;
  watermark: number;
  /** the unit's partials that nobody has taken: the fold goes on with them (`fresh: false`) */
  open: Segment[];
  /**
   * Windows of a resolution that start before this are finished: a commit that writes one is answered `taken`. What is
   * older goes to the next coarser resolution. A multiple of the next coarser width (1h: of its own); 0: none is finished.
   */
  floors: Record<Resolution, number>;
}

/** A segment as its owner writes it. */
export interface SegmentWrite extends Segment {
  /**
   * true: this state began from empty and was never committed (the key was not in `Claim.open`, or was answered
   * as taken since). false: it continues what the store holds. The store refuses a mismatch with `taken`.
   */
  fresh: boolean;
}

export interface Commit {
  unit: UnitId;
  epoch: number;
  /** must equal the stored next offset (null on the first commit), else `stale` */
  expectedOffset: number | null;
  nextOffset: number;
  agents: Uint8Array;
  /** every exchange before this instant on this unit has been folded */
  watermark: number;
  /** agents' hosts that are silent (left out of the watermark), by name */
  silent: string[];
  /** wall clock of the committer, for `units` */
  at: number;
  /** absolute state of every segment touched since the last commit */
  segments: SegmentWrite[];
}

/**
 * `ok.taken`: partials of this unit that closers have taken since the last commit; forget their state (if it was touched
 * after this commit was put together, leave it: the next commit answers `taken`). A hint; it may come empty.
 * `fenced`: another owner holds a newer epoch.
 * `stale`: the store is not where the caller believes it is: another offset, or an older epoch (rolled back).
 * `taken`: some segments continue a partial that has been taken (or are fresh where one is open); nothing was written.
 * After `stale` and `taken`: drop the unit's memory, `claim` again, seek to its nextOffset.
 */
export type CommitResult =
  | { kind: 'ok'; taken: SegmentKey[] }
  | { kind: 'fenced'; epoch: number }
  | { kind: 'stale'; nextOffset: number | null }
  | { kind: 'taken'; keys: SegmentKey[] };

/** A roll-up that must be made (again). */
export interface Due extends SegmentKey {
  resolution: Coarse;
  /** when it was made last, null: never */
  madeAt: number | null;
}

/** What a roll-up is made of, and what proves at `rollUp` that this is still so. */
export interface RollUpSources {
  /** of the roll-up made last, whether it still counts or not; 0: there was none */
  revision: number;
  /** all closed segments just below: 10 s windows for 1m; roll-ups and closed windows of 1m for 1h. Disjoint. */
  finer: Closed[];
  mark: string;
  lease: string;
}

export interface RollUpCommit {
  /** the unit that keeps the closed segments; its epoch fences the roll-up */
  unit: UnitId;
  epoch: number;
  key: SegmentKey & { resolution: Coarse };
  /** null: there is nothing to roll up (any more). `revision` is RollUpSources.revision + 1 */
  rollUp: Pick<Closed, 'revision' | 'bytes' | 'missing' | 'closedAt'> | null;
  /** RollUpSources.mark and .lease */
  mark: string;
  lease: string;
}

/** What `retire` did: segments and partials deleted; of these, deleted without being in a roll-up; keys that wait for one. */
export interface Retired {
  segments: number;
  forced: number;
  waiting: number;
}

/**
 * `stale`: the closed segment has another revision than expected, or the store was rolled back since `take`, or the window is
 * finished (`retire`); take again. Of a roll-up: what it is made of has changed; ask for the sources again.
 */
export type CloseResult = { kind: 'ok' } | { kind: 'fenced'; epoch: number } | { kind: 'stale'; revision: number };

export interface UnitStatus extends UnitId {
  epoch: number;
  nextOffset: number | null;
  watermark: number;
  silent: string[];
  /** wall clock of its last commit */
  at: number;
}

/** A partial as a closer reads it. */
export interface Partial extends Segment {
  partition: number;
  /** number of the unit's commit that wrote it last: grows over all partials of the unit, never reused */
  revision: number;
}

/** What a closer merges: `closed` (if any) and `partials`; all are frozen, none is in `closed` yet. */
export interface Taken {
  closed: Closed | null;
  partials: Partial[];
  /** goes back in CloseCommit.lease: proves that the store was not rolled back in between */
  lease: string;
}

export interface Closed extends SegmentKey {
  /** 1 at the first close; +1 for each later close that took late data in */
  revision: number;
  bytes: Uint8Array;
  /** partition -> highest revision inside `bytes`; every partial up to it is inside. Only grows from close to close. */
  holds: Record<number, number>;
  /** partitions left out because they were silent */
  missing: number[];
  closedAt: number;
  /**
   * true: a roll-up, the union of the closed finer windows inside it; `holds` is empty. Absent: closed from partials of this
   * very key. One key may have both (late data that was folded coarse), so whoever keeps contents by key keeps them apart.
   */
  rollUp?: true;
}

/** A closed segment without its bytes. `revision` and `closedAt` together name its contents: a revision alone may come again after a roll-back. */
export type ClosedHead = Omit<Closed, 'bytes'>;

/** A closed segment whose bytes were not fetched, because the reader said that it has them. */
export interface ClosedHeld extends ClosedHead {
  bytes: null;
}

export interface CloseCommit {
  /** the closer's own unit: the partition hash(subject) mod P; its epoch fences the close */
  unit: UnitId;
  epoch: number;
  closed: Closed;
  /** revision of the closed segment this one replaces, 0 if none; else `stale` */
  expectedRevision: number;
  /** Taken.lease */
  lease: string;
}

export interface ReadRange {
  topic: string;
  resolution: Resolution;
  /** half-open */
  start: number;
  end: number;
  /** all subjects if absent */
  subjects?: readonly string[];
  /**
   * Only with `resolution: '10s'`: windows up to this width may stand for the finer ones inside them, so that a long range
   * is few segments. The answer mixes resolutions; its windows hold disjoint sets of exchanges and together all that is
   * known of [start, end), which are multiples of 10 s: a wide window is answered only where it lies wholly inside. Several
   * rows may have the same key. Must not be coarser than the steps into which the caller sorts the answer. Default: '10s'.
   */
  coarsest?: Resolution;
}

/** What a reader merges: the closed segment (if any) and the partials it does not hold yet. Its `resolution` is the range's, or a coarser one up to `coarsest`. */
export interface WindowRead<C extends ClosedHead = Closed> extends SegmentKey {
  closed: C | null;
  partials: Partial[];
}

export interface SummaryStore {
  /** Takes the unit over: raises its epoch and returns where the fold goes on. Another bus incarnation clears the offset; the windows stay, and the agents, whose numbers go on. */
  claim(unit: UnitId, busIncarnation: string): Promise<Claim>;
  /** One atomic step: all segments, next offset, agents, watermark; or nothing. A retry of the very same commit answers ok. */
  commit(commit: Commit): Promise<CommitResult>;
  units(topic: string): Promise<UnitStatus[]>;
  /** Windows of this resolution that have a partial not held by a closed segment, with end <= before; by start. */
  closable(topic: string, resolution: Resolution, before: number): Promise<SegmentKey[]>;
  partials(topic: string, key: SegmentKey): Promise<Partial[]>;
  /**
   * The closer's first step: freezes every partial of this key in all units and answers those not yet held.
   * Repeating it, or never closing afterwards, is harmless: readers merge frozen partials like open ones.
   */
  take(topic: string, key: SegmentKey, closer: UnitId): Promise<Taken>;
  closed(topic: string, key: SegmentKey): Promise<Closed | null>;
  /** The second step. Atomic: stores the closed segment; the partials it holds are dropped at once or by `prune`. */
  close(topic: string, commit: CloseCommit): Promise<CloseResult>;
  /** Roll-ups of this resolution whose closed segments this unit keeps, that are missing or no longer hold all of them, with end <= before; by start, at most `limit`. */
  rollable(unit: UnitId, resolution: Coarse, before: number, limit: number): Promise<Due[]>;
  /** What to merge into this roll-up. null: it is not due, or one of the windows to make it of is itself due. */
  sources(unit: UnitId, key: SegmentKey & { resolution: Coarse }): Promise<RollUpSources | null>;
  /** Stores a roll-up in one atomic step, unless what it is made of has changed since `sources`. A retry of the very same answers ok. */
  rollUp(commit: RollUpCommit): Promise<CloseResult>;
  /** The roll-up made last of this key, whether it still counts or not. */
  rolledUp(topic: string, key: SegmentKey & { resolution: Coarse }): Promise<Closed | null>;
  /**
   * Finishes windows of this resolution that ended before: none can begin any more (`Claim.floors`), and those that are in
   * a coarser roll-up are deleted, which becomes final. What is not in one yet stays, but for what ended before
   * `anyway`: that goes, and is counted.
   */
  retire(topic: string, resolution: '10s' | '1m', before: number, anyway: number): Promise<Retired>;
  /** Deletes what belongs to windows of this resolution that ended before, whether rolled up or not, and partials that a closed segment holds. Answers how many segments and partials went. */
  prune(topic: string, resolution: Resolution, before: number): Promise<number>;
  /** By (start, subject). */
  read(range: ReadRange): Promise<WindowRead[]>;
  /**
   * The same for a reader that keeps closed segments: `held` is asked once for each one, and where it says true the
   * bytes stay in the store and come as null. It must not throw.
   */
  read(range: ReadRange, held: (closed: ClosedHead) => boolean): Promise<WindowRead<Closed | ClosedHeld>[]>;
  /** Rejects with StoreError; used by readyz. */
  ping(): Promise<void>;
  /** Total loss of connection is survived: calls reject with `unreachable` until it is back. */
  end(): Promise<void>;
}

export const STORE_ERRORS = {
  unreachable: { retryable: true, text: 'the store does not answer: {detail}' },
  full: { retryable: true, text: 'the store has no room: {detail}' },
  newer_version: { retryable: false, text: 'the store was written by a newer version ({found}; this one knows up to {known})' },
  misconfigured: { retryable: false, text: 'the store is set up so that data would be lost: {detail}' },
  corrupt: { retryable: false, text: 'the store is damaged: {detail}' },
} as const;

export type StoreErrorCode = keyof typeof STORE_ERRORS;

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly retryable: boolean;
  readonly params: Record<string, string | number>;
  constructor(code: StoreErrorCode, params: Record<string, string | number> = {}, options?: ErrorOptions) {
    super(
      STORE_ERRORS[code].text.replace(/\{(\w+)\}/g, (_, k: string) => String(params[k] ?? `{${k}}`)),
      options,
    );
    this.name = 'StoreError';
    this.code = code;
    this.params = params;
    this.retryable = STORE_ERRORS[code].retryable;
  }
}

/** `openSummaryStore(settings)` in index.ts answers a SummaryStore. */
export type SummaryStoreSettings = { kind: 'embedded'; path: string } | ({ kind: 'redis'; prefix: string } & RedisSettings);
