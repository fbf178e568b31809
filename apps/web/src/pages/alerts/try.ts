import { formatLength } from '../../format/times.ts';
import type { Rule } from './rule-words.ts';

/** One figure of a rule that can be tried with another value. */
export interface RuleField {
  /** where it stands: `objective`, `windows.0.burn_rate`; so it is named in the URL */
  path: string;
  label: string;
  unit: string;
  hint: string;
  min: number;
  max: number;
  step: number | 'any';
}

type Bounds = Pick<RuleField, 'min' | 'max' | 'step'>;
const COUNT: Bounds = { min: 1, max: 1_000_000_000, step: 1 };
const field = (path: string, label: string, unit: string, hint: string, bounds: Bounds): RuleField => ({ path, label, unit, hint, ...bounds });

const objective = (hint: string): RuleField => field('objective', 'Objective', '%', hint, { min: 50, max: 99.9999, step: 'any' });
const minExchanges = field('min_exchanges', 'Fewest exchanges', '', 'In the short window; below that nothing fires', COUNT);
const within = field('within_minutes', 'Within', 'min', 'How far back it looks', { min: 1, max: 60, step: 1 });
const resolve = field('resolve_after_minutes', 'Over after', 'min', 'It holds until it was not true for so many minutes in a row', { min: 0, max: 1_440, step: 1 });

/** Shares are typed as percent and stand in the rule as a part of one. */
const isShare = (path: string): boolean => /(^|_)(ratio|coverage)$/.test(path);
const share = (path: string, label: string, hint: string): RuleField => field(path, label, '%', hint, { min: 0, max: 100, step: 'any' });

/** The figures of a rule, in the order somebody would change them. */
export function fieldsOf(rule: Rule): RuleField[] {
  const burns = (windows: readonly { long_minutes: number; short_minutes: number }[]): RuleField[] =>
    windows.map((w, i) =>
      field(
        `windows.${i}.burn_rate`,
        `Burn rate over ${formatLength(w.long_minutes * 60)}`,
        '×',
        `In the last ${formatLength(w.long_minutes * 60)} and the last ${formatLength(w.short_minutes * 60)}; 1 is exactly what the objective allows`,
        { min: 0.01, max: 100_000, step: 'any' },
      ),
    );
  switch (rule.kind) {
    case 'error_burn':
      return [
        objective('Share of exchanges that must neither be answered 5xx nor break'),
        ...burns(rule.windows),
        minExchanges,
        field('min_failures', 'Fewest failures', '', 'In the short window; below that nothing fires', COUNT),
        resolve,
      ];
    case 'latency_burn':
      return [
        field('threshold_ms', 'Threshold', 'ms', rule.metric === 'ttfb' ? 'Time to first byte' : 'Total time', { min: 0.001, max: 86_400_000, step: 'any' }),
        objective('Share of exchanges that must be faster than the threshold'),
        ...burns(rule.windows),
        minExchanges,
        resolve,
      ];
    case 'new_failing_route':
      return [
        field('quiet_hours', 'Quiet before', 'h', 'It failed in none of the hours before', { min: 1, max: 72, step: 1 }),
        field('min_failures', 'Fewest failures', '', 'Below that nothing fires', COUNT),
        share('min_ratio', 'Error rate', 'At least'),
        within,
        resolve,
      ];
    case 'agent_silent':
      return [
        field('after_seconds', 'Silent for', 's', 'Since its last heartbeat', { min: 15, max: 86_400, step: 1 }),
        field('expire_hours', 'Gone after', 'h', 'Then it counts as taken out of the fleet', { min: 1, max: 720, step: 1 }),
      ];
    case 'capture_incomplete':
      return [
        share('max_lost_ratio', 'Lost', 'More than'),
        share('min_coverage', 'Coverage', 'Less than'),
        within,
        field('min_started', 'Fewest messages', '', 'Below that nothing fires', COUNT),
        resolve,
      ];
  }
}

type Tree = Record<string, unknown>;

function at(rule: Rule, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (node as Tree | undefined)?.[key], rule);
}

/** As it is typed: shares in percent, without the digits of binary fractions. */
export function typed(rule: Rule, path: string): string {
  const value = at(rule, path);
  if (typeof value !== 'number') return '';
  return String(isShare(path) ? Number((value * 100).toPrecision(12)) : value);
}

/** What was typed in place of a figure, by its path. */
export type Changes = Readonly<Record<string, string>>;

/** What is wrong with what was typed, by path. */
export function problemsOf(rule: Rule, changes: Changes): Record<string, string> {
  const wrong: Record<string, string> = {};
  for (const { path, label, min, max, step } of fieldsOf(rule)) {
    const text = changes[path];
    if (text === undefined) continue;
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) wrong[path] = `${label} is a number from ${min} to ${max}`;
    else if (step === 1 && !Number.isInteger(value)) wrong[path] = `${label} is a whole number`;
  }
  return wrong;
}

/** The rule with other figures. */
export function changed(rule: Rule, changes: Changes): Rule {
  const copy = structuredClone(rule);
  for (const { path } of fieldsOf(rule)) {
    const text = changes[path];
    if (text === undefined) continue;
    const keys = path.split('.');
    const node = keys.slice(0, -1).reduce<Tree>((n, key) => n[key] as Tree, copy as unknown as Tree);
    node[keys.at(-1) ?? ''] = isShare(path) ? Number((Number(text) / 100).toPrecision(12)) : Number(text);
  }
  return copy;
}

/** Only what is not as it stands in the rule: `objective=99.5,windows.0.burn_rate=10`. */
export function changesText(rule: Rule, changes: Changes): string {
  return fieldsOf(rule)
    .flatMap(({ path }) => (changes[path] === undefined || changes[path] === typed(rule, path) ? [] : [`${path}=${changes[path].trim()}`]))
    .join(',');
}

/** Of the URL; what names no figure of the rule is left out. */
export function parseChanges(rule: Rule, text: string): Changes {
  const known = new Set(fieldsOf(rule).map((f) => f.path));
  return Object.fromEntries(
    text.split(',').flatMap((part) => {
      const cut = part.indexOf('=');
      return cut > 0 && known.has(part.slice(0, cut)) ? [[part.slice(0, cut), part.slice(cut + 1)]] : [];
    }),
  );
}
