import type { Alert } from '@headwater/alert-rules';
import type { Aliases, InsightInput, InsightSubject } from '@headwater/insight-rules';

export interface Question {
  subject: InsightSubject;
  /** whole minutes, ms since the Unix epoch, half-open */
  window: { startMs: number; endMs: number };
  /** open ones it is about */
  alerts: readonly Alert[];
}

/** What the aggregates say to a question; rejects with StoreError or StateStoreError while a store is away. */
export interface FactsReader {
  read(question: Question, signal: AbortSignal): Promise<{ input: InsightInput; aliases: Aliases; comparedWith: { startMs: number; endMs: number } | null; complete: boolean }>;
}
