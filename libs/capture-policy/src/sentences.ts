import type { ErrorObject } from 'ajv';
import type { SchemaNode } from './schema.ts';
import { nearest } from './nearest.ts';

/** What is wrong at a place of the document. */
export interface Finding {
  path: (string | number)[];
  /** the key itself is what is wrong, not its value */
  key?: string;
  message: string;
}

const KINDS: Record<string, string> = { object: 'a group of keys', array: 'a list', string: 'a text', integer: 'a whole number', boolean: 'true or false' };

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

function sentence(e: ErrorObject): string {
  const parent = e.parentSchema as SchemaNode & { pattern?: string; minimum?: number; maximum?: number };
  const p = e.params as Record<string, unknown>;
  switch (e.keyword) {
    case 'required':
      return `${String(p['missingProperty'])} is missing${hintOf(parent.properties?.[String(p['missingProperty'])])}`;
    case 'type': {
      const kind = KINDS[String(p['type'])] ?? String(p['type']);
      if (p['type'] === 'array' && typeof e.data !== 'object') return `must be a list: [${String(e.data)}]`;
      if (p['type'] === 'string' && (typeof e.data === 'number' || typeof e.data === 'boolean')) return `must be a text: write it in quotes, "${String(e.data)}"`;
      if (p['type'] === 'integer' && typeof e.data === 'string' && /^\d+$/.test(e.data)) return `must be a whole number: write it without quotes, ${e.data}`;
      return `must be ${kind}, and is ${shown(e.data)}`;
    }
    case 'const':
      return `is ${shown(e.data)}: must be ${String(p['allowedValue'])}, the only version of this format`;
    case 'enum': {
      const allowed = (p['allowedValues'] as unknown[]).map(String);
      const meant = typeof e.data === 'string' ? nearest(e.data, allowed) : null;
      return `is ${shown(e.data)}: must be one of ${allowed.join(', ')}${meant === null ? '' : `; did you mean ${meant}?`}`;
    }
    case 'pattern':
      return `is ${shown(e.data)}: ${PATTERNS[parent.pattern ?? ''] ?? 'must have no control characters'}`;
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
    case 'anyOf':
      return `is ${shown(e.data)}: must be ${parent.description ?? 'another'}`;
    default:
      return e.message ?? e.keyword;
  }
}

const PATTERNS: Record<string, string> = {
  '^[A-Za-z0-9._-]{1,64}$': 'must be 1 to 64 letters, digits, dots, dashes or underscores',
  "^[!#$%&'*+.^_`|~0-9A-Za-z?-]+$": 'must be a field name, in which * and ? stand for others; no colon, no blank',
  "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$": 'must be a field name; no colon, no blank',
  "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$": 'must be a method, such as GET',
};

function hintOf(node: SchemaNode | undefined): string {
  if (node?.const !== undefined) return `: write ${String(node.const)}`;
  if (node?.enum) return `: one of ${node.enum.join(', ')}`;
  return node?.anyOf ? `: ${node.description ?? ''}` : '';
}

/** The validator's errors as what to write instead; alternatives (`anyOf`) are one finding, not one each. */
export function findings(errors: readonly ErrorObject[]): Finding[] {
  const isGroup = (e: ErrorObject): boolean => typeof e.data === 'object' && e.data !== null && !Array.isArray(e.data);
  const alternatives = errors.filter((e) => e.keyword === 'anyOf');
  const kept = errors.filter((e) => {
    // Of a group of keys among alternatives the errors inside say more, such as the name of an unknown key.
    if (e.keyword === 'anyOf') return !isGroup(e);
    const within = alternatives.find((a) => e.schemaPath.startsWith(`${a.schemaPath}/`) && e.instancePath.startsWith(a.instancePath));
    return !within || (isGroup(within) && (e.instancePath !== within.instancePath || e.keyword === 'additionalProperties' || e.keyword === 'required'));
  });
  return kept.map((e) => {
    const path = segments(e.instancePath);
    if (e.keyword !== 'additionalProperties') return { path, message: sentence(e) };
    const key = String((e.params as { additionalProperty: unknown }).additionalProperty);
    const known = Object.keys((e.parentSchema as SchemaNode).properties ?? {});
    const meant = nearest(key, known);
    return { path, key, message: meant === null ? `is unknown here; known: ${known.join(', ')}` : `is unknown; did you mean ${meant}?` };
  });
}
