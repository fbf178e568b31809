import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blotter, scrubbed } from './words.ts';

const RUNS = Number(process.env['HW_PROPERTY_RUNS'] ?? 200);

describe('texts of gateways', () => {
  it.each([
    ['boom', 'boom'],
    ['two\r\nlines\tand\u0000more', 'two lines and more'],
    ['<html><body onload="x()">It <b>works</b></body></html>', 'It works'],
    ['an unclosed <script src=evil', 'an unclosed'],
    ['\u202egnp.exe\u202c', 'gnp.exe'],
    ["boom {\"error\": {\"message\": \"x\"}} 500 {'Server': 'x', 'Set-Cookie': 'sid=secret'}", 'boom'],
    ['Authorization: Bearer abcdef123456', 'Authorization: {redacted} {redacted}'],
    ['set-cookie=sid-1234, x-api-key: k-99', 'set-cookie={redacted}, x-api-key: {redacted}'],
    ['Incorrect API key provided: sk-abcdefgh12345678.', 'Incorrect API key provided: {redacted}.'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln was bad', 'token {redacted} was bad'],
    ['key 3f2504e0-4f89-11d3-9a0c-0305e82c3301 unknown', 'key {redacted} unknown'],
    [`hash ${'a1'.repeat(32)}`, 'hash {redacted}'],
    ['model gpt-4o-mini-2024-07-18 is away', 'model gpt-4o-mini-2024-07-18 is away'],
  ])('%j', (text, is) => {
    expect(scrubbed(text)).toBe(is);
  });

  it('is one line of at most 300 characters, without markup and control characters, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 600 }).map((units) => String.fromCharCode(...units)),
          fc.array(fc.constantFrom('<', '>', '\n', '\u0007', '{"', 'Bearer ', 'x'.repeat(90), '\ud83d\ude00'), { maxLength: 60 }).map((p) => p.join('')),
        ),
        (text) => {
          const line = scrubbed(text);
          expect(line.length).toBeLessThanOrEqual(300);
          expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}<>]*$/u);
          expect(line.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('the own secrets', () => {
  it('are taken out wherever they are echoed, as they are, in JSON or in a form', () => {
    const secret = 'p"ss\\w0rd&more';
    const blotter = new Blotter([secret, 'Bearer p"ss\\w0rd&more']);
    const text = `${secret} ${JSON.stringify({ secret })} ${encodeURIComponent(secret)}`;
    expect(blotter.blot(text)).toBe('{redacted} {"secret":"{redacted}"} {redacted}');
  });

  it('are not looked for where they are too short to be any', () => {
    expect(new Blotter(['a', 'stub']).blot('a stub')).toBe('a stub');
  });
});
