import { createRequire } from 'node:module';
import type { ErrorObject } from 'ajv';

export type Check = (value: unknown) => readonly ErrorObject[];

/** Compiled with its first use: the validator takes about 16 MB, which who makes no insights need not have. */
export function checkOf(schema: object): Check {
  let compiled: Check | undefined;
  return (value) => {
    if (!compiled) {
      const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
      // An answer comes from outside: the first error is enough, all of a large one would cost.
      const validate = new Ajv2020({ allErrors: false, verbose: true, strictTypes: false }).compile(schema);
      compiled = (v) => (validate(v) ? [] : (validate.errors ?? []));
    }
    return compiled(value);
  };
}

/** `findings[0].severity`; empty: the document itself. */
export function placeOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((s) => (/^\d+$/.test(s) ? `[${s}]` : `.${s}`))
    .join('')
    .replace(/^\./, '');
}

/** What is wrong, without the value: it may be anything. */
export function wrongOf(e: ErrorObject): string {
  const p = e.params as Record<string, unknown>;
  const place = placeOf(e.instancePath);
  const at = place === '' ? 'the document' : place;
  switch (e.keyword) {
    case 'required':
      return `${at} lacks ${String(p['missingProperty'])}`;
    case 'additionalProperties':
      return `${at} has the unknown key ${named(String(p['additionalProperty']))}`;
    case 'propertyNames':
      return `${at} has the key ${named(String(p['propertyName']))}, which is not allowed`;
    case 'enum':
      return `${at} must be one of ${(p['allowedValues'] as unknown[]).join(', ')}`;
    case 'type':
      return `${at} must be of type ${String(p['type'])}`;
    case 'maxItems':
      return `${at} has more than ${String(p['limit'])} entries`;
    case 'maxLength':
      return `${at} has more than ${String(p['limit'])} characters`;
    case 'minLength':
    case 'minItems':
      return `${at} is empty`;
    default:
      return `${at} ${e.message ?? e.keyword}`;
  }
}

function named(key: string): string {
  return /^\w{1,40}$/.test(key) ? key : '(not a plain word)';
}
