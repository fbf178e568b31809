import type { Row, WindowRows } from './port.ts';
import { keyOf, type Slots } from './slots.ts';

const HOUR_MS = 3_600_000;
/** So long late data is looked for and counted, ms. */
export const LATE_LOOK_MS = 24 * HOUR_MS;

export type Rows = Map<string, Row>;

/**
 * Totals of one subject. `base` holds the windows of [startMs, untilMs) as they were when they were ten minutes old, once; `total` is the
 * base and the windows of [untilMs, endMs) as they were last read. Each state is made from the one before it and windows that
 * were read after it, so totals only grow, whoever makes them.
 */
export interface Cumulative {
  subject: string;
  startMs: number;
  untilMs: number;
  endMs: number;
  base: Rows;
  total: Rows;
  /** exchanges that came too late for the base (as server, as client) */
  late: number[];
  /** start of an hour -> exchanges of it that are in the base or in `late`; the last day */
  hours: Map<number, number[]>;
}

export interface Step {
  /** all windows of [before.untilMs, endMs) that the store has now */
  windows: readonly WindowRows[];
  /** windows that start before it go into the base */
  horizonMs: number;
  endMs: number;
  slots: (labels: Iterable<readonly string[]>) => Slots;
}

/** The next state, or null while there is nothing to count. `before` must have been read before the windows were. */
export function advance(subject: string, before: Cumulative | null, step: Step): Cumulative | null {
  const windows = [...step.windows].sort((a, b) => a.startMs - b.startMs);
  const [first] = windows;
  if (!before && !first) return null;
  // Late data may be older than what came first, up to the horizon.
  const startMs = before?.startMs ?? Math.min(step.horizonMs, first?.startMs ?? step.horizonMs);
  const labels = [...(before?.total.values() ?? [])].map((row) => row.labels);
  const slots = step.slots(labels);
  const untilMs = Math.max(before?.untilMs ?? step.horizonMs, step.horizonMs);
  const base = copy(before?.base);
  const hours = new Map([...(before?.hours ?? [])].filter(([hour]) => hour >= untilMs - LATE_LOOK_MS - HOUR_MS));
  const old = windows.filter((w) => w.startMs < untilMs);
  for (const w of old) {
    addRows(base, w.rows, slots);
    if (w.counted.length === 0) continue;
    const hour = hourOf(w.startMs);
    hours.set(hour, plus(hours.get(hour), w.counted));
  }
  const total = copy(base);
  for (const w of windows) if (w.startMs >= untilMs) addRows(total, w.rows, slots);
  if (before) settle(before.total, total, slots);
  return { subject, startMs, untilMs, endMs: Math.max(before?.endMs ?? 0, step.endMs), base, total, late: before?.late ?? [0, 0], hours };
}

export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

/** Counts what the store holds of [.., untilMs) beyond the base: `found` by hour. The same object when there is nothing more. */
export function countLate(state: Cumulative, found: ReadonlyMap<number, readonly number[]>): Cumulative {
  const late = [...state.late];
  const hours = new Map(state.hours);
  for (const [hour, now] of found) {
    const known = hours.get(hour) ?? [];
    const more = now.map((n, i) => Math.max(0, n - (known[i] ?? 0)));
    if (more.every((n) => n === 0)) continue;
    more.forEach((n, i) => (late[i] = (late[i] ?? 0) + n));
    hours.set(hour, plus(known, more));
  }
  return late.some((n, i) => n !== state.late[i]) ? { ...state, late, hours } : state;
}

function plus(a: readonly number[] | undefined, b: readonly number[]): number[] {
  return b.map((n, i) => n + (a?.[i] ?? 0));
}

function copy(rows: Rows | undefined): Rows {
  return new Map([...(rows ?? [])].map(([key, { labels, values }]) => [key, { labels, values: [...values] }]));
}

function addRows(into: Rows, rows: readonly Row[], slots: Slots): void {
  for (const row of rows) addTo(into, slots.place(row.labels), row.values);
}

function addTo(into: Rows, labels: readonly string[], values: readonly number[]): void {
  const key = keyOf(labels);
  const row = into.get(key);
  if (!row) into.set(key, { labels: [...labels], values: [...values] });
  else values.forEach((n, i) => (row.values[i] = (row.values[i] ?? 0) + n));
}

/**
 * A window over its own budget of patterns moves small ones into its `{other}` when late data makes others larger. What a series
 * would lose by that stays with it and is taken from `{other}`, which got it: each only grows and their sum is exact. A series that
 * falls although nothing moved was rolled back with the store; it starts again from there.
 */
function settle(before: Rows, now: Rows, slots: Slots): void {
  for (const [key, { labels, values }] of before) {
    const row = now.get(key) ?? { labels: [...labels], values: values.map(() => 0) };
    const missing = values.map((n, i) => Math.max(0, n - (row.values[i] ?? 0)));
    if (missing.every((n) => n === 0)) continue;
    const otherKey = keyOf(slots.overflow(labels));
    const other = now.get(otherKey);
    const had = before.get(otherKey)?.values;
    now.set(key, row);
    if (!other || otherKey === key || missing.some((n, i) => n > 0 && (other.values[i] ?? 0) - (had?.[i] ?? 0) < n)) continue;
    missing.forEach((n, i) => {
      row.values[i] = (row.values[i] ?? 0) + n;
      if (n > 0) other.values[i]! -= n;
    });
  }
}
