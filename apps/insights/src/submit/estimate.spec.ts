import { expect, it } from 'vitest';
import { microUsd, tokensAtMost } from './estimate.ts';

/** Counted with the vocabularies cl100k_base and o200k_base of OpenAI (gpt-tokenizer 4.0.0): the larger of the two. */
const COUNTED: readonly [string, number][] = [
  ['{"p99_ms":812.331,"statuses":"200:10482; 404:312; 500:12","exchanges":10482,"error_pct":12.5}', 39],
  ['You are the analyst of Headwater, a system that observes the HTTP traffic of a fleet of services by its headers alone.', 25],
];

it('what is set aside for a body is more than its tokens, in figures too', () => {
  for (const [text, tokens] of COUNTED) expect(tokensAtMost(text)).toBeGreaterThan(tokens);
  expect(tokensAtMost('ä')).toBe(1);
});

it('money is counted in millionths of a dollar, rounded up', () => {
  const prices = { cents_per_million_input: 250, cents_per_million_output: 1_000 };
  expect(microUsd({ input: 1_000_000, output: 1_000_000 }, prices)).toBe(12_500_000);
  expect(microUsd({ input: 1, output: 0 }, prices)).toBe(3);
  expect(microUsd({ input: 0, output: 0 }, prices)).toBe(0);
});
