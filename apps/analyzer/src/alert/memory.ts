import { ALERT_KEYS, type AlertEvent, type Memory } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';

/** A transition that was decided and is not yet told everywhere. */
export interface Owed {
  event: AlertEvent;
  /** where the partitions of `alerts.v1` ended before it was decided; null: the bus did not answer */
  ends: number[] | null;
}

/** What is remembered of a host beyond its heartbeat, which the store forgets after 15 minutes. */
export interface KnownHost {
  seen_ms: number;
  ended: boolean;
}

/** Under `ALERT_KEYS.memory(subject)`: judgement and outbox in one document, so that one compare-and-set decides both. */
export interface Stored {
  schema: 1;
  memory: Memory;
  /** oldest first */
  outbox: Owed[];
  /** only of `h:` */
  hosts?: Record<string, KnownHost>;
}

/** One subject's document as this analyzer last saw it. */
export class SubjectMemory {
  readonly subject: string;
  stored: Stored | null = null;
  /** entries of the outbox that this analyzer did not decide, or whose sending failed half-way: they may have been published */
  doubtful = new Set<string>();
  /** up to when it was judged when it was written last, ms */
  savedMs = 0;
  /** false: a write failed half-way, so what is in the store is not known */
  sure = false;
  private version: number | null = null;
  private readonly state: StateStore;

  constructor(state: StateStore, subject: string) {
    this.state = state;
    this.subject = subject;
  }

  /** Reads it anew. @throws whatever the store throws; SyntaxError where it is damaged */
  async load(): Promise<Stored | null> {
    const entry = await this.state.get(ALERT_KEYS.memory(this.subject));
    this.version = entry?.version ?? null;
    this.sure = true;
    this.stored = entry ? (JSON.parse(entry.value) as Stored) : null;
    this.savedMs = this.stored?.memory.evaluatedUntilMs ?? 0;
    this.doubtful = new Set(this.stored?.outbox.map((o) => o.event.event_id));
    return this.stored;
  }

  /** Writes unless somebody wrote since; then false, and it must be loaded again. */
  async save(next: Stored): Promise<boolean> {
    const key = ALERT_KEYS.memory(this.subject);
    const value = JSON.stringify(next);
    this.sure = false;
    if (!(await this.state.compareAndSet(key, this.version, value))) return false;
    // Its version is not answered; somebody who writes between these two is found out by the next write all the same.
    const entry = await this.state.get(key);
    if (entry?.value !== value) return false;
    this.version = entry.version;
    this.sure = true;
    this.stored = next;
    return true;
  }
}
