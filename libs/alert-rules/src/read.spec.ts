import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_RULES, DEFAULTS } from './built-in.ts';
import { RulesError } from './errors.ts';
import { MAX_RULES_BYTES, readRules, writeRules } from './read.ts';
import { RULES_SCHEMA } from './schema.ts';

function refusal(text: string | Uint8Array): RulesError {
  try {
    readRules(text, 'r.yaml');
  } catch (error) {
    if (error instanceof RulesError) return error;
    throw error;
  }
  throw new Error(`taken: ${String(text).slice(0, 200)}`);
}
const rule = (more: string) => `schema: 1\nrules:\n  - id: a\n    kind: error_burn\n${more}`;

describe('readRules', () => {
  it('takes the built-in rules as YAML and JSON, and fills in what a rule does not say', () => {
    expect(readRules(writeRules(BUILT_IN_RULES), 'r.yaml')).toEqual(BUILT_IN_RULES);
    expect(readRules(JSON.stringify({ schema: 1, rules: BUILT_IN_RULES }), 'r.json')).toEqual(BUILT_IN_RULES);
    expect(readRules('schema: 1\nrules: []\n', 'r.yaml')).toEqual([]);
    for (const kind of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[])
      expect(readRules(`schema: 1\nrules: [{ id: a, kind: ${kind} }]`, 'r.yaml')).toEqual([{ id: 'a', ...DEFAULTS[kind] }]);
    for (const example of (RULES_SCHEMA as { examples: unknown[] }).examples) expect(readRules(JSON.stringify(example), 'example')).toHaveLength(2);
  });

  it('the schema says the same defaults as the code, and describes every key', () => {
    const { $defs } = RULES_SCHEMA as { $defs: Record<string, { properties: Record<string, { default?: unknown; const?: unknown; description?: string }> }> };
    expect(Object.keys($defs)).toEqual(Object.keys(DEFAULTS));
    for (const [kind, { properties }] of Object.entries($defs)) {
      expect(Object.fromEntries(Object.entries(properties).flatMap(([k, v]) => (k === 'id' ? [] : [[k, v.default ?? v.const]])))).toEqual(DEFAULTS[kind as keyof typeof DEFAULTS]);
      for (const [key, { description }] of Object.entries(properties)) expect(description, `${kind}.${key}`).toMatch(/\.$/);
    }
  });

  it.each([
    ['    objectiv: 99', 'r.yaml:5:5: rules[0].objectiv: is unknown; did you mean objective?'],
    ['    min_ratio: 1', 'r.yaml:5:5: rules[0].min_ratio: is unknown here; known: id, kind'],
    ['    objective: 0.999', 'r.yaml:5:16: rules[0].objective: is 0.999: must be from 50 to 99.9999'],
    ['    objective: "99"', 'rules[0].objective: must be a number: write it without quotes, 99'],
    ['    severity: paeg', 'rules[0].severity: is "paeg": must be one of page, ticket, info; did you mean page?'],
    ['    subjects: shop', 'rules[0].subjects: must be a list: ["shop"]'],
    ['    enabled: "yes"', 'rules[0].enabled: must be true or false, and is "yes"'],
    ['    windows: []', 'rules[0].windows: is empty'],
    ['    windows: [{ long_minutes: 5, short_minutes: 60, burn_rate: 1 }]', 'r.yaml:5:49: rules[0].windows[0].short_minutes: is 60: must be at most long_minutes, 5'],
    ['    windows: [{ long_minutes: 5, short_minutes: 5 }]', 'rules[0].windows[0]: burn_rate is missing'],
    ['  - id: a\n    kind: agent_silent', 'r.yaml:5:9: rules[1].id: is "a", as that of rules[0]: ids are unique'],
    ['  - id: A b\n    kind: agent_silent', 'rules[1].id: is "A b": must be 1 to 64 small letters, digits and dashes'],
    [
      '  - id: b\n    kind: agent-silent',
      'r.yaml:6:11: rules[1].kind: is "agent-silent": must be one of error_burn, latency_burn, new_failing_route, agent_silent, capture_incomplete; did you mean agent_silent?',
    ],
    ['  - id: b', 'r.yaml:5:5: rules[1]: kind is missing: one of error_burn'],
    ['  - b', 'r.yaml:5:5: rules[1]: must be a group of keys, and is "b"'],
    ['    id: b', 'r.yaml:5:5: id: is given twice; leave one out'],
    ['extra: 1', 'r.yaml:5:1: extra: is unknown here; known: schema, rules'],
  ])('refuses %j', (more, message) => {
    expect(refusal(rule(`${more}\n`)).message).toContain(message);
  });

  it('says everything that is wrong at once, in the order of the text, and names no other kind', () => {
    const error = refusal('schema: 2\nrules:\n  - id: x\n    kind: agent_silent\n    after_seconds: 1\n    expire_hours: 0\n');
    expect(error.message.split('\n')).toEqual([
      'r.yaml:1:9: schema: is 2: must be 1, the only version of this format',
      'r.yaml:5:20: rules[0].after_seconds: is 1: must be from 15 to 86400',
      'r.yaml:6:19: rules[0].expire_hours: is 0: must be from 1 to 720',
    ]);
    expect(error).toMatchObject({ code: 'HW_RULES_FIELD', problems: [{ line: 1 }, { line: 5 }, { line: 6 }] });
  });

  it('refuses what is no document, no text, or too large', () => {
    for (const text of ['', 'null', '[]', 'rules']) expect(refusal(text).message).toContain('is no document of rules');
    expect(refusal(Buffer.from([0x61, 0x3a, 0xff])).message).toContain('is not UTF-8');
    expect(refusal('schema: [1\n').code).toBe('HW_RULES_SYNTAX');
    expect(refusal(`# ${'x'.repeat(MAX_RULES_BYTES)}`).code).toBe('HW_RULES_SIZE');
    for (const deep of ['[', '{a: ', '- ']) expect(refusal(deep.repeat(6_000)).code).toBe('HW_RULES_SYNTAX');
    expect(refusal('a: &a [z]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n').code).toMatch('HW_RULES');
  });
});

it('a hostile text takes time in proportion to its size', () => {
  const keys = (n: number) => `{${Array.from({ length: n }, (_, i) => `"${i.toString(36)}":1`).join(',')}}`;
  const cpu = (text: string) => {
    const before = process.cpuUsage();
    expect(refusal(text).message).toContain('is unknown here');
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  cpu(keys(2_000));
  // Sixteen times as many keys; what compares each with each takes 256 times as long.
  expect(cpu(keys(24_000)) / cpu(keys(1_500))).toBeLessThan(100);
});

it('the schema is what the package offers', () => {
  expect(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).toMatchObject({
    exports: { './alert-rules.v1.schema.json': './alert-rules.v1.schema.json' },
  });
});
