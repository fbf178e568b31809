import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BUILT_IN_RULES, DEFAULTS } from './built-in.ts';
import { RULES_ERRORS } from './errors.ts';
import { readRules } from './read.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('its example is a document of rules, its codes are those of the errors', () => {
  const examples = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map((m) => readRules(m[1]!, 'README.md'));
  expect(examples.flat().map((r) => r.id)).toEqual(['shop-errors', 'slow-search', 'hosts']);
  expect(Object.fromEntries([...readme.matchAll(/^\| `(HW_RULES_\w+)` \| (.*) \|$/gm)].map((m) => [m[1], m[2]]))).toEqual(RULES_ERRORS);
});

it.each(Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[])('its table of %s has every key with its defaults', (kind) => {
  const section = readme.split(`### ${kind}\n`)[1]!.split(/^##/m)[0]!;
  const rows = [...section.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map((m) => [m[1], m[2]!.split('|').map((c) => c.trim())]);
  const shown = (v: unknown) =>
    Array.isArray(v)
      ? (v as { burn_rate: number; long_minutes: number; short_minutes: number }[]).map((w) => `${w.burn_rate}x over ${w.long_minutes} and ${w.short_minutes} min`).join('; ')
      : String(v);
  const rules = BUILT_IN_RULES.filter((r) => r.kind === kind);
  const expected = rules.map((rule) => Object.entries(rule).filter(([key]) => !['id', 'kind', 'enabled', 'subjects'].includes(key)));
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected[0]!.map(([key], i) => [key, expected.map((of) => shown(of[i]![1]))])));
});
