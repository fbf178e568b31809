/** Text of gateways made fit for people, logs and records. They put upstream bodies, headers and keys into theirs. */

const LONGEST = 300;

/** What looks like a credential, whoever's it is. */
const CREDENTIALS: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+(?=[\w.~+/=-]*\d|[\w.~+/=-]{16})[\w.~+/=-]{4,}/gi, '$1 {redacted}'],
  [/\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api[-_]?key|x-goog-api-key|x-amz-security-token)(['"]?\s*[:=]\s*['"]?)[^\s'",;]+/gi, '$1$2{redacted}'],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, '{redacted}'],
  [/\b(?:sk|pk|rk|gsk|key|xox[a-z])-[\w*-]{6,}/gi, '{redacted}'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '{redacted}'],
  [/[\w+/-]{40,}={0,2}/g, '{redacted}'],
];

/** One line, at most 300 characters, without markup, control characters, credentials and dumps of objects or headers. */
export function scrubbed(text: string): string {
  // Bodies and headers follow a message as JSON or as a Python dict: nothing behind the first of them is for people.
  const dump = text.search(/[{[]\s*(?:['"]|$)/);
  let line = dump > 0 ? text.slice(0, dump) : dump === 0 ? '' : text;
  line = line
    .slice(0, 4_000)
    .replace(/<!--.*?-->|<[^>]*>?/gs, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .replace(/[<>]/g, ' ');
  for (const [what, mark] of CREDENTIALS) line = line.replace(what, mark);
  return cut(line.replace(/\s+/g, ' ').trim(), LONGEST);
}

export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const short = text.slice(0, most - 3);
  // Not half of a surrogate pair.
  return `${/[\ud800-\udbff]$/.test(short) ? short.slice(0, -1) : short}...`;
}

/** Shorter ones, and short numbers, are no secrets and would be found in any text. */
const NO_SECRET = /^(.{0,5}|\d{0,15})$/s;

/** The connection's own secrets, taken out of whatever echoes them. */
export class Blotter {
  readonly #secrets: string[];

  constructor(secrets: Iterable<string>) {
    const all = new Set<string>();
    for (const secret of secrets) if (!NO_SECRET.test(secret)) for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) all.add(form);
    // The longer ones first: one may hold another.
    this.#secrets = [...all].sort((a, b) => b.length - a.length);
  }

  blot(text: string): string {
    return this.#secrets.reduce((t, secret) => t.replaceAll(secret, '{redacted}'), text);
  }
}
