import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, ModelPart } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';

/** Of the ModelPart of who asked, for those who use the answer again. */
export type Facts = Pick<ModelPart, 'sent_at' | 'repaired' | 'format' | 'request_id'>;

export interface Answered {
  answer: Answer;
  facts: Facts;
}

/** One key a question: who asks it now, or what was answered. */
type Shelved = { schema: 1; state: 'asking'; by: string } | ({ schema: 1; state: 'answered' } & Answered);

export type Claim =
  /** `waitedMs`: for another who asked; 0: nobody did */
  { kind: 'answered'; answered: Answered; waitedMs: number } | { kind: 'ours'; lease: Lease; waitedMs: number } | { kind: 'gave_up'; waitedMs: number };

export interface Lease {
  /** For everyone who asks the same from now on. */
  answered(answered: Answered): Promise<void>;
  /** There was no answer: whoever waits may ask. Where the store is away the lease lapses. */
  release(): Promise<void>;
}

export interface Waits {
  /** a lease that is not renewed is free after this; ms of the store's clock, so clocks of machines do not matter */
  leaseMs: number;
  lookEveryMs: number;
  longestMs: number;
}

/** So that the same is asked once: answers by what was asked, and a lease for who asks. */
export class Answers {
  private readonly state: StateStore;
  private readonly keepMs: number;
  private readonly waits: Waits;

  constructor(state: StateStore, keepMs: number, waits: Waits) {
    this.state = state;
    this.keepMs = keepMs;
    this.waits = waits;
  }

  /** Answers, or waits for who asks now, or lets the caller ask. @throws what the store throws, and the signal's reason */
  async claim(key: string, by: string, signal: AbortSignal): Promise<Claim> {
    let began: number | null = null;
    const asking = JSON.stringify({ schema: 1, state: 'asking', by } satisfies Shelved);
    for (;;) {
      signal.throwIfAborted();
      const at = await this.state.get(place(key));
      const found = at && read(at.value);
      const waitedMs = began === null ? 0 : performance.now() - began;
      if (found?.state === 'answered') return { kind: 'answered', answered: found, waitedMs };
      if (found?.state !== 'asking') {
        if (await this.state.compareAndSet(place(key), at?.version ?? null, asking, { ttlMs: this.waits.leaseMs }))
          return { kind: 'ours', lease: this.lease(key, by, asking), waitedMs };
        continue;
      }
      if (waitedMs >= this.waits.longestMs) return { kind: 'gave_up', waitedMs };
      began ??= performance.now();
      await sleep(this.waits.lookEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  private lease(key: string, by: string, asking: string): Lease {
    const ours = async () => {
      const at = await this.state.get(place(key));
      const found = at && read(at.value);
      return found?.state === 'asking' && found.by === by ? at : null;
    };
    const renew = async () => {
      const at = await ours();
      if (at) await this.state.compareAndSet(place(key), at.version, asking, { ttlMs: this.waits.leaseMs });
    };
    const timer = setInterval(() => void renew().catch(() => undefined), this.waits.leaseMs / 3).unref();
    return {
      answered: async ({ answer, facts }) => {
        clearInterval(timer);
        // Also where the lease was lost meanwhile: an answer is an answer.
        await this.state.set(place(key), JSON.stringify({ schema: 1, state: 'answered', answer, facts } satisfies Shelved), { ttlMs: this.keepMs });
      },
      release: async () => {
        clearInterval(timer);
        if (await ours()) await this.state.delete(place(key));
      },
    };
  }
}

function place(key: string): string {
  return `insight-answer/${key}`;
}

/** null: of another version, or damaged; it is written over. */
function read(value: string): Shelved | null {
  try {
    const shelved = JSON.parse(value) as Shelved | null;
    return shelved?.schema === 1 ? shelved : null;
  } catch {
    return null;
  }
}
