import { formatBurn, formatBytes, formatCount, formatMs, formatPercent, formatRate } from '../format/numbers.ts';
import { formatLength } from '../format/times.ts';

export interface AlertFigure {
  name: string;
  label: string;
  /** when it opened */
  opened: string;
  /** of the newest evaluation; null where it is the same or was not evaluated since */
  last: string | null;
}

/** Names end in their unit; the rest of the name is the label. */
const UNITS: readonly (readonly [suffix: RegExp, text: (value: number) => string])[] = [
  [/_?ratio$|coverage$/, formatPercent],
  [/burn_rate/, formatBurn],
  [/_ms$/, formatMs],
  [/_seconds$|(?<!_per)_s$/, formatLength],
  [/_minutes$/, (n) => formatLength(n * 60)],
  [/_hours$/, (n) => formatLength(n * 3_600)],
  [/_bytes$/, formatBytes],
  [/_per_s$/, formatRate],
  [/_percent$|_pct$|^objective$/, (n) => formatPercent(n / 100)],
];

export function figureText(name: string, value: number): string {
  return (UNITS.find(([suffix]) => suffix.test(name))?.[1] ?? formatCount)(value);
}

const LABELS: Readonly<Record<string, string>> = {
  long_burn_rate: 'Burn rate, long window',
  short_minutes: 'Short window',
  long_minutes: 'Long window',
  error_ratio: 'Error rate',
  usual_failures_per_hour: 'Usual failures an hour',
};

/** `silent_seconds` -> `Silent`, `lost_ratio` -> `Lost`, `max_burn_rate` -> `Max burn rate`. */
export function figureLabel(name: string): string {
  const known = LABELS[name];
  if (known !== undefined) return known;
  const bare = name.replace(/_(ms|seconds|s|minutes|hours|per_s|percent|pct|ratio)$/, '').replaceAll('_', ' ');
  const words = bare === 'p99' || bare === 'p95' || bare === 'p50' ? bare : `${bare.slice(0, 1).toUpperCase()}${bare.slice(1)}`;
  return name.endsWith('_per_s') ? `${words} a second` : words;
}

/** The figures of an alert in the order of the alert, each when it opened and now. */
export function alertFigures(values: Readonly<Record<string, number>>, last: Readonly<Record<string, number>>): AlertFigure[] {
  return [...new Set([...Object.keys(values), ...Object.keys(last)])].map((name) => {
    const [before, after] = [values[name], last[name]];
    const opened = before === undefined ? '–' : figureText(name, before);
    const now = after === undefined ? null : figureText(name, after);
    return { name, label: figureLabel(name), opened, last: now === opened ? null : now };
  });
}
