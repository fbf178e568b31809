import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleOf, ruleText, subjectsText, type Rule, type RuleRow } from './rule-words.ts';
import { spanOf } from './timeline.ts';
import { changed, changesText, fieldsOf, parseChanges, problemsOf, typed } from './try.ts';
import { ruleYaml } from './yaml.ts';

const common: Pick<Rule, 'severity' | 'enabled' | 'subjects' | 'resolve_after_minutes'> = { severity: 'page', enabled: true, subjects: [], resolve_after_minutes: 5 };
const windows = [
  { long_minutes: 60, short_minutes: 5, burn_rate: 14.4 },
  { long_minutes: 360, short_minutes: 30, burn_rate: 6 },
];
const RULES: Rule[] = [
  { id: 'errors', kind: 'error_burn', ...common, objective: 99.9, windows, min_exchanges: 30, min_failures: 10 },
  { id: 'slow', kind: 'latency_burn', ...common, objective: 95, metric: 'ttfb', threshold_ms: 1_000, windows, min_exchanges: 100 },
  { id: 'route', kind: 'new_failing_route', ...common, quiet_hours: 24, min_failures: 10, min_ratio: 0.05, within_minutes: 10, client_errors: false },
  { id: 'silent', kind: 'agent_silent', ...common, after_seconds: 60, expire_hours: 24 },
  { id: 'lossy', kind: 'capture_incomplete', ...common, subjects: ['web-*'], max_lost_ratio: 0.01, min_coverage: 0.9, within_minutes: 10, min_started: 1_000 },
];
const [ERRORS] = RULES as [Rule];

/** The document's own bounds: what is tried here must be what a file may say. */
interface Bound {
  minimum: number;
  maximum: number;
}
const [schema] = Object.values(import.meta.glob<string>('../../../../../libs/alert-rules/alert-rules.v1.schema.json', { query: '?raw', import: 'default', eager: true })).map(
  (text) => JSON.parse(text) as { $defs: Record<string, { properties: Record<string, Bound & { items: { properties: Record<string, Bound> } }> }> },
);

describe('figures of a rule that can be tried', () => {
  it('have the bounds of the rules document', () => {
    for (const rule of RULES)
      for (const { path, min, max } of fieldsOf(rule)) {
        const properties = schema?.$defs[rule.kind]?.properties;
        const bound = path.startsWith('windows.') ? properties?.['windows']?.items.properties['burn_rate'] : properties?.[path];
        const unit = /ratio|coverage/.test(path) ? 100 : 1;
        expect([rule.kind, path, min, max]).toEqual([rule.kind, path, (bound?.minimum ?? NaN) * unit, (bound?.maximum ?? NaN) * unit]);
      }
  });
  it('stand in the URL only where they differ, and are read back', () => {
    for (const rule of RULES) {
      const same = Object.fromEntries(fieldsOf(rule).map((f) => [f.path, typed(rule, f.path)]));
      expect([changesText(rule, same), changed(rule, same)]).toEqual(['', rule]);
    }
    const text = changesText(ERRORS, { objective: '99.5', 'windows.1.burn_rate': ' 10 ', min_failures: '10' });
    expect(text).toBe('objective=99.5,windows.1.burn_rate=10');
    expect(changed(ERRORS, parseChanges(ERRORS, `${text},enabled=0,x`))).toEqual({ ...ERRORS, objective: 99.5, windows: [windows[0], { ...windows[1], burn_rate: 10 }] });
  });
  it('are typed as percent where the rule has a share', () => {
    const lossy = RULES[4] as Rule;
    expect(typed(lossy, 'max_lost_ratio')).toBe('1');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (n) => {
        const share = String(n / 100);
        expect(typed(changed(lossy, { max_lost_ratio: share }), 'max_lost_ratio')).toBe(share);
      }),
    );
  });
  it('say what is wrong with one', () => {
    expect(problemsOf(ERRORS, { objective: '101', min_exchanges: '1.5', min_failures: 'many', 'windows.0.burn_rate': '' })).toEqual({
      objective: 'Objective is a number from 50 to 99.9999',
      min_exchanges: 'Fewest exchanges is a whole number',
      min_failures: 'Fewest failures is a number from 1 to 1000000000',
      'windows.0.burn_rate': expect.stringContaining('Burn rate over'),
    });
  });
});

describe('a rule in words', () => {
  const plain = (rule: Rule) => ruleText(rule).replaceAll('\u00a0', ' ');
  it('has its figures', () => {
    expect(plain(ERRORS)).toBe(
      'More than 0.1 % of exchanges are answered 5xx or break, 14.4× over 1 h and 5 min, or 6× over 6 h and 30 min what that allows; at least 30 exchanges and 10 failures.',
    );
    for (const rule of RULES) expect(plain(rule)).not.toMatch(/undefined|NaN|–/);
  });
  it('and whom it is for', () => expect(RULES.map(subjectsText)).toEqual(['all services', 'all services', 'all services', 'all hosts', 'web-*']));
  it('is the row without what is said of its alerts', () => expect(ruleOf({ ...ERRORS, open: 1, fired_last_day: 2, would_have_fired: null } as RuleRow)).toEqual(ERRORS));
});

describe('a rule as YAML', () => {
  it('is an entry of the rules’ file', () =>
    expect(ruleYaml({ ...ERRORS, subjects: ['shop-*', 'yes'] })).toBe(
      [
        '  - id: errors',
        '    kind: error_burn',
        '    severity: page',
        '    enabled: true',
        '    subjects:',
        '      - "shop-*"',
        '      - "yes"',
        '    resolve_after_minutes: 5',
        '    objective: 99.9',
        '    windows:',
        '      - { long_minutes: 60, short_minutes: 5, burn_rate: 14.4 }',
        '      - { long_minutes: 360, short_minutes: 30, burn_rate: 6 }',
        '    min_exchanges: 30',
        '    min_failures: 10',
      ].join('\n'),
    ));
});

describe('the time line', () => {
  const range = { start: 1_000, end: 2_000 };
  it('is clipped to the range', () =>
    expect([spanOf(1_250, 1_500, range), spanOf(0, 1_500, range), spanOf(1_900, 9_000, range), spanOf(0, 500, range)]).toEqual([
      { left: 0.25, width: 0.25 },
      { left: 0, width: 0.5 },
      { left: 0.9, width: expect.closeTo(0.1) },
      { left: 0, width: 0 },
    ]));
});
