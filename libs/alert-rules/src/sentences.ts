import type { ErrorObject } from 'ajv';
import { RULE_KINDS } from './alert.ts';

/** What is wrong at a place of the document. */
export interface Wrong {
  path: (string | number)[];
  /** the key itself is what is wrong, not its value */
  key?: string;
  message: string;
}

const KINDS: Record<string, string> = { object: 'a group of keys', array: 'a list', string: 'a text', integer: 'a whole number', number: 'a number', boolean: 'true or false' };

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'string') return value.length > 40 ? `"${value.slice(0, 40)}..."` : `"${value}"`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a group of keys' : String(value as number | boolean);
}

/** The segments of a JSON pointer; digits index lists, and no key of the format is a number. */
function segments(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((s) => (/^\d+$/.test(s) ? Number(s) : s));
}

/** The known name that this one was probably meant to be: what shares the most pairs of letters (Dice), at least two fifths of them. */
export function nearest(written: string, known: readonly string[]): string | null {
  const pairs = (s: string) => new Set(Array.from({ length: Math.max(0, s.length + 1) }, (_, i) => ` ${s.toLowerCase().replaceAll('-', '_')} `.slice(i, i + 2)));
  const mine = pairs(written.slice(0, 64));
  let best: string | null = null;
  let most = 0.4;
  for (const candidate of known) {
    const theirs = pairs(candidate);
    const like = (2 * [...mine].filter((p) => theirs.has(p)).length) / (mine.size + theirs.size);
    if (like >= most) [best, most] = [candidate, like];
  }
  return best;
}

function oneOf(data: unknown, allowed: readonly string[]): string {
  const meant = typeof data === 'string' ? nearest(data, allowed) : null;
  return `is ${shown(data)}: must be one of ${allowed.join(', ')}${meant === null ? '' : `; did you mean ${meant}?`}`;
}

function sentence(e: ErrorObject): string {
  const parent = e.parentSchema as { minimum?: number; maximum?: number };
  const p = e.params as Record<string, unknown>;
  switch (e.keyword) {
    case 'required':
      return `${String(p['missingProperty'])} is missing`;
    case 'type':
      if (p['type'] === 'array' && typeof e.data !== 'object') return `must be a list: [${shown(e.data)}]`;
      if ((p['type'] === 'integer' || p['type'] === 'number') && typeof e.data === 'string' && Number.isFinite(Number(e.data)))
        return `must be a number: write it without quotes, ${e.data}`;
      return `must be ${KINDS[String(p['type'])] ?? String(p['type'])}, and is ${shown(e.data)}`;
    case 'const':
      return `is ${shown(e.data)}: must be ${String(p['allowedValue'])}, the only version of this format`;
    case 'enum':
      return oneOf(e.data, (p['allowedValues'] as unknown[]).map(String));
    case 'pattern':
      return `is ${shown(e.data)}: must be 1 to 64 small letters, digits and dashes`;
    case 'minimum':
    case 'maximum':
      return `is ${shown(e.data)}: must be from ${parent.minimum} to ${parent.maximum}`;
    case 'minLength':
    case 'minItems':
      return 'is empty: say what it is about, or leave the key out';
    case 'maxLength':
      return `has more than ${String(p['limit'])} characters`;
    case 'maxItems':
      return `has more than ${String(p['limit'])} entries`;
    default:
      return e.message ?? e.keyword;
  }
}

/** The validator's errors as what to write instead. */
export function findings(errors: readonly ErrorObject[]): Wrong[] {
  return errors.map((e): Wrong => {
    const path = segments(e.instancePath);
    if (e.keyword === 'discriminator') {
      const value = (e.params as { tagValue?: unknown }).tagValue;
      return value === undefined ? { path, message: `kind is missing: one of ${RULE_KINDS.join(', ')}` } : { path: [...path, 'kind'], message: oneOf(value, RULE_KINDS) };
    }
    if (e.keyword !== 'additionalProperties') return { path, message: sentence(e) };
    const key = String((e.params as { additionalProperty: unknown }).additionalProperty);
    const known = Object.keys((e.parentSchema as { properties?: object }).properties ?? {});
    const meant = nearest(key, known);
    return { path, key, message: meant === null ? `is unknown here; known: ${known.join(', ')}` : `is unknown; did you mean ${meant}?` };
  });
}
