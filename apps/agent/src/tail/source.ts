import type { BatchAccount, EventColumns } from '@headwater/header-event';

/** One batch of one agent, wherever it comes from. */
export interface TailBatch {
  /** host id of the agent */
  host: string;
  /** the agent's incarnation and the batch's number; null from a capture of our own */
  sequence: { agent: string; seq: number } | null;
  columns: EventColumns;
  account: BatchAccount;
}

/** Gives batches until `stop` or until it has no more. */
export interface TailSource {
  /** what it reads, for a line to a person when it has begun */
  readonly title: string;
  /** whether it can wait while the output is slow: a log can, a running capture cannot */
  readonly patient: boolean;
  /**
   * Resolves when there is no more, or after `stop` was aborted and the rest was given. `onReading` is called once
   * everything that happens from then on is given.
   * @throws Error that says what is missing, in words for a person
   */
  run(onBatch: (batch: TailBatch) => void | Promise<void>, stop: AbortSignal, onReading: () => void): Promise<void>;
}
