import { createHash } from 'node:crypto';
import type { InsightInput } from './input.ts';

/** JSON whose keys are in code unit order and that has no white space: equal contents, equal bytes. Keys without a value are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v,
  );
}

/** SHA-256 of the canonical JSON, hex: names what was sent. */
export function inputSha256(input: InsightInput): string {
  return createHash('sha256').update(canonicalJson(input)).digest('hex');
}
