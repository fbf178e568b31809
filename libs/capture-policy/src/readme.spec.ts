import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { POLICY_ERRORS } from './errors.ts';
import { readPolicy } from './read.ts';
import { POLICY_SCHEMA } from './schema.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the examples of the README are policies', () => {
  const examples = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map((m) => readPolicy(m[1]!, 'README.md'));
  expect(examples.map((d) => d.id)).toEqual(['shop', 'failures-only', 'fleet']);
  for (const [i, file] of ['shop', 'fleet-narrowing'].entries())
    expect(readPolicy(readFileSync(new URL(`../examples/${file}.yaml`, import.meta.url)), file)).toEqual(examples[i * 2]);
});

it('its tables name every key and every error as they are', () => {
  for (const key of Object.keys(POLICY_SCHEMA.properties!)) expect(readme).toMatch(new RegExp(`^\\| \`${key}(\\[\\])?\` \\|`, 'm'));
  const documented = Object.fromEntries([...readme.matchAll(/^\| `(HW_POLICY_\w+)` \| (.*) \|$/gm)].map((m) => [m[1], m[2]]));
  expect(documented).toEqual(POLICY_ERRORS);
});
