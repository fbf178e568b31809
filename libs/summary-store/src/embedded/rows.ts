/** Rows of the tables of closed segments, and what the parts of the adapter share about them. */
import type { Closed, ClosedHead, Resolution } from '../port.ts';

export interface HeadRow {
  resolution: Resolution;
  start: number;
  subject: string;
  revision: number;
  holds: string;
  missing: string;
  closed_at: number;
}

/** A file cannot be rolled back below a running process, so one lease is enough. */
export const LEASE = 'embedded';

export const headColumns = 'resolution, start, subject, revision, holds, missing, closed_at';

export function toHead(row: HeadRow): ClosedHead {
  return {
    resolution: row.resolution,
    start: row.start,
    subject: row.subject,
    revision: row.revision,
    holds: JSON.parse(row.holds) as Closed['holds'],
    missing: JSON.parse(row.missing) as number[],
    closedAt: row.closed_at,
  };
}
