/**
 * What Wealthsimple's llm-gateway replaces in everything that goes through it: `llm_gateway/pii_scrubber.py` of
 * github.com/wealthsimple/llm-gateway (Apache-2.0), commits 0c5508cde3092e44f2236b53f8039c098968708d and
 * cf496b59aee098b6338bf710604c626a9fa63421; the second has `date`, so both are kept to. Only that something is found matters here, so what
 * is optional at an end is left out, and `email` is wider than theirs. Theirs count the digits of all scripts; ours are for ASCII, which
 * everything is that is written.
 *
 * `[ -.]` is a range from space to full stop, in theirs, too: quotes, percent signs, commas and brackets part digits of one card.
 */
export const SCRUBBER_RULES = {
  /** ten digits, also inside a longer run */
  phone: /\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}/,
  card: /\b(?:\d[ -.]*?){13,16}\b/,
  email: /[a-z0-9!#$%&'*+/=?^_`{|}~"-]@[a-z0-9[]/,
  /** letter, digit, letter, digit, letter, digit */
  postal: /\b[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d\b/,
  date: /\b(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})\b/,
  sin: /\b(?:\d[ -.]*?){9}\b/,
} as const;

export type ScrubberRule = keyof typeof SCRUBBER_RULES;

const ASCII = /^[\t\n\r\x20-\x7e]*$/;

/** The rules that would change the text. */
export function damagedBy(text: string): ScrubberRule[] {
  return (Object.keys(SCRUBBER_RULES) as ScrubberRule[]).filter((rule) => SCRUBBER_RULES[rule].test(text));
}

/** Whether a text comes through that gateway to the byte; what is not ASCII is never said to. */
export function survives(text: string): boolean {
  return ASCII.test(text) && damagedBy(text).length === 0;
}
