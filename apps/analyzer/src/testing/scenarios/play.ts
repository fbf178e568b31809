import { factsOf, hostMinute, type HostFacts, type Rule, type ServiceFacts } from '@headwater/alert-rules';
import type { EventRecord } from '@headwater/header-event';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import type { Closed, Partial, SegmentKey } from '@headwater/summary-store';
import { UnitFold } from '../../aggregate/unit-fold.ts';
import { mergeFiner, mergeTaken } from '../../close/merge.ts';
import { inspect } from '../../consume/inspect.ts';
import { MINUTES, START, shareOf, type Plan } from './plan.ts';
import { batchOf } from './traffic.ts';

const MINUTE_MS = 60_000;
const RULES = { clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 30_000 };
const UNIT = { topic: 'events', partition: 0 };

/** What the rules see at the end of a simulated minute. */
export interface Minute {
  nowMs: number;
  /** minutes that closed, or closed again with late data */
  closed: { service: string; facts: ServiceFacts }[];
  /** the newest minute that may be judged ends here */
  closedUntilMs: number;
  hosts: HostFacts[];
}

/**
 * Plays a plan through the analyzer's own stages on a simulated clock: batches are encoded, checked and decoded, folded into 10 s windows,
 * committed, closed (with late data again), rolled up to minutes. In place of the store a map, since there is one partition and no crash.
 */
export async function play(plan: Plan, rules: readonly Rule[]): Promise<Minute[]> {
  const fold = new UnitFold({ epoch: 1, busIncarnation: 'x', nextOffset: 0, agents: null, watermark: 0, open: [], floors: { '10s': 0, '1m': 0, '1h': 0 } }, RULES, START);
  const agents = new Map(plan.hosts.map((host) => [host, { seq: 0, seenMs: START, ended: false, spool: [] as EventRecord[] }]));
  const windows = new Windows();
  const hostMinutes = new Map<string, HostFacts['minutes']>();
  const played: Minute[] = [];
  let offset = 0;
  for (let n = 0; n < MINUTES; n++) {
    const nowMs = START + (n + 1) * MINUTE_MS + 1000;
    for (const [host, agent] of agents)
      for (const record of send(plan, host, agent, n)) {
        const seen = inspect({ offset, timestampMs: nowMs, ...record }, nowMs);
        if (!('ok' in seen)) throw new Error(seen.bad.detail);
        fold.fold(seen.ok, nowMs);
        offset++;
      }
    fold.settle(nowMs, true);
    const commit = fold.commit(UNIT, [], nowMs);
    windows.wrote(commit.segments);
    const taken = windows.close(fold.watermark - RULES.closeAfterMs, nowMs);
    fold.committed(commit, taken, nowMs);
    played.push(await minuteOf(windows, hostMinutes, taken, rules, nowMs, Math.floor((fold.watermark - RULES.closeAfterMs) / MINUTE_MS) * MINUTE_MS, plan, agents));
  }
  return played;
}

interface Agent {
  seq: number;
  seenMs: number;
  ended: boolean;
  spool: EventRecord[];
}

/** The batches that reach the bus in minute n: none of a silent or ended agent, later those of one that spools. */
function send(plan: Plan, host: string, agent: Agent, n: number): EventRecord[] {
  const during = (kind: string) => [...plan.faults, ...plan.decoys].find((f) => f.kind === kind && 'host' in f && f.host === host && shareOf(f, n) > 0);
  const end = (n + 1) * MINUTE_MS;
  agent.ended ||= during('agent_ends') !== undefined;
  const silent = during('silent_host');
  if (agent.ended) return [];
  if (silent) {
    agent.seenMs = Math.max(agent.seenMs, START + Math.min(end, silent.from * MINUTE_MS));
    // Its last minute came in part; what it would have sent since is not made.
    if (n > silent.from || n + 1 < silent.from + silent.minutes) return [];
  }
  agent.seenMs = START + end;
  const gone = during('capture_loss');
  const record = batchOf(plan, host, n, ++agent.seq);
  // Every so many batches never come: one a minute here, so the share is of minutes.
  if (gone?.kind === 'capture_loss' && gone.how === 'batches' && Math.floor(n * gone.ratio) > Math.floor((n - 1) * gone.ratio)) return [];
  if (during('spooled')) {
    agent.spool.push(record);
    return [];
  }
  return [...agent.spool.splice(0), record];
}

/** Partials and closed windows by key, as the summary store keeps them for one partition. */
class Windows {
  /** minutes that hold something new, by start and subject */
  readonly changed = new Map<string, { start: number; subject: string }>();
  private readonly held = new Map<string, { key: SegmentKey; closed: Closed | null; partial: Partial | null }>();

  wrote(segments: readonly (SegmentKey & { bytes: Uint8Array })[]): void {
    for (const { bytes, ...key } of segments) {
      const id = `${key.start} ${key.subject}`;
      const held = this.held.get(id) ?? { key, closed: null, partial: null };
      held.partial = { ...key, partition: 0, revision: (held.partial?.revision ?? held.closed?.holds[0] ?? 0) + 1, bytes };
      this.held.set(id, held);
    }
  }

  /** Closes what ended before; answers the keys. */
  close(before: number, nowMs: number): SegmentKey[] {
    const taken: SegmentKey[] = [];
    for (const [id, held] of this.held) {
      if (held.key.start < before - 20 * MINUTE_MS && !held.partial) this.held.delete(id);
      if (!held.partial || held.key.start + 10_000 > before) continue;
      held.closed = mergeTaken(held.key, { closed: held.closed, partials: [held.partial], lease: '' }, [], nowMs);
      held.partial = null;
      taken.push(held.key);
    }
    return taken;
  }

  /** The closed minute of a subject. */
  async minute(subject: string, start: number, nowMs: number): Promise<Uint8Array> {
    const finer: Closed[] = [];
    for (let at = start; at < start + MINUTE_MS; at += 10_000) {
      const closed = this.held.get(`${at} ${subject}`)?.closed;
      if (closed) finer.push(closed);
    }
    return (await mergeFiner({ resolution: '1m', start, subject }, { revision: 0, finer, mark: '', lease: '' }, nowMs))!.bytes;
  }
}

const minuteStart = (ms: number): number => ms - (ms % MINUTE_MS);

async function minuteOf(
  windows: Windows,
  hostMinutes: Map<string, HostFacts['minutes']>,
  taken: readonly SegmentKey[],
  rules: readonly Rule[],
  nowMs: number,
  closedUntilMs: number,
  plan: Plan,
  agents: ReadonlyMap<string, Agent>,
): Promise<Minute> {
  for (const { start, subject } of taken) windows.changed.set(`${minuteStart(start)} ${subject}`, { start: minuteStart(start), subject });
  // A minute closes in two rounds; it is rolled up when all of it has.
  const due = [...windows.changed].filter(([, { start }]) => start + MINUTE_MS <= closedUntilMs);
  for (const [id] of due) windows.changed.delete(id);
  const changed = due.map(([, minute]) => minute);
  const lossy = new Set<number>();
  for (const { start, subject } of changed) {
    if (subject !== 'h:') continue;
    for (const account of HostsWindow.decode(await windows.minute(subject, start, nowMs)).hosts()) {
      const minute = hostMinute(account, start);
      const known = hostMinutes.get(account.host) ?? [];
      hostMinutes.set(account.host, [...known.filter((m) => m.startMs !== start), minute].sort((a, b) => a.startMs - b.startMs).slice(-30));
      if (minute.lost > 0) lossy.add(start);
    }
  }
  const closed: Minute['closed'] = [];
  for (const { start, subject } of changed)
    if (subject !== 'h:')
      closed.push({ service: subject.slice(2), facts: factsOf(ServiceWindow.decode(await windows.minute(subject, start, nowMs)), start, MINUTE_MS, rules, !lossy.has(start)) });
  const hosts = plan.hosts.map((host): HostFacts => {
    const { seenMs, ended } = agents.get(host)!;
    return { host, seenMs, ended, minutes: (hostMinutes.get(host) ?? []).filter((m) => m.startMs >= closedUntilMs - 15 * MINUTE_MS) };
  });
  return { nowMs, closed, closedUntilMs, hosts };
}
