import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

const ajv = new Ajv2020({ strict: false, formats: { 'date-time': (v: string) => !Number.isNaN(Date.parse(v)) && v.endsWith('Z'), uri: true } });
export const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
ajv.addSchema({ $id: 'doc', components: document.components });
/** Fails unless the body is what openapi.json, as it is committed, says of it. */
export function expectSchema(name: string, body: unknown): void {
  const validate = ajv.compile({ $ref: `doc#/components/schemas/${name}` });
  expect(validate(body), JSON.stringify(validate.errors)).toBe(true);
}
