/**
 * What Wealthsimple's llm-gateway does to every text it passes on (its scrubber, snapshot of 2025-06-26), rule by rule in its order.
 * It damages telemetry and leaves secrets alone: epochs, lists of numbers, UUIDs and addresses change; `Authorization: Bearer ...` does not.
 * Differs from Python's `re` outside of ASCII digits, spaces and letters only.
 */
const RULES: readonly [RegExp, string][] = [
  // Ten digits, with an optional country code and separators; no word boundary, so also inside of longer numbers.
  [/(\+?\d{1,2}\s?)?\(?\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}/g, '[REDACTED PHONE NUMBER]'],
  // The class is a range: everything from space to full stop separates, quotes, commas and percent signs too.
  [/\b(?:\d[ -.]*?){13,16}\b/g, '[REDACTED CREDIT CARD NUMBER]'],
  [emailRule(), '[REDACTED EMAIL ADDRESS]'],
  [/\b[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d\b/g, '[REDACTED POSTAL CODE]'],
  [/\b(?:\d[ -.]*?){9}\b/g, '[REDACTED SIN NUMBER]'],
];

/** The grammar of RFC 5322 as it is often written: lower case only, the domain with a dot or an address in brackets. */
function emailRule(): RegExp {
  const atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
  const quoted = '"(?:[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x21\\x23-\\x5b\\x5d-\\x7f]|\\\\[\\x01-\\x09\\x0b\\x0c\\x0e-\\x7f])*"';
  const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
  const byte = '(?:2(?:5[0-5]|[0-4][0-9])|1[0-9][0-9]|[1-9]?[0-9])';
  const literal = `\\[(?:${byte}\\.){3}(?:${byte}|[a-z0-9-]*[a-z0-9]:(?:[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x21-\\x5a\\x53-\\x7f]|\\\\[\\x01-\\x09\\x0b\\x0c\\x0e-\\x7f])+)\\]`;
  return new RegExp(`(?:${atom}(?:\\.${atom})*|${quoted})@(?:(?:${label}\\.)+${label}|${literal})`, 'g');
}

export function scrub(text: string): string {
  return RULES.reduce((t, [rule, mark]) => t.replace(rule, mark), text);
}
