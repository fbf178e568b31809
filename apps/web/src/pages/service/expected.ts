import type { RowOf } from '../../api/client.ts';
import { formatRate } from '../../format/numbers.ts';
import { formatLength } from '../../format/times.ts';

type Row = Pick<RowOf<'/v1/services'>, 'expected' | 'deviation'>;

/** What is usual for the range, exchanges a second. */
export interface Expected {
  low: number;
  median: number;
  high: number;
  /** by how many standard deviations the range is off; null: not known */
  deviation: number | null;
  basis: NonNullable<NonNullable<Row['expected']>['basis']>;
  hours: number;
}

export function expectedOf(row: Row | undefined): Expected | null {
  const e = row?.expected;
  if (e === null || e === undefined) return null;
  return { low: e.low_per_s, median: e.median_per_s, high: e.high_per_s, deviation: row?.deviation ?? null, basis: e.basis, hours: e.hours };
}

const BASES: Readonly<Record<Expected['basis'], string>> = {
  last_24_hours: 'the hours of the day before',
  same_hours_of_7_days: 'the same hours of the 7 days before',
  last_60_minutes: 'the 60 minutes before',
};

/** From here on it is unusual, standard deviations. */
const UNUSUAL = 3;

/** `usual`, `above usual`, `below usual` */
export function deviationText({ deviation }: Expected): string {
  if (deviation === null) return '–';
  if (Math.abs(deviation) < UNUSUAL) return 'usual';
  return deviation > 0 ? 'above' : 'below';
}

export function basisText({ median, low, high, basis, hours, deviation }: Expected): string {
  const off = deviation === null ? '' : `, the range is off by ${Math.abs(deviation).toFixed(1)} standard deviations`;
  return `Usual are ${formatRate(median)}, from ${formatRate(low)} to ${formatRate(high)}, by ${BASES[basis]} (${formatLength(hours * 3_600)} watched)${off}`;
}
