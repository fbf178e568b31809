import type { OpenedRecord } from '@headwater/header-event';

/** The one value that the stages pass: a checked batch of one agent at its place in the log. */
export interface Arrived extends OpenedRecord {
  offset: number;
  /**
   * The bus's time of the record, never ahead of this host's clock, ms: what "now" means for a batch, so that a
   * replay judges it as the first reading did.
   */
  referenceMs: number;
}

/** What one batch did to the counts; reports and metrics are made of it. */
export interface FoldReport {
  folded: number;
  repeated: number;
  gaps: number;
  gapsFilled: number;
  clamped: number;
  /** older than every window that is kept: not folded */
  late: number;
  /** of the folded ones: too old for 10 s windows, so folded into wider ones */
  coarse: number;
}
