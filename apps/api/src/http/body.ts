import type { Request } from 'express';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { SCHEMAS } from '../openapi/schemas.ts';
import { Problem, type FieldError } from './problem.ts';

/** A body of ours is a rule or a mute: some hundred bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

const ajv = new Ajv2020({ allErrors: true, strict: false, formats: { 'date-time': (v: string) => RFC3339.test(v) && !Number.isNaN(Date.parse(v)), uri: true } });
ajv.addSchema({ $id: 'openapi', components: { schemas: SCHEMAS } });
const validators = new Map<string, ValidateFunction>();

/** JSON media types, whose charset is UTF-8 (RFC 8259). */
function isJson(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((p) => p.trim().toLowerCase());
  return type === 'application/json' && parameters.every((p) => p === '' || /^charset="?utf-8"?$/.test(p));
}

async function bytesOf(req: Request): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    size += part.length;
    // What is still coming is not read: the answer goes out and the connection ends with it.
    if (size > MAX_BODY_BYTES) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(): Problem {
  return new Problem('body_too_large', `a body of more than ${MAX_BODY_BYTES} bytes is not read`, { headers: { connection: 'close' } });
}

/**
 * The request's body, held against a schema of the OpenAPI document. Unknown fields are refused: a misspelt one would
 * otherwise change nothing, silently.
 * @throws Problem unsupported_media_type, body_too_large, invalid_body (with a JSON pointer for each wrong field)
 */
export async function readBody<T>(req: Request, schema: string): Promise<T> {
  if (!isJson(req.headers['content-type']))
    throw new Problem('unsupported_media_type', 'send JSON, as content-type: application/json', { headers: { accept: 'application/json' } });
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new Problem('unsupported_media_type', `content-encoding ${encoding} is not taken; send the body as it is`, { headers: { 'accept-encoding': 'identity' } });
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await bytesOf(req)));
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem('invalid_body', 'the body is no JSON in UTF-8', { cause });
  }
  return checkBody<T>(body, schema);
}

/** The same for a body that is there. */
export function checkBody<T>(body: unknown, schema: string): T {
  let validate = validators.get(schema);
  if (validate === undefined) validators.set(schema, (validate = ajv.compile({ $ref: `openapi#/components/schemas/${schema}` })));
  if (!validate(body)) throw invalidBody((validate.errors ?? []).map(fieldError));
  return body as T;
}

export function invalidBody(errors: readonly FieldError[]): Problem {
  return new Problem('invalid_body', errors.map((e) => `${e.pointer}: ${e.detail}`).join('; '), { errors });
}

function fieldError({ instancePath, keyword, params, message, parentSchema }: ErrorObject): FieldError {
  const here = `#${instancePath}`;
  const escaped = (name: unknown): string => String(name).replaceAll('~', '~0').replaceAll('/', '~1');
  if (keyword === 'additionalProperties') {
    const taken = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
    return { pointer: `${here}/${escaped(params['additionalProperty'])}`, detail: `is not known here; this takes ${taken.join(', ')}` };
  }
  if (keyword === 'required') return { pointer: `${here}/${escaped(params['missingProperty'])}`, detail: 'is missing' };
  if (keyword === 'enum') return { pointer: here, detail: `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}` };
  if (keyword === 'format' && params['format'] === 'date-time') return { pointer: here, detail: 'must be a time of RFC 3339, such as 2026-11-22T10:00:00Z' };
  return { pointer: here, detail: message ?? 'is not valid' };
}
