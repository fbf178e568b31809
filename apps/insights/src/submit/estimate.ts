/**
 * Bytes of one token at least, over a whole body: JSON of short keys and figures takes 2.6 in today's vocabularies of OpenAI, prose 4 to 5,
 * and vocabularies that split numbers into digits somewhat fewer. Three would be too many to be a bound.
 */
const BYTES_PER_TOKEN = 2;

/** How many tokens a body takes at most, near enough that the real number can be settled afterwards. */
export function tokensAtMost(body: string): number {
  return Math.ceil(Buffer.byteLength(body) / BYTES_PER_TOKEN);
}

/** US cents for a million tokens. */
export interface Prices {
  cents_per_million_input: number;
  cents_per_million_output: number;
}

/** Millionths of a dollar, rounded up: a cent for a million tokens is a hundredth of that for one. */
export function microUsd(tokens: { input: number; output: number }, prices: Prices): number {
  return Math.ceil((tokens.input * prices.cents_per_million_input + tokens.output * prices.cents_per_million_output) / 100);
}
