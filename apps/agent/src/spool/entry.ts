import type { AgentIdentity, BatchAccount } from '@headwater/header-event';
import type { Rows } from '../account.ts';
import type { BatchNumber } from './record.ts';
import type { Segment } from './segment.ts';

/** A batch on disk that was not acknowledged yet. */
export interface Entry {
  segment: Segment;
  /** offset of its record */
  at: number;
  /** the agent that captured it */
  agent: AgentIdentity;
  /** null until it was first handed to the bus */
  number: BatchNumber | null;
  /** whether the number is on the disk */
  numberKept: boolean;
  account: BatchAccount;
  /** where its value is; null: only the account is left to say, with no rows */
  value: { at: number; length: number; crc: number } | null;
  atMs: number;
}

/** Bytes that the value of a batch without rows takes. */
export const EMPTY_BYTES = 5_700;

export const bytesOf = (entry: Entry): number => (entry.value?.length ?? EMPTY_BYTES) + 1_000;

/** All that a record says whose account cannot be read: its rows, lost. */
export function lostRows(rows: Rows, reason: string, atMs: number): BatchAccount {
  const side = (n: number) => ({ started: n, emitted: 0, filtered: {}, lost: n > 0 ? { [reason]: n } : {}, in_flight: 0 });
  return {
    watermark_unix_ms: 0,
    since_unix_ms: atMs,
    until_unix_ms: atMs,
    request: side(rows.request),
    response: side(rows.response),
    exchanges: 0,
    unread: {},
    coverage: 1,
    source: 'live',
  };
}
