import type { Cumulative, Rows } from './cumulative.ts';
import { SeriesError } from './port.ts';
import { keyOf } from './slots.ts';

const VERSION = 1;

/** `[labels, sums in the base, what the total has beyond them]`: the latter is short, a minute's worth. */
type Stored = [string[], number[], number[]];

/** JSON for the state store. */
export function encodeSeries(s: Cumulative): string {
  const rows: Stored[] = [...s.total].map(([key, { labels, values }]) => {
    const base = s.base.get(key)?.values ?? values.map(() => 0);
    return [labels, trim(base), trim(values.map((n, i) => n - (base[i] ?? 0)))];
  });
  const { subject, startMs, untilMs, endMs, late } = s;
  return JSON.stringify({ version: VERSION, subject, startMs, untilMs, endMs, late, hours: [...s.hours], rows });
}

/** @throws SeriesError */
export function decodeSeries(subject: string, text: string): Cumulative {
  const fail = (detail: string): never => {
    throw new SeriesError('corrupt', { subject, detail });
  };
  let found: Partial<Cumulative> & { version?: unknown; rows?: Stored[] };
  try {
    found = JSON.parse(text) as typeof found;
  } catch {
    return fail('not JSON');
  }
  if (typeof found !== 'object' || found === null) return fail('not an object');
  if (typeof found.version !== 'number') return fail('no version');
  if (found.version > VERSION) throw new SeriesError('newer_version', { subject, found: found.version, known: VERSION });
  const { startMs, untilMs, endMs, late, hours, rows } = found;
  const times = [startMs, untilMs, endMs].every((t) => Number.isSafeInteger(t));
  if (!times || !Array.isArray(late) || !Array.isArray(hours) || !Array.isArray(rows) || found.subject !== subject) return fail('a part is missing');
  const base: Rows = new Map();
  const total: Rows = new Map();
  for (const [labels, inBase, more] of rows) {
    if (![labels, inBase, more].every(Array.isArray)) fail('a row is missing a part');
    const values = Array.from({ length: Math.max(inBase.length, more.length) }, (_, i) => (inBase[i] ?? 0) + (more[i] ?? 0));
    if (values.some((n) => !Number.isFinite(n))) fail('a sum is not a number');
    const key = keyOf(labels);
    if (inBase.some((n) => n > 0)) base.set(key, { labels, values: values.map((_, i) => inBase[i] ?? 0) });
    total.set(key, { labels, values });
  }
  return { subject, startMs: startMs!, untilMs: untilMs!, endMs: endMs!, base, total, late, hours: new Map(hours as [number, number[]][]) };
}

/** Without the zeros at the end. */
function trim(values: readonly number[]): number[] {
  let n = values.length;
  while (n > 0 && values[n - 1] === 0) n--;
  return values.slice(0, n);
}
