import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_WAIT_MS, retryAfterMs } from './retry-after.ts';

const NOW = Date.parse('2026-11-23T08:00:00Z');
const RUNS = Number(process.env['HW_PROPERTY_RUNS'] ?? 200);

describe('how long a gateway asked to wait', () => {
  it.each([
    ['Mon, 23 Nov 2026 08:00:30 GMT', 30_000],
    ['Monday, 23-Nov-26 08:00:30 GMT', 30_000],
    ['Mon Nov 23 08:00:30 2026', 30_000],
    ['Mon, 23 Nov 2037 08:00:30 GMT', LONGEST_WAIT_MS],
    ['2026-11-23T08:00:30Z', null],
    ['', null],
    ['-1', null],
    ['1e12', null],
    ['0x10', null],
    ['NaN', null],
    ['Infinity', null],
    ['99999999999999999999999999', LONGEST_WAIT_MS],
    ['Mon, 99 Foo 2026 08:00:30 GMT', null],
    ['0', 0],
    [' 5 ', 5_000],
  ])('%s', (value, ms) => {
    expect(retryAfterMs(new Map([['retry-after', value]]), NOW)).toBe(ms);
  });

  it('takes the first that means something', () => {
    expect(
      retryAfterMs(
        new Map([
          ['llm_provider-retry-after', '9'],
          ['llm_provider-retry-after-ms', '8500'],
        ]),
        NOW,
      ),
    ).toBe(8_500);
    expect(
      retryAfterMs(
        new Map([
          ['retry-after-ms', 'x'],
          ['retry-after', '2'],
          ['llm_provider-retry-after', '9'],
        ]),
        NOW,
      ),
    ).toBe(2_000);
  });

  it('is null or 0 to a minute, whatever is said', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('retry-after', 'retry-after-ms', 'llm_provider-retry-after'), (value, name) => {
        const ms = retryAfterMs(new Map([[name, value]]), NOW);
        expect(ms === null || (ms >= 0 && ms <= LONGEST_WAIT_MS)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
