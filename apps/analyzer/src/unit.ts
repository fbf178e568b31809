import type { UnitFold } from './aggregate/unit-fold.ts';

/** Thrown to a batch whose partition is busy or not ours: the bus gives it again after a pause. */
export class NotNow extends Error {
  override name = 'NotNow';
}

/** One assigned partition: its memory, and the lock under which batches, flushes and reloads take turns. */
export class Unit {
  readonly topic: string;
  readonly partition: number;
  /** null: dropped; to be claimed again before anything is folded */
  fold: UnitFold | null = null;
  /** the life of the topic that the memory belongs to */
  incarnation: string | null = null;
  /** no claim before this instant: another owner is taking over, ms */
  pausedUntil = 0;
  /** when it was last seen that nothing of the log is unread, ms */
  caughtUpMs = 0;
  committedMs = 0;
  /** batches in a row that began at `first` although `next` was asked for */
  ahead: { first: number; next: number; times: number } | null = null;
  lastRangeCheckMs = 0;
  private readonly gone = new AbortController();
  private tail: Promise<unknown> = Promise.resolve();

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Ends all waiting of this unit. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  leave(): void {
    this.gone.abort();
  }

  /** Runs `work` alone. With `waitMs`, gives up waiting for its turn (NotNow); work that has begun is never cut. */
  exclusively<T>(work: () => Promise<T>, waitMs?: number): Promise<T> {
    let given = false;
    let timer: NodeJS.Timeout | undefined;
    const turn = this.tail.then(() => {
      clearTimeout(timer);
      if (given) throw new NotNow(`${this.topic}/${this.partition} waits for the store`);
      return work();
    });
    this.tail = turn.catch(() => undefined);
    if (waitMs === undefined) return turn;
    return new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => {
        given = true;
        reject(new NotNow(`${this.topic}/${this.partition} waits for the store`));
      }, waitMs);
      turn.then(resolve, reject);
    });
  }
}
