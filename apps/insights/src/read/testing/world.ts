import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type Coarse, type SegmentKey, type SummaryStore, type UnitId } from '@headwater/summary-store';
import { createFactsReader } from '../reader.ts';
import type { FactsReader } from '../port.ts';

const MS = 1e6;

export interface Row {
  role?: 'server' | 'client';
  method?: string;
  route: string;
  status: number;
  n: number;
  ttfbMs?: number;
  error?: string;
  at: number;
}

export function serviceWindow(rows: readonly Row[], headers: (w: ServiceWindow) => void = () => undefined): ServiceWindow {
  const w = new ServiceWindow();
  for (const { role = 'server', method = 'GET', route, status, n, ttfbMs, error, at } of rows) {
    const p = w.pattern(role, method, route, status);
    p.exchanges += n;
    w.roleExchanges[role] += n;
    if (error !== undefined) p.addError(error, n);
    if (ttfbMs !== undefined) p.ttfb.add(ttfbMs * MS, n);
    p.firstSeenMs = Math.min(p.firstSeenMs, at);
    p.lastSeenMs = Math.max(p.lastSeenMs, at);
  }
  headers(w);
  return w;
}

export function hostsWindow(accounts: Record<string, { lost?: number; lostBatch?: number; read?: number; known?: number }>): HostsWindow {
  const w = new HostsWindow();
  for (const [host, { lost = 0, lostBatch = 0, read = 0, known = 0 }] of Object.entries(accounts)) {
    const a = w.host(host);
    if (lost > 0) a.request.lost.set('ring_full', lost);
    if (lostBatch > 0) a.addLostBatches('sequence_gap', 1, lostBatch);
    a.coverageRead = read;
    a.coverageKnown = known;
  }
  return w;
}

/** Real stores, embedded or on the Redis given, and the reader on them. */
export class World {
  readonly dir = mkdtempSync(join(tmpdir(), 'headwater-insights-read-'));
  now = 0;
  summaries!: SummaryStore;
  state!: StateStore;
  /** one a test, so that they share a store and nothing in it */
  topic = '';
  private epoch = 0;
  private offset: number | null = null;

  static async start(url?: string): Promise<World> {
    const redis = url === undefined ? null : ({ kind: 'redis', url, prefix: 'hw' } as const);
    const world = new World();
    world.summaries = await openSummaryStore(redis ?? { kind: 'embedded', path: join(world.dir, 'summaries.db') });
    world.state = await openStateStore(redis ?? { kind: 'embedded', path: join(world.dir, 'state.db') });
    return world;
  }

  private get unit(): UnitId {
    return { topic: this.topic, partition: 0 };
  }

  /** Nothing is known any more. */
  async fresh(topic: string, now: number): Promise<void> {
    this.topic = topic;
    this.now = now;
    for (const { key } of await this.state.list('agent/')) await this.state.delete(key);
    const claim = await this.summaries.claim(this.unit, 'bus-1');
    this.epoch = claim.epoch;
    this.offset = claim.nextOffset;
  }

  async stop(): Promise<void> {
    await this.summaries.end();
    await this.state.end();
    rmSync(this.dir, { recursive: true });
  }

  reader(more: { sendServiceNames?: boolean; summaries?: SummaryStore } = {}): FactsReader {
    return createFactsReader({ summaries: this.summaries, state: this.state, topic: this.topic, sendServiceNames: false, now: () => this.now, ...more });
  }

  /** Commits windows of 10 s as the owner of partition 0; they stay open. */
  async open(segments: { start: number; subject: string; bytes: Uint8Array }[]): Promise<void> {
    const nextOffset = (this.offset ?? 0) + 1;
    const result = await this.summaries.commit({
      unit: this.unit,
      epoch: this.epoch,
      expectedOffset: this.offset,
      nextOffset,
      agents: new Uint8Array(0),
      watermark: Math.max(...segments.map((s) => s.start)),
      silent: [],
      at: this.now,
      segments: segments.map((s) => ({ ...s, resolution: '10s', fresh: true })),
    });
    if (result.kind !== 'ok') throw new Error(`commit: ${result.kind}`);
    this.offset = nextOffset;
  }

  /** Another partition's owner says how far it is. */
  async speak(partition: number, watermark: number): Promise<void> {
    const unit = { topic: this.topic, partition };
    const { epoch, nextOffset } = await this.summaries.claim(unit, 'bus-1');
    await this.summaries.commit({
      unit,
      epoch,
      expectedOffset: nextOffset,
      nextOffset: nextOffset ?? 0,
      agents: new Uint8Array(0),
      watermark,
      silent: [],
      at: this.now,
      segments: [],
    });
  }

  /** Closes what is open of a key. */
  async close(start: number, subject: string, missing: number[] = []): Promise<void> {
    const key: SegmentKey = { resolution: '10s', start, subject };
    const taken = await this.summaries.take(this.topic, key, this.unit);
    const holds: Record<number, number> = { ...taken.closed?.holds };
    for (const p of taken.partials) holds[p.partition] = Math.max(holds[p.partition] ?? 0, p.revision);
    const bytes = union(subject, [...(taken.closed ? [taken.closed.bytes] : []), ...taken.partials.map((p) => p.bytes)]);
    const expectedRevision = taken.closed?.revision ?? 0;
    const closed = { ...key, revision: expectedRevision + 1, bytes, holds, missing, closedAt: this.now };
    const result = await this.summaries.close(this.topic, { unit: this.unit, epoch: this.epoch, lease: taken.lease, expectedRevision, closed });
    if (result.kind !== 'ok') throw new Error(`close: ${result.kind}`);
  }

  async rollUp(resolution: Coarse, start: number, subject: string): Promise<void> {
    const key = { resolution, start, subject };
    const sources = await this.summaries.sources(this.unit, key);
    if (sources === null) throw new Error(`rollUp: ${subject} ${resolution} ${start} is not due`);
    const bytes = union(
      subject,
      sources.finer.map((f) => f.bytes),
    );
    const rollUp = { revision: sources.revision + 1, bytes, missing: [], closedAt: this.now };
    const result = await this.summaries.rollUp({ unit: this.unit, epoch: this.epoch, key, rollUp, mark: sources.mark, lease: sources.lease });
    if (result.kind !== 'ok') throw new Error(`rollUp: ${result.kind}`);
  }

  /** A heartbeat as the analyzer keeps it. */
  async heartbeat(host: string, at: number, ended = false): Promise<void> {
    await this.state.set(
      `agent/${host}`,
      JSON.stringify({ host, incarnation: 'i1', seen_at: new Date(at).toISOString(), conflicts: [], heard: { i1: at }, ...(ended ? { ended } : {}) }),
    );
  }
}

function union(subject: string, parts: readonly Uint8Array[]): Uint8Array {
  if (subject === 'h:') {
    const sum = new HostsWindow();
    for (const bytes of parts) sum.merge(HostsWindow.decode(bytes));
    return sum.encode();
  }
  const sum = new ServiceWindow();
  for (const bytes of parts) sum.merge(ServiceWindow.decode(bytes));
  return sum.encode();
}
