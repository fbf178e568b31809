import { Sequences, type StoredSequences } from './sequences.ts';

const VERSION = 1;
/** An incarnation that said nothing for longer than any bus keeps records will not come again. */
const FORGET_AFTER_MS = 48 * 3_600_000;
/** Incarnations of one partition; of more those that were silent for longest are forgotten: what still came of them would count as new. */
export const MAX_AGENTS = 4_096;

export class AgentsError extends Error {
  override name = 'AgentsError';
}

/** Records that the log lost, and the time under which they were counted, ms. */
interface LostRecords {
  records: number;
  ms: number;
}

/** Losses of the log that are kept apart; older ones stay counted of the unknown host. */
const MAX_LOST = 16;

interface Agent {
  host: string;
  incarnation: string;
  sequences: Sequences;
  /** every exchange before this instant has been sent, ms */
  watermark: number;
  /** bus time of its last batch, ms */
  heardMs: number;
}

/** The agents whose batches one partition carries; stored with every commit of that partition. */
export class Agents {
  private readonly byId = new Map<string, Agent>();
  /** host -> the newest watermark of any of its incarnations */
  private readonly newestOf = new Map<string, number>();
  /** newest bus time of any batch, ms */
  newestMs = 0;
  /** bus time of the first record, where the log's beginning was gone already when it was read first, ms; null: it was whole */
  begunMs: number | null = null;
  /** what the log lost and no agent was found to miss yet */
  private lost: LostRecords[] = [];

  /** The incarnation; begins at sequence 0 when it is new. */
  of(host: string, incarnation: string): { agent: Agent; known: boolean } {
    const id = `${host}/${incarnation}`;
    let agent = this.byId.get(id);
    const known = agent !== undefined;
    if (!agent) this.byId.set(id, (agent = { host, incarnation, sequences: new Sequences(), watermark: 0, heardMs: 0 }));
    return { agent, known };
  }

  get size(): number {
    return this.byId.size;
  }

  loseRecords(records: number, ms: number): void {
    this.lost.push({ records, ms });
    if (this.lost.length > MAX_LOST) this.lost.shift();
  }

  /** An agent misses so many batches: which of the log's losses they were, oldest first. */
  attribute(batches: number): LostRecords[] {
    const found: LostRecords[] = [];
    while (batches > 0 && this.lost.length > 0) {
      const oldest = this.lost[0]!;
      const records = Math.min(batches, oldest.records);
      found.push({ records, ms: oldest.ms });
      batches -= records;
      oldest.records -= records;
      if (oldest.records === 0) this.lost.shift();
    }
    return found;
  }

  heard(agent: Agent, watermark: number, atMs: number): void {
    agent.watermark = Math.max(agent.watermark, watermark);
    this.newestOf.set(agent.host, Math.max(this.newestOf.get(agent.host) ?? 0, agent.watermark));
    agent.heardMs = Math.max(agent.heardMs, atMs);
    this.newestMs = Math.max(this.newestMs, atMs);
  }

  /** Another incarnation of its host is further: what still comes of this one is its backlog, sent by its successor. */
  outdated(agent: Agent): boolean {
    return agent.watermark < this.newestOf.get(agent.host)!;
  }

  /**
   * The instant before which all has been folded, as of partition time `nowMs`: the least over the agents that
   * spoke within `silentAfterMs`; of a host the newest incarnation's, since a backlog of the ones before is late data and holds
   * nothing open. Agents that fell silent are left out and their hosts named, and those that were more than `behindMs` behind the
   * bus when they spoke: one clock that is 10 min slow would hold everybody's windows open for as long. With nobody
   * left the partition's own time stands.
   */
  watermark(nowMs: number, silentAfterMs: number, behindMs: number): { watermark: number; silent: string[] } {
    let least = Infinity;
    const silent = new Set<string>();
    const live = new Map<string, number>();
    for (const a of this.byId.values()) {
      if (a.heardMs < nowMs - silentAfterMs || a.watermark < a.heardMs - behindMs) silent.add(a.host);
      else live.set(a.host, Math.max(live.get(a.host) ?? 0, a.watermark));
    }
    for (const watermark of live.values()) least = Math.min(least, watermark);
    return { watermark: least === Infinity ? nowMs : least, silent: [...silent].filter((h) => !live.has(h)).sort() };
  }

  private forget(): void {
    for (const [id, a] of this.byId) if (a.heardMs < this.newestMs - FORGET_AFTER_MS) this.byId.delete(id);
    if (this.byId.size <= MAX_AGENTS) return;
    const longest = [...this.byId].sort((a, b) => a[1].heardMs - b[1].heardMs);
    for (const [id] of longest.slice(0, longest.length - MAX_AGENTS)) this.byId.delete(id);
    // Of hosts without an incarnation nobody asks.
    this.newestOf.clear();
    for (const a of this.byId.values()) this.newestOf.set(a.host, Math.max(this.newestOf.get(a.host) ?? 0, a.watermark));
  }

  encode(): Uint8Array {
    this.forget();
    const agents = [...this.byId.values()].map((a) => ({ host: a.host, incarnation: a.incarnation, watermark: a.watermark, heard: a.heardMs, ...a.sequences.toJSON() }));
    return Buffer.from(
      JSON.stringify({
        version: VERSION,
        newest: this.newestMs,
        ...(this.begunMs === null ? {} : { begun: this.begunMs }),
        ...(this.lost.length > 0 ? { lost: this.lost } : {}),
        agents,
      }),
    );
  }

  /** @throws AgentsError when the bytes are damaged or of a newer version */
  static decode(bytes: Uint8Array): Agents {
    const known = new Agents();
    try {
      const stored = JSON.parse(Buffer.from(bytes).toString()) as {
        version: number;
        newest: number;
        begun?: number;
        lost?: LostRecords[];
        agents: ({ host: string; incarnation: string; watermark: number; heard: number } & StoredSequences)[];
      };
      if (stored.version > VERSION) throw new AgentsError(`agents' sequence numbers were written by a newer version (${stored.version}; this one knows up to ${VERSION})`);
      known.newestMs = stored.newest;
      known.begunMs = stored.begun ?? null;
      known.lost = [...(stored.lost ?? [])];
      for (const a of stored.agents) {
        known.byId.set(`${a.host}/${a.incarnation}`, { host: a.host, incarnation: a.incarnation, sequences: Sequences.from(a), watermark: a.watermark, heardMs: a.heard });
        known.newestOf.set(a.host, Math.max(known.newestOf.get(a.host) ?? 0, a.watermark));
      }
    } catch (cause) {
      if (cause instanceof AgentsError) throw cause;
      throw new AgentsError('the stored sequence numbers of the agents cannot be read', { cause });
    }
    return known;
  }
}
