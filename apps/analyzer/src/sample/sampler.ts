import { DictionaryStrings, ROLES, toJson, wideToNumber, type EventColumns } from '@headwater/header-event';
import type { StateStore } from '@headwater/state-store';
import type { Arrived } from '../arrived.ts';
import { CodeTable } from './code-table.ts';
import { SampleGroups } from './groups.ts';
import type { SampleGroup } from './group.ts';
import { SAMPLE_MAX_BYTES, type Kept, type Sample } from './kept.ts';
import { joined, OpenSamples } from './open.ts';
import { writeSamples } from './write.ts';

/** Older batches (a replay of the log) are not sampled: what they held is in the store, or out of date. */
const RECENT_MS = 5 * 60_000;
const SLOW_NS = 1e9;
const BEGIN = 1;
const END = 2;
/** Characters of JSON held in all. */
const HELD_MAX = 32 << 20;
const FORGET_EVERY_MS = 60_000;
const AFTER_FAILURE_MS = 5_000;

/**
 * What a second may cost, whatever comes: exchanges that are neither failed nor over a second and are looked at,
 * groups looked up by their strings, rows turned into JSON, and ends looked up. Failed and slow ones have their own share.
 */
const A_SECOND = { ordinary: 2_000, lookups: 100, urgentLookups: 300, taken: 20, urgentTaken: 60, ends: 2_000 };

export type SampleLoss = 'no_room' | 'too_large' | 'store' | 'error';

export interface SampleCounts {
  kept(kept: Kept): void;
  lost(reason: SampleLoss, detail?: string): void;
  written(groups: number): void;
}

/**
 * Keeps a few whole exchanges of each group of (service, role, method, route, status): failed, slow and good ones.
 * It looks at batches after they were folded and writes on its own time; whatever goes wrong costs samples only.
 */
export class Sampler {
  private readonly groups = new SampleGroups();
  private readonly open = new OpenSamples();
  private readonly table = new CodeTable();
  private readonly counts: SampleCounts;
  private readonly serviceOf: (name: string) => string;
  private second = 0;
  private left = { ...A_SECOND };
  private forgotMs = 0;
  private notBeforeMs = 0;
  private writing = false;

  /** @param serviceOf the service a name is counted under, as the windows have it */
  constructor(counts: SampleCounts, serviceOf: (name: string) => string) {
    this.counts = counts;
    this.serviceOf = serviceOf;
  }

  /** Looks at a batch that was folded; never throws. */
  look(batch: Arrived, nowMs: number): void {
    if (nowMs - batch.referenceMs > RECENT_MS) return;
    try {
      this.scan(batch, nowMs);
    } catch (error) {
      this.counts.lost('error', error instanceof Error ? error.message : String(error));
    }
  }

  private scan({ columns, identity, referenceMs }: Arrived, nowMs: number): void {
    if (Math.floor(nowMs / 1000) !== this.second) {
      this.second = Math.floor(nowMs / 1000);
      this.left = { ...A_SECOND };
    }
    const { left, table } = this;
    const c = columns.columns;
    const phase = c['headwater.phase']!;
    const status = c['http.response.status_code']!;
    const error = c['error.type']!;
    const total = c['headwater.total_ns']!;
    const service = c['service.name']!;
    const role = c['headwater.role']!;
    const method = c['http.request.method']!;
    const route = c['http.route']!;
    const weight = c['headwater.weight']!;
    let strings: DictionaryStrings | null = null;
    let { ordinary } = left;
    table.clear();
    for (let row = 0; row < columns.rows; row++) {
      if (phase[row] === END) {
        if (left.ends-- > 0 && this.end(columns, row, identity.hostId)) continue;
        // Of its beginning there is no sample: it is one by itself where it failed on the way.
        if (error[row] === 0) continue;
      }
      const failed = status[row]! >= 400 || error[row] !== 0;
      const urgent = failed || isLong(total, row);
      if (!urgent && ordinary-- <= 0) continue;
      const ns = wideToNumber(total, row);
      const slot = table.find(service[row]!, method[row]!, route[row]!, (status[row]! << 1) | (role[row]! & 1));
      if (table.isNew(slot)) {
        if (table.full || (urgent ? left.urgentLookups : left.lookups) <= 0) continue;
        if (urgent) left.urgentLookups--;
        else left.lookups--;
        strings ??= new DictionaryStrings(columns.dictionary);
        const name = {
          service: this.serviceOf(strings.get(service[row]!)),
          role: ROLES[role[row]!] ?? 'server',
          method: strings.get(method[row]!),
          route: strings.get(route[row]!),
          status: status[row]!,
        };
        table.put(slot, this.groups.of(name));
        if (!table.group(slot)) this.counts.lost('no_room');
      }
      const group = table.group(slot);
      if (!group) continue;
      const over = ns >= 0 && group.durations.over(ns, weight[row]!);
      const kept: Kept = failed ? 'failed' : over || urgent ? 'slow' : 'good';
      if (!group.wants(kept, nowMs)) continue;
      if ((kept === 'good' ? left.taken : left.urgentTaken) <= 0) continue;
      if (kept === 'good') left.taken--;
      else left.urgentTaken--;
      strings ??= new DictionaryStrings(columns.dictionary);
      const sample = this.take(group, kept, JSON.stringify(toJson(columns, row, strings)), identity.hostId, referenceMs, nowMs);
      if (sample && phase[row] === BEGIN) this.open.add(columns, row, group, sample);
    }
    left.ordinary = Math.max(0, ordinary);
  }

  /** Completes the sample of this exchange's beginning, if there is one. */
  private end(columns: EventColumns, row: number, host: string): boolean {
    const found = this.open.take(columns, row, host);
    if (!found) return false;
    const { group, sample } = found;
    const failed = sample.kept === 'failed' || columns.columns['error.type']![row] !== 0;
    this.groups.bytes -= group.bytes;
    group.end(sample, failed ? 'failed' : isLong(columns.columns['headwater.total_ns']!, row) ? 'slow' : sample.kept, joined(sample.exchange, toJson(columns, row)));
    this.groups.bytes += group.bytes;
    return true;
  }

  private take(group: SampleGroup, kept: Kept, exchange: string, host: string, seenMs: number, nowMs: number): Sample | null {
    if (exchange.length > SAMPLE_MAX_BYTES || this.groups.bytes + exchange.length > HELD_MAX) {
      this.counts.lost(exchange.length > SAMPLE_MAX_BYTES ? 'too_large' : 'no_room');
      return null;
    }
    const sample: Sample = { kept, seenAt: new Date(seenMs).toISOString(), host, exchange };
    this.groups.bytes -= group.bytes;
    group.take(sample, nowMs);
    this.groups.bytes += group.bytes;
    this.counts.kept(kept);
    return sample;
  }

  /**
   * Writes groups that changed; call it after a flush and do not wait for it. While a write is under way, and for a
   * while after one failed, a call does nothing. Never rejects.
   */
  async write(state: Pick<StateStore, 'set'>, nowMs: number): Promise<void> {
    if (this.writing || nowMs < this.notBeforeMs) return;
    this.writing = true;
    try {
      if (nowMs - this.forgotMs >= FORGET_EVERY_MS) {
        this.forgotMs = nowMs;
        this.groups.forget(nowMs);
        this.open.forget();
      }
      this.counts.written(await writeSamples(state, this.groups.values(), nowMs));
    } catch (error) {
      this.notBeforeMs = nowMs + AFTER_FAILURE_MS;
      this.counts.lost('store', error instanceof Error ? error.message : String(error));
    } finally {
      this.writing = false;
    }
  }
}

/** More than a second, by the words alone; -1 (unknown) has its sign bit set. */
function isLong(total: ArrayLike<number>, row: number): boolean {
  const high = total[2 * row + 1]!;
  return high === 0 ? total[2 * row]! > SLOW_NS : high < 0x8000_0000;
}
