import { figureLabel, figureText } from '../alerts/figures.ts';
import { formatCount } from '../format/numbers.ts';
import { formatInstant } from '../format/times.ts';
import { visible } from './text.ts';

export interface EvidenceFigure {
  name: string;
  label: string;
  text: string;
  /** of the time it is compared with; null: nothing is said of it */
  before: string | null;
}

const BEFORE = /^before_/;
/** A count that was too long for a number of the input: `1.2e8`. */
const LARGE = /^\d(?:\.\d+)?e\d{1,2}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

const LABELS: Readonly<Record<string, string>> = {
  error_pct: 'Failed',
  client_error_pct: 'Client errors',
  exchanges_per_s: 'Rate',
  coverage_pct: 'Read',
  lost_exchanges: 'Lost',
};

/** Words of a fixed set. */
const WORDS = new Set(['kind', 'change', 'error_type', 'severity']);

/** What the label says already, and what says that there is nothing to say. */
const IN_LABEL = new Set(['name', 'method', 'route', 'status']);
const isSaid = (name: string, value: number | string): boolean => IN_LABEL.has(name) || (name === 'change' && value === 'none');

function valueText(name: string, value: number | string): string {
  const bare = name.replace(BEFORE, '');
  if (typeof value === 'number') return figureText(bare, value);
  if (LARGE.test(value)) return formatCount(Number(value));
  if (INSTANT.test(value)) return formatInstant(Date.parse(value));
  return visible(WORDS.has(bare) ? value.replaceAll('_', ' ') : value);
}

/** The figures of an evidence in their order; one of before stands beside its own. */
export function evidenceFigures(figures: Readonly<Record<string, number | string>>): EvidenceFigure[] {
  return Object.entries(figures).flatMap(([name, value]): EvidenceFigure[] => {
    const bare = name.replace(BEFORE, '');
    if (isSaid(name, value) || (bare !== name && figures[bare] !== undefined)) return [];
    const before = bare === name ? figures[`before_${name}`] : undefined;
    const label = LABELS[bare] ?? visible(figureLabel(bare));
    return [{ name, label: bare === name ? label : `${label} before`, text: valueText(name, value), before: before === undefined ? null : valueText(name, before) }];
  });
}

/** `Failed 34 %, was 0.1 % · Rate 12/s`: in a line. */
export function figuresLine(figures: Readonly<Record<string, number | string>>): string {
  return evidenceFigures(figures)
    .map((f) => `${f.label}\u00a0${f.text}${f.before === null ? '' : `, was\u00a0${f.before}`}`)
    .join(' · ');
}
