import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isSensitive, SENSITIVE_WORDS } from './sensitive.ts';

test('the words are those by which the capture knows credentials', () => {
  const source = readFileSync(new URL('../../../../libs/capture/core/secrets.cc', import.meta.url), 'utf8');
  const table = /kWords\[\] = \{([^}]+)\}/.exec(source)?.[1] ?? '';
  const words = Array.from(table.matchAll(/"([^"]+)"/g), (m) => m[1] as string);
  expect(words.length).toBeGreaterThan(20);
  expect([...SENSITIVE_WORDS].sort()).toEqual(words.sort());
});

test.each([
  ['authorization', true],
  ['proxy-authorization', true],
  ['set-cookie', true],
  ['x-api-key', true],
  ['x-csrf-token', true],
  ['sec-websocket-key', true],
  ['content-type', false],
  ['x-keyboard', false],
  ['user-agent', false],
  ['{other}', false],
])('%s: %s', (name, expected) => expect(isSensitive(name)).toBe(expected));
