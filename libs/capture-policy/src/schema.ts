import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ErrorObject } from 'ajv';

/** As much of JSON Schema as the format uses. */
export interface SchemaNode {
  description?: string;
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  properties?: Readonly<Record<string, SchemaNode>>;
  items?: SchemaNode;
  anyOf?: readonly SchemaNode[];
}

/** capture-policy.v1.schema.json; src/ and dist/ both lie one level below it. */
export const POLICY_SCHEMA = JSON.parse(readFileSync(new URL('../capture-policy.v1.schema.json', import.meta.url), 'utf8')) as SchemaNode;

let compiled: ((value: unknown) => readonly ErrorObject[]) | undefined;

/** Everything that the schema has against the value; nothing for a policy document. */
export function schemaErrors(value: unknown): readonly ErrorObject[] {
  if (!compiled) {
    // Loaded with the first document: the validator takes about 16 MB, which an agent without a policy need not have.
    const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
    const validate = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false }).compile(POLICY_SCHEMA);
    compiled = (v) => (validate(v) ? [] : (validate.errors ?? []));
  }
  return compiled(value);
}
