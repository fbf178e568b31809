/**
 * The time range of all pages as it stands in the URL: `from` and `to` are `now`, `now-15m`, RFC 3339 or unix
 * seconds, exactly what the API takes, so a relative range is handed on as it is.
 */
export interface Range {
  from: string;
  to: string;
}

export const DEFAULT_RANGE: Range = { from: 'now-1h', to: 'now' };

export interface Preset {
  from: string;
  label: string;
  /** for readers and titles */
  long: string;
}

export const PRESETS: readonly Preset[] = [
  { from: 'now-15m', label: '15 min', long: 'Last 15 minutes' },
  { from: 'now-1h', label: '1 h', long: 'Last hour' },
  { from: 'now-6h', label: '6 h', long: 'Last 6 hours' },
  { from: 'now-24h', label: '24 h', long: 'Last 24 hours' },
  { from: 'now-7d', label: '7 d', long: 'Last 7 days' },
];

/** The API's windows; a range shorter than one shows nothing. ms */
const WINDOW_MS = 10_000;
const SHORTEST_MS = 60_000;
export const LONGEST_MS = 90 * 86_400_000;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const RELATIVE = /^now(?:([+-])(\d{1,9})([smhd]))?$/;
const LOCAL = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?$/i;
const UNIX = /^\d{9,13}$/;

/** ms since the epoch, or null when it is no time. A date without zone is local, as people type it. */
export function parseInstant(text: string, now: number): number | null {
  const value = text.trim();
  const relative = RELATIVE.exec(value);
  if (relative) {
    const [, sign, amount, unit] = relative;
    if (sign === undefined) return now;
    return now + (sign === '-' ? -1 : 1) * Number(amount) * (UNITS[unit ?? ''] ?? 0);
  }
  if (UNIX.test(value)) return Number(value) > 1e11 ? Number(value) : Number(value) * 1000;
  if (!LOCAL.test(value)) return null;
  const ms = Date.parse(value.replace(' ', 'T'));
  return Number.isNaN(ms) ? null : ms;
}

/** Ends at now, so it moves on. */
export function isMoving(range: Range): boolean {
  return RELATIVE.test(range.to);
}

/** From and to in ms; null when one is no time or they are the wrong way round. */
export function resolveRange(range: Range, now: number): { start: number; end: number } | null {
  const start = parseInstant(range.from, now);
  const end = parseInstant(range.to, now);
  return start === null || end === null || start >= end ? null : { start, end };
}

/** What is wrong with a range somebody typed, as a sentence; null when nothing is. */
export function rangeProblem(range: Range, now: number): { field: 'from' | 'to'; text: string } | null {
  const how = 'use now, now-90m, or a date as 2026-11-22 10:00';
  const start = parseInstant(range.from, now);
  if (start === null) return { field: 'from', text: `“${range.from}” is no time; ${how}` };
  const end = parseInstant(range.to, now);
  if (end === null) return { field: 'to', text: `“${range.to}” is no time; ${how}` };
  if (start >= end) return { field: 'from', text: 'From must be before to' };
  if (end - start > LONGEST_MS) return { field: 'from', text: 'At most 90 days can be asked at once' };
  return null;
}

/** An instant as it goes into the URL: RFC 3339 in UTC without a fraction. */
export function instantText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** What somebody typed, as it goes into the URL: relative stays relative, a local date becomes an instant. */
export function normalised(text: string, now: number): string {
  const value = text.trim();
  if (RELATIVE.test(value)) return value;
  const ms = parseInstant(value, now);
  return ms === null ? value : instantText(ms);
}

/** The range a brush has selected: whole windows, at least a minute. ms */
export function zoomTo(fromMs: number, toMs: number): Range {
  let start = Math.floor(Math.min(fromMs, toMs) / WINDOW_MS) * WINDOW_MS;
  let end = Math.ceil(Math.max(fromMs, toMs) / WINDOW_MS) * WINDOW_MS;
  if (end - start < SHORTEST_MS) {
    const middle = Math.round((start + end) / 2 / WINDOW_MS) * WINDOW_MS;
    start = middle - SHORTEST_MS / 2;
    end = start + SHORTEST_MS;
  }
  return { from: instantText(start), to: instantText(end) };
}

/** Twice as long around the same middle; it never reaches past now, and ends at now where it would. */
export function zoomOut(range: Range, now: number): Range {
  const resolved = resolveRange(range, now);
  if (resolved === null) return DEFAULT_RANGE;
  const length = Math.min((resolved.end - resolved.start) * 2, LONGEST_MS);
  const end = resolved.end + (length - (resolved.end - resolved.start)) / 2;
  if (end >= now) return { from: `now-${Math.round(length / 1000)}s`, to: 'now' };
  return zoomTo(end - length, end);
}

/** The whole range moved by its own length, backwards (-1) or forwards (1). */
export function shift(range: Range, by: -1 | 1, now: number): Range {
  const resolved = resolveRange(range, now);
  if (resolved === null) return DEFAULT_RANGE;
  const length = resolved.end - resolved.start;
  const end = resolved.end + by * length;
  return end >= now ? { from: `now-${Math.round(length / 1000)}s`, to: 'now' } : zoomTo(end - length, end);
}
