import type { UnitStatus } from '@headwater/summary-store';

export interface ClosePlan {
  /** windows that end at or before this instant may close, ms; null: none */
  before: number | null;
  /** partitions nobody speaks for; their data, if any, will come as late data */
  missing: number[];
}

/**
 * A window may close once every partition's watermark passed its end by `closeAfterMs`. A partition whose owner has
 * not committed within `silentAfterMs` is not waited for; `own` are ours, alive by definition.
 */
export function planClose(
  units: readonly UnitStatus[],
  partitions: number,
  own: ReadonlyMap<number, number>,
  nowMs: number,
  { silentAfterMs, closeAfterMs }: { silentAfterMs: number; closeAfterMs: number },
): ClosePlan {
  const known = new Map(units.map((u) => [u.partition, u]));
  const missing: number[] = [];
  let least = Infinity;
  for (let p = 0; p < partitions; p++) {
    const unit = known.get(p);
    const watermark = own.get(p) ?? (unit && unit.at >= nowMs - silentAfterMs ? unit.watermark : undefined);
    if (watermark === undefined) missing.push(p);
    else least = Math.min(least, watermark);
  }
  return { before: least === Infinity ? null : least - closeAfterMs, missing };
}
