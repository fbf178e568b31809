import type { UnitStatus } from '@headwater/summary-store';

/** Owners write every two seconds; after this long those who live have been heard again. */
const HEARD_MS = 10_000;
/** Clocks of two owners of one partition differ by less. */
const CLOCKS_MS = 1_000;

/**
 * Whether the store was put back lately: then the times of all owners are old, those who live look silent, and windows would be
 * closed without them.
 */
export class WentBack {
  private readonly at = new Map<number, number>();
  private until = 0;

  /** `units` as they are now. */
  look(units: readonly UnitStatus[], nowMs: number): boolean {
    for (const { partition, at } of units) {
      if (at < (this.at.get(partition) ?? 0) - CLOCKS_MS) this.until = nowMs + HEARD_MS;
      this.at.set(partition, at);
    }
    return nowMs < this.until;
  }
}
