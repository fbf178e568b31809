import type { PartitionRange } from '@headwater/event-bus';

export type Begin =
  | { kind: 'go on'; offset: number }
  /** nothing was folded of this log: begin at its first record */
  | { kind: 'begin'; offset: number }
  /** the bus deleted records before they were read */
  | { kind: 'lost'; offset: number }
  /** the stored place is behind the end of this log: it is another or a truncated one */
  | { kind: 'start over'; offset: number };

/** Where a fold goes on whose next offset the store knows, in a log that holds `range`. */
export function beginning(stored: number | null, range: PartitionRange): Begin {
  if (stored === null) return { kind: 'begin', offset: range.earliest };
  if (stored > range.next) return { kind: 'start over', offset: range.earliest };
  if (stored < range.earliest) return { kind: 'lost', offset: range.earliest };
  return { kind: 'go on', offset: stored };
}

export type Fit = { kind: 'fits'; skip: number } | { kind: 'elsewhere' };

/** Whether a batch whose records have these offsets holds the next one to fold, and how many come before it. */
export function fit(offsets: { first: number; last: number }, next: number): Fit {
  if (offsets.first > next || offsets.last < next) return { kind: 'elsewhere' };
  return { kind: 'fits', skip: next - offsets.first };
}
