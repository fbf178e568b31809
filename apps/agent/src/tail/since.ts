import type { BusRecord, PartitionRange } from '@headwater/event-bus';

/** So few records are read through rather than searched. */
const NEAR = 64;

/**
 * Finds the first record of an instant in a partition by halving: the bus tells times only of records it gives.
 * Times of a log grow with its offsets, but for clocks that were set; then the search begins somewhat early or late.
 */
export class SinceSearch {
  /** where to read next */
  probe: number;
  private low: number;
  private high: number;
  private readonly sinceMs: number;

  constructor(range: PartitionRange, sinceMs: number) {
    this.low = range.earliest;
    this.high = range.next;
    this.sinceMs = sinceMs;
    this.probe = this.middle();
  }

  private middle(): number {
    return this.high - this.low <= NEAR ? this.low : this.low + Math.floor((this.high - this.low) / 2);
  }

  /** What was read at `probe`. Answers where to look next; null: what was sought begins at or after `probe`. */
  saw(records: readonly BusRecord[]): number | null {
    const first = records[0]!;
    const last = records.at(-1)!;
    if (this.probe === this.low) {
      this.probe = this.low;
      return null;
    }
    if (first.timestampMs >= this.sinceMs) this.high = Math.min(this.high, first.offset);
    else if (last.timestampMs < this.sinceMs) this.low = Math.max(this.low, last.offset + 1);
    else {
      this.probe = first.offset;
      return null;
    }
    if (this.low >= this.high) this.low = this.high;
    this.probe = this.middle();
    return this.probe;
  }
}
