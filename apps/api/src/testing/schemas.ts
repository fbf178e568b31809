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

export interface Parameter {
  name: string;
  in: string;
  schema: Readonly<Record<string, unknown>>;
}

interface Operation {
  operationId: string;
  security?: readonly { oauth2?: readonly string[] }[];
  parameters?: readonly Parameter[];
  requestBody?: { content: Record<string, { schema: object; examples?: Record<string, { value: unknown }> }> };
  responses: Record<string, { content?: Record<string, { schema: object; example?: unknown }> }>;
}

/** Every operation of openapi.json, as it is committed. */
export function operations(): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Fails unless openapi.json knows the answer: its status, its media type, and the body by its schema. */
export function expectDocumented(operation: Operation, { status, headers, text, json }: { status: number; headers: Record<string, unknown>; text: string; json: unknown }): void {
  const response = operation.responses[String(status)];
  const here = `${operation.operationId} ${status}`;
  expect(response, `${here} is not documented: ${text.slice(0, 300)}`).toBeDefined();
  const content = response?.content;
  if (content === undefined || text === '') return expect(text, here).toBe('');
  const media = String(headers['content-type']).split(';')[0] as string;
  expect(Object.keys(content), here).toContain(media);
  if (!media.endsWith('json')) return;
  expectBody(content[media]?.schema as object, json, here);
}

/** Fails unless the body is what a schema within openapi.json says. */
export function expectBody(schema: object, body: unknown, of: string): void {
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components')) as object);
  expect(validate(body), `${of}: ${JSON.stringify(validate.errors)}`).toBe(true);
}
