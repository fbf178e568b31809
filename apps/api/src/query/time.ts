import type { Resolution } from '@headwater/summary-store';
import { invalidParameter } from '../http/problem.ts';

/** Windows are this long; every range and step is made of them. ms */
export const WINDOW_MS = 10_000;
const HOUR_MS = 3_600_000;
/** Prometheus' limit of points in one answer. */
export const MAX_POINTS = 11_000;
const MINUTE_MS = 60_000;
export const DAY_MS = 24 * HOUR_MS;
export const MAX_RANGE_MS = 90 * DAY_MS;
/** How long the analyzer keeps 10 s windows and minutes, ms; hours it keeps for longer than any range. */
export interface Kept {
  windowsMs: number;
  minutesMs: number;
}

/** What the analyzer's own settings say where nothing is set. */
export const KEPT_BY_DEFAULT: Kept = { windowsMs: DAY_MS, minutesMs: 7 * DAY_MS };

/** Half-open, ms since the epoch, both multiples of `stepMs`. */
export interface TimeRange {
  start: number;
  end: number;
  stepMs: number;
}

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };
const RELATIVE = /^now(?:([+-])(\d{1,9})([smhd]))?$/;
const NUMBER = /^\d{1,13}(?:\.\d{1,9})?$/;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** RFC 3339, unix seconds (ms above 10^11), `now`, `now-1h`. Answers ms since the epoch. */
export function parseInstant(parameter: string, value: string, now: number): number {
  // A "+" of an offset that was not percent-encoded arrives as a space (or, for "now+5m" likewise).
  const given = value.replace(/ (?=\d)/, '+');
  const relative = RELATIVE.exec(given);
  if (relative) {
    const [, sign, amount, unit] = relative;
    if (sign === undefined) return now;
    return now + (sign === '-' ? -1 : 1) * Number(amount) * (UNITS[unit as string] as number);
  }
  if (NUMBER.test(given)) {
    const n = Number(given);
    return n > 1e11 ? n : n * 1_000;
  }
  const parsed = RFC3339.test(given) ? Date.parse(given.toUpperCase()) : Number.NaN;
  if (Number.isNaN(parsed))
    throw invalidParameter(parameter, `"${value}" is no time; use RFC 3339 (2026-11-22T10:00:00Z), unix seconds (1795341600) or now, now-15m, now-1h, now-1d`);
  return parsed;
}

/** `10s`, `1m`, `2h`, or seconds. Answers ms. */
export function parseStep(value: string): number {
  const match = /^(\d{1,7})([smhd]?)$/.exec(value);
  const ms = match === null ? Number.NaN : Number(match[1]) * (UNITS[match[2] || 's'] as number);
  if (!(ms > 0) || ms % WINDOW_MS !== 0) throw invalidParameter('step', `"${value}" is no step; use a multiple of ${WINDOW_MS / 1000} seconds, such as 10s, 1m or 60`);
  return ms;
}

const NICE_STEPS = [10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400].map((s) => s * 1_000);
const DEFAULT_POINTS = 360;

/** The finest step for which there is data at `start`: what is older is kept in minutes, then in hours. */
export function leastStep(start: number, now: number, kept = KEPT_BY_DEFAULT): number {
  const age = now - start;
  return age > kept.minutesMs ? HOUR_MS : age > kept.windowsMs ? MINUTE_MS : WINDOW_MS;
}

/** The smallest usual step that gives at most 360 points and is not finer than `least`. */
export function defaultStep(rangeMs: number, least = WINDOW_MS): number {
  return NICE_STEPS.find((s) => s >= least && rangeMs / s <= DEFAULT_POINTS) ?? (NICE_STEPS.at(-1) as number);
}

/** The coarsest windows whose edges are edges of every step, so that none of them belongs to two points. */
export function coarsestOf(stepMs: number): Resolution {
  return stepMs % HOUR_MS === 0 ? '1h' : stepMs % MINUTE_MS === 0 ? '1m' : '10s';
}

/** The same length earlier by `ms`, widened to whole minutes or hours where nothing finer is kept of then. */
export function earlier({ start, end }: Pick<TimeRange, 'start' | 'end'>, ms: number, now: number, kept = KEPT_BY_DEFAULT): { start: number; end: number } {
  const least = leastStep(start - ms, now, kept);
  return { start: Math.floor((start - ms) / least) * least, end: Math.ceil((end - ms) / least) * least };
}

export interface RangeQuery {
  start?: string | undefined;
  end?: string | undefined;
  step?: string | undefined;
}

/** Last hour by default; start floored and end ceiled to the step, half-open. */
export function resolveRange(query: RangeQuery, now: number, defaultMs = HOUR_MS, kept = KEPT_BY_DEFAULT): TimeRange {
  const end = parseInstant('end', query.end ?? 'now', now);
  const start = query.start === undefined ? end - defaultMs : parseInstant('start', query.start, now);
  if (start >= end) throw invalidParameter(query.start === undefined ? 'end' : 'start', `start (${iso(start)}) must be before end (${iso(end)})`);
  if (start < 0) throw invalidParameter('start', 'must not be before 1970');
  if (end - start > MAX_RANGE_MS) throw invalidParameter('start', `the range is longer than ${MAX_RANGE_MS / 86_400_000} days; ask for less`);
  const least = leastStep(start, now, kept);
  const stepMs = query.step === undefined ? defaultStep(end - start, least) : parseStep(query.step);
  if (stepMs < least)
    throw invalidParameter(
      'step',
      `${stepMs / 1_000} s is too fine for ${iso(start)}: what is that old is kept in ${least === HOUR_MS ? 'hours' : 'minutes'}; take ${least === HOUR_MS ? '1h' : '1m'} or more`,
    );
  const range = { start: Math.floor(start / stepMs) * stepMs, end: Math.ceil(end / stepMs) * stepMs, stepMs };
  const points = (range.end - range.start) / stepMs;
  if (points > MAX_POINTS) throw invalidParameter('step', `${points} points are more than ${MAX_POINTS}; take a longer step or a shorter range`);
  return range;
}

/** RFC 3339, UTC, without fraction where there is none. */
export function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
