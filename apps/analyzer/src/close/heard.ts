import type { UnitStatus } from '@headwater/summary-store';

/** Clocks of two owners of one partition differ by less. */
const CLOCKS_MS = 1_000;

/**
 * When owners were heard, also of a store that is put back: then the times of all are old, those who live look silent, and windows
 * would be closed without them. Such a time counts as that at which it was seen to go back: whoever lives is heard again before it is silence.
 */
export class Heard {
  private readonly told = new Map<number, number>();
  private readonly back = new Map<number, number>();

  /** `units` as the store has them now; answers them with `at` as above. */
  look(units: readonly UnitStatus[], nowMs: number): UnitStatus[] {
    return units.map((unit) => {
      const { partition, at } = unit;
      if (at < (this.told.get(partition) ?? 0) - CLOCKS_MS) this.back.set(partition, nowMs);
      this.told.set(partition, at);
      return { ...unit, at: Math.max(at, this.back.get(partition) ?? 0) };
    });
  }
}
