import { iso, type TimeRange } from '../query/time.ts';
import type { Quality } from './quality.ts';

export interface Envelope<T> {
  /** `step` in seconds */
  range: { start: string; end: string; step: number };
  data: T[];
  quality: Quality;
  next_cursor?: string;
}

export interface Answer<T> {
  etag: string;
  envelope: Envelope<T>;
}

export function rangeOut(range: TimeRange): Envelope<never>['range'] {
  return { start: iso(range.start), end: iso(range.end), step: range.stepMs / 1_000 };
}
