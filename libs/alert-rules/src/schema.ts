import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ErrorObject } from 'ajv';

/** alert-rules.v1.schema.json; src/ and dist/ both lie one level below it. */
export const RULES_SCHEMA = JSON.parse(readFileSync(new URL('../alert-rules.v1.schema.json', import.meta.url), 'utf8')) as object;

let compiled: ((value: unknown) => readonly ErrorObject[]) | undefined;

/** Everything that the schema has against the value; nothing for a document of rules. */
export function schemaErrors(value: unknown): readonly ErrorObject[] {
  if (!compiled) {
    // Loaded with the first document: the validator takes about 16 MB, which who has only the built-in rules need not have.
    const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
    const validate = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false, discriminator: true }).compile(RULES_SCHEMA);
    compiled = (v) => (validate(v) ? [] : (validate.errors ?? []));
  }
  return compiled(value);
}
