import type { HostAccount } from '@headwater/sketch';
import type { Claim, Coarse, Commit, Resolution, SegmentKey } from '@headwater/summary-store';
import type { Arrived, FoldReport } from '../arrived.ts';
import { Agents } from './agents.ts';
import { foldAccount } from './fold-account.ts';
import { foldColumns } from './fold-columns.ts';
import { Windows, placeOf, startOf, type Oldest, type Place } from './windows.ts';

export interface FoldRules {
  clampAheadMs: number;
  silentAfterMs: number;
  /** how long 10 s windows are kept */
  retentionMs: number;
  /** how long wider ones are; absent: none is kept longer, and what is older is only counted */
  coarseRetentionMs?: Record<Coarse, number>;
  closeAfterMs: number;
  /** the newest version in which windows are written; absent: ours */
  windowsVersion?: 2 | 3;
  /** what the windows of a partition may take in memory before unchanged ones are held as encoded; absent: 32 MB */
  unfoldedBytes?: number;
}

/** Unchanged windows stay in memory this long, for late data not to cost a reload. */
const KEEP_MS = 60_000;
const UNKNOWN_HOST = '{unknown}';
/** Every living agent speaks within this time: who is new by then and not at its first batch was there before us. */
const BEFORE_US_MS = 60_000;

/**
 * What is known of one partition between two commits: the windows, the agents and the place in the log. It begins
 * from a claim and is a function of the claim and of the records folded since; clocks come in as arguments.
 */
export class UnitFold {
  readonly epoch: number;
  /** as the store has it; null before the first commit */
  private storedOffset: number | null;
  /** offset of the next record to fold */
  nextOffset: number;
  watermark: number;
  private readonly agents: Agents;
  private readonly windows: Windows;
  private readonly rules: FoldRules;
  /** the store takes nothing older into windows of these resolutions */
  private readonly floors: Record<Resolution, number>;
  private moved = false;

  constructor(claim: Claim, rules: FoldRules, nowMs: number) {
    this.epoch = claim.epoch;
    this.storedOffset = claim.nextOffset;
    this.nextOffset = claim.nextOffset ?? 0;
    this.watermark = claim.watermark;
    this.agents = claim.agents ? Agents.decode(claim.agents) : new Agents();
    this.windows = Windows.load(claim.open, nowMs, rules.unfoldedBytes);
    this.rules = rules;
    this.floors = claim.floors;
  }

  private oldest(referenceMs: number): Oldest {
    const { retentionMs, coarseRetentionMs } = this.rules;
    const of = (resolution: Resolution, kept: number) => Math.max(this.floors[resolution], startOf(Math.max(0, referenceMs - kept), resolution));
    const fine = of('10s', retentionMs);
    const minute = Math.min(fine, coarseRetentionMs ? of('1m', coarseRetentionMs['1m']) : fine);
    return { '10s': fine, '1m': minute, '1h': Math.min(minute, coarseRetentionMs ? of('1h', coarseRetentionMs['1h']) : minute) };
  }

  /** Where something that is not an exchange is counted; what is older than every window, at the reference. */
  private placeFor(ms: number, referenceMs: number, oldest = this.oldest(referenceMs)): Place {
    return placeOf(ms, oldest) ?? { resolution: '10s', start: startOf(Math.max(referenceMs, oldest['10s']), '10s') };
  }

  get dirtyBytes(): number {
    return this.windows.dirtyBytes();
  }

  /** Bytes of the windows that are not held as encoded, about. */
  get unfoldedBytes(): number {
    return this.windows.unfoldedBytes;
  }

  get windowCount(): number {
    return this.windows.size;
  }

  /** Begins (again) at `offset`, because nothing was stored, or what was stored is not in this log. */
  startAt(offset: number): void {
    this.nextOffset = offset;
    this.moved = true;
    // A log that lost its beginning before anyone looked: what its agents sent before is nobody's loss. The first record says when.
    if (offset > 0 && this.agents.size === 0) this.agents.begunMs = Infinity;
  }

  /** Records [nextOffset, offset) are gone from the log: counts them where the data goes missing. */
  lose(offset: number, nowMs: number): number {
    const lost = offset - this.nextOffset;
    const ms = this.watermark > 0 ? this.watermark : nowMs;
    this.unknownHost(ms, nowMs, nowMs).addLostBatches('retention', lost, null);
    this.agents.loseRecords(lost, ms);
    this.nextOffset = offset;
    this.moved = true;
    return lost;
  }

  private unknownHost(ms: number, referenceMs: number, nowMs: number): HostAccount {
    return this.windows.hosts(this.placeFor(ms, referenceMs), nowMs).host(UNKNOWN_HOST);
  }

  /** Batches that did not come before one that did. Those that the log is known to have lost are told of this host from now on. */
  private miss(host: HostAccount, missed: number, exchanges: number | null, referenceMs: number, nowMs: number): void {
    const deleted = this.agents.attribute(missed);
    host.addLostBatches(deleted.length > 0 ? 'retention' : 'sequence_gap', missed, exchanges);
    for (const { records, ms } of deleted) this.unknownHost(ms, referenceMs, nowMs).addLostBatches('retention_attributed', records, null);
  }

  /** A record that was put aside as a dead letter; its batch shows as a sequence gap of its agent. */
  pass(offset: number): void {
    this.nextOffset = offset + 1;
    this.moved = true;
  }

  fold(batch: Arrived, nowMs: number): FoldReport {
    const { identity, seq, account, columns, referenceMs } = batch;
    const { clampAheadMs } = this.rules;
    this.pass(batch.offset);
    const { agent, known } = this.agents.of(identity.hostId, identity.incarnation);
    const until = account.until_unix_ms > referenceMs + clampAheadMs ? referenceMs : account.until_unix_ms;
    const { exchanges_before: before, exchanges_after: after } = account;
    const arrival = agent.sequences.arrive(seq, until, before === undefined || after === undefined ? null : { before, after });
    if (this.agents.begunMs === Infinity) this.agents.begunMs = referenceMs;
    const oldest = this.oldest(referenceMs);
    const host = this.windows.hosts(this.placeFor(until, referenceMs, oldest), nowMs).host(identity.hostId);
    const report: FoldReport = { folded: 0, repeated: 0, gaps: 0, gapsFilled: 0, clamped: 0, late: 0, coarse: 0 };
    this.agents.heard(agent, Math.min(account.watermark_unix_ms, referenceMs), referenceMs);
    if (arrival.kind === 'repeat') {
      host.repeatedBatches++;
      report.repeated = 1;
      return report;
    }
    if (arrival.kind === 'filled') {
      // Taken back where it was counted as lost, so that no window keeps a loss which was none.
      const counted = arrival.countedMs === null ? host : this.windows.hosts(this.placeFor(arrival.countedMs, referenceMs), nowMs).host(identity.hostId);
      counted.addLostBatches('sequence_gap_filled', 1, arrival.exchanges);
      report.gapsFilled = 1;
    } else if (arrival.missed > 0 && (known || !this.beforeUs(referenceMs))) {
      this.miss(host, arrival.missed, arrival.exchanges, referenceMs, nowMs);
      report.gaps = arrival.missed;
    }
    foldAccount(host, { ...account, until_unix_ms: until });
    // A backlog's way to the bus says nothing of the clock.
    if (arrival.kind === 'next' && !this.agents.outdated(agent)) host.skewMinMs = Math.min(host.skewMinMs, referenceMs - account.until_unix_ms);
    const rows = foldColumns(columns, this.windows, nowMs, { referenceMs, clampAheadMs, oldest, sampled: account.sampling !== undefined });
    host.clampedTimes += rows.clamped;
    host.lateExchanges += rows.late;
    return { ...report, ...rows };
  }

  private beforeUs(referenceMs: number): boolean {
    const { begunMs } = this.agents;
    return begunMs !== null && referenceMs - begunMs < BEFORE_US_MS;
  }

  /**
   * Moves the watermark. `caughtUp`: nothing of the log is unread, so the partition's time is the clock; else it is
   * that of the newest record read. Answers the hosts that are left out as silent.
   */
  settle(nowMs: number, caughtUp: boolean): string[] {
    const partitionNow = caughtUp ? nowMs : this.agents.newestMs;
    const { watermark, silent } = this.agents.watermark(partitionNow, this.rules.silentAfterMs, this.rules.clampAheadMs);
    this.watermark = Math.max(this.watermark, Math.min(watermark, nowMs));
    return silent;
  }

  /** Whether a commit would write more than the time. */
  get changed(): boolean {
    return this.moved;
  }

  /** Everything since the last commit, absolute. */
  commit(unit: Commit['unit'], silent: string[], nowMs: number): Commit {
    return {
      unit,
      epoch: this.epoch,
      expectedOffset: this.storedOffset,
      nextOffset: this.nextOffset,
      agents: this.agents.encode(),
      watermark: this.watermark,
      silent,
      at: nowMs,
      segments: this.windows.changed(this.rules.windowsVersion),
    };
  }

  committed(commit: Commit, taken: readonly SegmentKey[], nowMs: number): void {
    this.storedOffset = commit.nextOffset;
    this.moved = false;
    this.windows.committed(taken);
    this.windows.forget(this.watermark - this.rules.closeAfterMs, nowMs - KEEP_MS);
  }
}
