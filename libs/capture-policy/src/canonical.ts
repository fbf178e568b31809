import type { PolicyDocument } from './document.ts';
import { POLICY_SCHEMA } from './schema.ts';
import type { SchemaNode } from './schema.ts';

function ordered(node: SchemaNode | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((v) => ordered(node?.items, v));
  if (typeof value !== 'object' || value === null || !node?.properties) return value;
  const known = Object.entries(node.properties).filter(([key]) => Object.hasOwn(value, key));
  return Object.fromEntries(known.map(([key, child]) => [key, ordered(child, (value as Record<string, unknown>)[key])]));
}

/** The one JSON text of a document: keys in the order of the schema, no blanks, defaults as (not) written. */
export function canonicalPolicy(doc: PolicyDocument): string {
  return JSON.stringify(ordered(POLICY_SCHEMA, doc));
}
