import { expect, it } from 'vitest';
import { beginning, sentence, withoutCredentials } from './words.ts';

it.each([
  [
    "HTTP code 200 from API, headers {'Authorization': 'Bearer sk-proj-abcdef0123456789', 'Set-Cookie': '__cf_bm=abc.def; path=/'}",
    ['sk-proj', 'abcdef0123456789', '__cf_bm', 'abc.def'],
  ],
  ['Incorrect API key provided: sk-abcdefghijklmnop. You can find it', ['sk-abcdefghijklmnop']],
  ['{"error":{"message":"x-api-key: 8d7f6a5b4c3d2e1f rejected"}}', ['8d7f6a5b4c3d2e1f']],
  ['{"headers":{"cookie":"sid=hunter2; theme=dark","api-key":"hunter2"}}', ['hunter2']],
  ['{\\"authorization\\":\\"Token hunter2hunter2\\"}', ['hunter2']],
  ['Basic dXNlcjpodW50ZXIy failed', ['dXNlcjpodW50ZXIy']],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl was refused', ['eyJhbGciOiJIUzI1NiJ9', 'c2lnbmF0dXJl']],
  ['client_secret=hunter2hunter2&grant_type=client_credentials', ['hunter2']],
])('credentials of others do not stay in what is kept: %s', (text, secrets) => {
  for (const secret of secrets) {
    expect(text).toContain(secret);
    expect(withoutCredentials(text)).not.toContain(secret);
  }
});

it('what is no credential stays', () => {
  const text = '{"findings":[{"title":"401 of POST /token","what_changed":"header authorization appeared, tokens: 3 of 4"}]}';
  expect(withoutCredentials(text)).toBe(text);
});

it('a sentence is one line of at most 300 characters without markup', () => {
  expect(sentence('a\r\nb\u001b[31m <img src=x onerror=alert(1)> `c`')).toBe('a b[31m img src=x onerror=alert(1) c');
  expect(Array.from(sentence('x'.repeat(1_000))).length).toBe(300);
});

it('a beginning ends where a character ends', () => {
  expect(beginning('aäb', 2)).toBe('a');
  expect(beginning('aäb', 3)).toBe('aä');
  expect(beginning('a😀', 4)).toBe('a');
  expect(beginning('abc', 3)).toBe('abc');
});
