import { describe, expect, it } from 'vitest';
import { ANSWER_SCHEMA, readAnswer } from './answer-schema.ts';
import type { AnswerFinding } from './answer.ts';

const finding: AnswerFinding = {
  title: 'POST /checkout fails',
  severity: 'page',
  what_changed: '503 on 12 % of exchanges, 0.1 % before',
  likely_cause: '',
  check_next: ['the newest release'],
  confidence: 'high',
  evidence: ['ep_1'],
};
const json = JSON.stringify({ findings: [finding] });
const problemOf = (text: string) => (readAnswer(text) as { problem: string }).problem;

/** Keywords that OpenAI's strict mode knows, of those that we use. */
const STRICT = new Set(['type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'description']);

it('every object of the schema requires all it has and nothing beside, with no keyword that strict mode refuses', () => {
  const objects: string[][] = [];
  const walk = (schema: object): void => {
    const s = schema as { type: string; properties?: Record<string, object>; required?: string[]; additionalProperties?: boolean; items?: object };
    expect(Object.keys(s).filter((k) => !STRICT.has(k))).toEqual([]);
    if (s.type === 'object') {
      expect([s.additionalProperties, s.required?.toSorted()]).toEqual([false, Object.keys(s.properties!).toSorted()]);
      objects.push(s.required!);
    }
    for (const inner of [...Object.values(s.properties ?? {}), ...(s.items ? [s.items] : [])]) walk(inner);
  };
  walk(ANSWER_SCHEMA);
  expect(objects).toHaveLength(2);
  expect(objects[1]!.toSorted()).toEqual(Object.keys(finding).toSorted());
});

describe('an answer is found', () => {
  it.each([
    ['alone', json],
    ['in a fenced block', `Here is what I found:\n\n\`\`\`json\n${json}\n\`\`\`\nI hope it helps {really}.`],
    ['in a block without a language, behind one that is not JSON', `\`\`\`sh\ncurl {x}\n\`\`\`\n\`\`\`\n${json}\n\`\`\``],
    ['between words with stray braces', `The set {a, b} matters. ${json} That is all } of it.`],
    ['with a brace in a string', JSON.stringify({ findings: [{ ...finding, title: 'a } in { it "' }] })],
    ['behind a byte order mark', `\uFEFF${json}`],
  ])('%s', (_, text) => expect(readAnswer(text)).toHaveProperty('answer.findings.0.severity', 'page'));

  it('with nothing in it', () => expect(readAnswer('{"findings":[]}')).toEqual({ answer: { findings: [] } }));
});

describe('what is wrong is one short sentence with nothing of the answer in it', () => {
  const changed = (more: object) => JSON.stringify({ findings: [{ ...finding, ...more }] });
  it.each([
    ['', 'The answer holds no JSON object: answer with the JSON object alone.'],
    ['I cannot help with that.', 'The answer holds no JSON object: answer with the JSON object alone.'],
    ['[1,2]', 'The answer holds no JSON object: answer with the JSON object alone.'],
    [json.slice(0, -3), 'The answer holds no JSON object: answer with the JSON object alone.'],
    ['{"finding":[]}', 'The JSON does not fit the schema: the document lacks findings.'],
    [changed({ severity: 'SECRET-critical' }), 'The JSON does not fit the schema: findings[0].severity must be one of page, ticket, info.'],
    [changed({ evidence: 'ep_1' }), 'The JSON does not fit the schema: findings[0].evidence must be of type array.'],
    [changed({ '<b>SECRET</b>': 1 }), 'The JSON does not fit the schema: findings[0] has the unknown key (not a plain word).'],
    [changed({ title: '' }), 'The JSON does not fit the schema: findings[0].title is empty.'],
    [changed({ what_changed: 'x'.repeat(2401) }), 'The JSON does not fit the schema: findings[0].what_changed has more than 2400 characters.'],
    [JSON.stringify({ findings: Array.from({ length: 33 }, () => finding) }), 'The JSON does not fit the schema: findings has more than 32 entries.'],
  ])('%s', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
    expect(problemOf(text)).not.toContain('SECRET');
  });

  it('of megabytes of braces, quotes and nesting, soon', () => {
    const began = performance.now();
    for (const unit of ['{', '{"', '[', '```', '{}', '"{']) expect(problemOf(unit.repeat(1_000_000))).toBeTypeOf('string');
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});
