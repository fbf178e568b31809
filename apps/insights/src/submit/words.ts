import { createHash } from 'node:crypto';
import { plainText } from '@headwater/insight-rules';

const MOST_CHARACTERS = 300;
const CREDENTIALS: readonly [RegExp, string][] = [
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}/g, '{redacted}'],
  [/\b(?:sk|pk|rk|ghp|gho|xox[abp]|glpat)[-_][\w-]{12,}/g, '{redacted}'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 {redacted}'],
  // `'Set-Cookie': 'a=b; c=d'`, `x-api-key: abc`, `{\"authorization\":\"Token abc\"}`: to the end of the quoted or unquoted value
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|[\w-]*api[-_]?key|[\w-]*(?:secret|password|passwd|access[-_]token|auth[-_]token))(\\?["']?\s*[:=]\s*)(?:(\\?["'])[^"'\\]*\3|[^\s"',;&}\\][^\r\n"'}\\]*)/gi,
    '$1$2$3{redacted}$3',
  ],
];

/** Credentials of others, which gateways put into what they answer, by their shapes. */
export function withoutCredentials(text: string): string {
  return CREDENTIALS.reduce((at, [shape, instead]) => at.replace(shape, instead), text);
}

/** One line for people: nothing unseen, no markup, no credentials, at most 300 characters. */
export function sentence(text: string): string {
  return plainText(withoutCredentials(text).replace(/[<>`]/g, ''), MOST_CHARACTERS);
}

/** The first bytes of a text, at a character's end. */
export function beginning(text: string, bytes: number): string {
  const all = Buffer.from(text);
  if (all.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && (all[end]! & 0xc0) === 0x80) end--;
  return all.subarray(0, end).toString();
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
