import { INSIGHT_KEYS, type SentRecord } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { Completion, GatewayError } from '../gateway/port.ts';
import { beginning, sentence, withoutCredentials } from './words.ts';

const ANSWER_BYTES = 16_384;

export type SentHead = Omit<SentRecord, 'schema' | 'sent_at' | 'requests'>;
type Entry = SentRecord['requests'][number];

/**
 * The record of what goes out for one input. A request is in it before it is sent, and what came of it afterwards; requests of earlier
 * submissions of the same input, and of other processes, stay.
 */
export class Sent {
  private readonly mine: Entry[] = [];
  /** of them, how many the store has */
  private written = 0;
  private saved = true;
  private readonly state: StateStore;
  private readonly head: SentHead;
  private readonly keepMs: number;
  private readonly now: () => number;

  constructor(state: StateStore, head: SentHead, keepMs: number, now: () => number) {
    this.state = state;
    this.head = head;
    this.keepMs = keepMs;
    this.now = now;
  }

  /** RFC 3339; null: nothing went out */
  get firstAt(): string | null {
    return this.mine[0]?.at ?? null;
  }

  /** requests that went out */
  get count(): number {
    return this.mine.length;
  }

  /** Resolves once the body is written down. @throws what the store throws; then it must not go out */
  async sending(body: string): Promise<void> {
    const entry: Entry = { at: new Date(this.now()).toISOString(), body, status: null, answer: null, error: null };
    this.mine.push(entry);
    try {
      await this.write();
    } catch (error) {
      // Perhaps it was written all the same: then the record has a request too many, never one too few.
      this.mine.pop();
      throw error;
    }
  }

  /** What came of the last one. Where the store is away it is kept for `save`. */
  async ended(outcome: Completion | GatewayError | 'aborted'): Promise<void> {
    const entry = this.mine.at(-1);
    if (!entry) return;
    if (outcome === 'aborted') entry.error = 'Given up by Headwater before an answer came.';
    else if (outcome instanceof Error) {
      entry.status = outcome.status;
      entry.answer = outcome.received === null ? null : kept(outcome.received);
      entry.error = sentence(`${outcome.reason}: ${outcome.message}`);
    } else {
      entry.status = 200;
      entry.answer = kept(outcome.received);
    }
    this.saved = false;
    await this.save().catch(() => undefined);
  }

  /** @throws what the store throws */
  async save(): Promise<void> {
    if (!this.saved) await this.write();
  }

  private async write(): Promise<void> {
    const key = INSIGHT_KEYS.sent(this.head.input_sha256);
    for (;;) {
      const at = await this.state.get(key);
      const others = at ? requestsOf(at.value) : [];
      for (const { at: when, body } of this.mine.slice(0, this.written)) {
        const same = others.findLastIndex((r) => r.at === when && r.body === body);
        if (same >= 0) others.splice(same, 1);
      }
      const record: SentRecord = { schema: 1, ...this.head, sent_at: this.firstAt!, requests: [...others, ...this.mine] };
      if (await this.state.compareAndSet(key, at?.version ?? null, JSON.stringify(record), { ttlMs: this.keepMs })) break;
    }
    this.written = this.mine.length;
    this.saved = true;
  }
}

/** The beginning of what came back. Gateways put their providers' headers into errors; nobody's credentials are kept. */
function kept(received: string): string {
  return beginning(withoutCredentials(beginning(received, 2 * ANSWER_BYTES)), ANSWER_BYTES);
}

/** A damaged record has nothing to go on with; what goes out now is written down all the same. */
function requestsOf(value: string): Entry[] {
  try {
    const { requests } = JSON.parse(value) as SentRecord;
    return Array.isArray(requests) ? requests : [];
  } catch {
    return [];
  }
}
