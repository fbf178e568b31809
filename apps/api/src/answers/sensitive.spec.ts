import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isSensitive, SENSITIVE_NAMES, SENSITIVE_STEMS, SENSITIVE_WORDS } from './sensitive.ts';

test.each([
  ['kWords', SENSITIVE_WORDS],
  ['kStems', SENSITIVE_STEMS],
  ['kNames', SENSITIVE_NAMES],
])('%s: those by which the capture knows credentials', (table, ours) => {
  const source = readFileSync(new URL('../../../../libs/capture/core/secrets.cc', import.meta.url), 'utf8');
  const text = new RegExp(`${table}\\[\\] = \\{([^}]+)\\}`).exec(source)?.[1] ?? '';
  const words = Array.from(text.matchAll(/"([^"]+)"/g), (m) => m[1] as string);
  expect(words.length).toBeGreaterThan(10);
  expect([...ours].sort()).toEqual(words.sort());
});

test.each([
  ['authorization', true],
  ['proxy-authorization', true],
  ['set-cookie', true],
  ['x-api-key', true],
  ['x-csrf-token', true],
  ['sec-websocket-key', true],
  ['content-type', false],
  ['x-accesstoken', true],
  ['x-remote-user', true],
  ['x-ratelimit-reset', false],
  ['x-used-tokens', false],
  ['x-keyboard', false],
  ['user-agent', false],
  ['{other}', false],
])('%s: %s', (name, expected) => expect(isSensitive(name)).toBe(expected));
