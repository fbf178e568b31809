import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PolicyError } from './errors.ts';
import { MAX_POLICY_BYTES, readPolicy } from './read.ts';
import { POLICY_SCHEMA, schemaErrors } from './schema.ts';

const HEAD = 'schema: 1\nid: shop\nversion: 3\n';

function refusal(text: string | Uint8Array): PolicyError {
  try {
    readPolicy(text, 'p.yaml');
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error(`taken: ${String(text).slice(0, 200)}`);
}

describe('readPolicy', () => {
  it('takes the examples, YAML and JSON', () => {
    const dir = new URL('../examples/', import.meta.url);
    for (const file of readdirSync(dir)) expect(readPolicy(readFileSync(new URL(file, dir)), file)).toMatchObject({ schema: 1 });
    for (const example of (POLICY_SCHEMA as unknown as { examples: unknown[] }).examples) expect(readPolicy(JSON.stringify(example, null, '\t'), 'example')).toEqual(example);
  });

  it('describes every key of the format', () => {
    const undescribed: string[] = [];
    const walk = (node: typeof POLICY_SCHEMA, path: string): void => {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        if (!child.description) undescribed.push(`${path}.${key}`);
        walk(child, `${path}.${key}`);
      }
      if (node.items) walk(node.items, `${path}[]`);
      node.anyOf?.forEach((n) => walk(n, path));
    };
    walk(POLICY_SCHEMA, '');
    expect(undescribed).toEqual([]);
    expect(schemaErrors({ schema: 1, id: 'a', version: 1 })).toEqual([]);
  });

  it.each([
    ['querry_names: true', 'p.yaml:4:1: querry_names: is unknown; did you mean query_names?'],
    ['queryNames: true', 'did you mean query_names?'],
    ['colour: red', 'p.yaml:4:1: colour: is unknown here; known: schema, id, version, path'],
    ['__proto__: {}', 'p.yaml:4:1: __proto__: is unknown here'],
    ['path: templates', 'p.yaml:4:7: path: is "templates": must be one of template, keep; did you mean template?'],
    ['query_names: "yes"', 'p.yaml:4:14: query_names: must be true or false, and is "yes"'],
    ['headers:\n  - header: x-a\n    acton: keep', 'p.yaml:6:5: headers[0].acton: is unknown; did you mean action?'],
    ['headers:\n  - header: x-a', 'p.yaml:5:5: headers[0]: action is missing: one of keep, mask, hash, presence, drop'],
    ['headers:\n  - header: "x-a:"\n    action: keep', 'headers[0].header: is "x-a:": must be a field name, in which * and ? stand for others; no colon, no blank'],
    ['headers: x-a', 'headers: must be a list: [x-a]'],
    ['filters:\n  - match: { method: GET }\n    log: all', 'p.yaml:5:22: filters[0].match.method: must be a list: [GET]'],
    ['filters:\n  - match: { method: [get] }\n    log: all', 'filters[0].match.method[0]: is "get": methods are compared in their very case; write GET'],
    ['filters:\n  - match: { status: [4x] }\n    log: all', 'filters[0].match.status[0]: is "4x": must be a status from 100 to 999, a class from 1xx to 5xx, or 0 for no response'],
    ['filters:\n  - log: some', 'filters[0].log: is "some": must be all, none, or { one_in: N }'],
    ['filters:\n  - log: 10', 'filters[0].log: is 10: must be all, none, or { one_in: N }'],
    ['filters:\n  - log: { onein: 10 }', 'filters[0].log.onein: is unknown; did you mean one_in?'],
    ['filters:\n  - log: { one_in: 0 }', 'filters[0].log.one_in: is 0: must be from 1 to 1000000'],
    ['filters:\n  - match: { port: [0] }\n    log: none', 'filters[0].match.port[0]: is 0: must be from 1 to 65535'],
    ['filters:\n  - match: { host: "" }\n    log: none', 'filters[0].match.host: is empty'],
    ['keep_slower_than_ms: -1', 'keep_slower_than_ms: is -1: must be from 0 to 86400000'],
    ['headers:\n  - { header: X-A, action: keep }\n  - { header: x-a, action: drop }', 'p.yaml:6:5: headers[1]: is never reached: headers[0] asks for the same'],
    ['headers:\n  - { header: "*", action: keep }\n  - { header: x-a, action: drop }', 'headers[1]: is never reached: headers[0] matches everything; put it last'],
    ['filters:\n  - log: all\n  - match: { port: [1] }\n    log: none', 'filters[1]: is never reached: filters[0] matches everything'],
    ['id: other', 'p.yaml:4:1: id: is given twice; leave one out'],
  ])('refuses %j', (more, message) => {
    expect(refusal(`${HEAD}${more}\n`).message).toContain(message);
  });

  it('says everything that is wrong at once, in the order of the text', () => {
    const error = refusal('schema: 2\nid: "a b"\nversion: "3"\nheaders:\n  - header: x\n    action: kep\nfilters: [{ log: none, macth: {} }]\n');
    expect(error.code).toBe('HW_POLICY_FIELD');
    expect(error.message.split('\n')).toEqual([
      'p.yaml:1:9: schema: is 2: must be 1, the only version of this format',
      'p.yaml:2:5: id: is "a b": must be 1 to 64 letters, digits, dots, dashes or underscores',
      'p.yaml:3:10: version: must be a whole number: write it without quotes, 3',
      'p.yaml:6:13: headers[0].action: is "kep": must be one of keep, mask, hash, presence, drop; did you mean keep?',
      'p.yaml:7:24: filters[0].macth: is unknown; did you mean match?',
    ]);
    expect(error.problems).toHaveLength(5);
    expect(refusal(`headers: [${'{header: 1},'.repeat(300)}]`).message.split('\n')).toHaveLength(21);
  });

  it.each([
    ['a: &x [1]\nb: *x\n', '&x names a part for later'],
    ['a: &a [z]\nb: &b [*a, *a]\nc: [*b, *b]\n', '*b refers to another place: write it out'],
    ['a: !!binary aGk=\n', 'binary has no meaning here'],
    ['schema: 1\n---\nschema: 1\n', 'p.yaml:'],
    ['schema: [1\n', 'p.yaml:'],
    ['{"schema": 1,, "id": "a"}', 'p.yaml:1:'],
  ])('refuses %j as text', (text, message) => {
    const error = refusal(text);
    expect(error.code).toMatch('HW_POLICY_SYNTAX');
    expect(error.message).toContain(message);
  });

  it('refuses what is no document, not UTF-8, too large or too deep, and soon', () => {
    for (const text of ['', '# nothing\n', 'null', '[]', 'shop', '3']) expect(refusal(text).message).toContain('is no policy');
    expect(refusal(Buffer.from([0x61, 0x3a, 0xff])).message).toContain('is not UTF-8');
    expect(refusal(`# ${'x'.repeat(MAX_POLICY_BYTES)}`).code).toBe('HW_POLICY_SIZE');
    for (const deep of ['[', '{a: ', '- ', '? ']) expect(refusal(deep.repeat(6_000)).message).toContain('nested too deeply');
    for (const bomb of ['"', 'a:\n', '&a ', '*a ', '!t ', '[]']) expect(refusal(bomb.repeat(3_000)).message.split('\n').length).toBeLessThan(22);
    const many = Array.from({ length: 10_000 }, (_, i) => `${i}:`).join('\n');
    expect(refusal(many).message).toContain('and 80 more');
    // All of this takes about a second; what grows with the square of the size would take minutes, which the runner's limit ends.
  });
});
