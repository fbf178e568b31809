import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { Public, Scopes } from '../auth/guard.ts';
import type { Scope } from '../auth/principal.ts';
import type { Parameter } from '../query/parameters.ts';
import type { Listing } from '../routes.ts';

const HEADERS = {
  ETag: { schema: { type: 'string' }, description: 'Changes when any window of the range does.' },
  'X-Request-Id': { schema: { type: 'string' }, description: 'As given, else made; in the log and in every problem.' },
  RateLimit: { schema: { type: 'string' }, description: 'What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers).' },
  'RateLimit-Policy': { schema: { type: 'string' }, description: '`"default";q=600;w=60`: requests in a window of seconds, per client.' },
} as const;

const ref = (schema: string): { $ref: string } => ({ $ref: `#/components/schemas/${schema}` });

function problem(status: number, description: string): MethodDecorator {
  return ApiResponse({ status, description, content: { 'application/problem+json': { schema: ref('Problem') } } });
}

const AUTHORIZED: readonly [number, string][] = [
  [400, 'A parameter is wrong (named in `errors`), or the credentials are malformed.'],
  [401, 'No access token, or not a valid one; see `WWW-Authenticate`.'],
  [403, 'The token lacks the scope, or may not see this.'],
  [429, 'Too many requests; see `Retry-After`.'],
  [503, 'The store or the authorization server is away; see `Retry-After`.'],
];

function bodyOf({ row, otherRows = [] }: Listing): object {
  const lists = [row, ...otherRows].map((r) => ref(`${r}List`));
  return lists.length === 1 ? (lists[0] as object) : { anyOf: lists };
}

function queries(parameters: Readonly<Record<string, Parameter>>): MethodDecorator[] {
  return Object.entries(parameters).map(([name, p]) =>
    ApiQuery({ name, required: false, description: p.description, schema: p.schema as never, ...(p.example === undefined ? {} : { example: p.example }) }),
  );
}

/** A listing behind scopes: authorization and documentation of a route in one place, so neither is forgotten. */
export function ListingRoute(listing: Listing, operationId: string, ...scopes: [Scope, ...Scope[]]): MethodDecorator {
  return applyDecorators(
    Scopes(...scopes),
    ApiSecurity('oauth2', scopes),
    ApiOperation({ operationId, summary: listing.summary }),
    ...queries(listing.parameters),
    ApiResponse({
      status: 200,
      description: 'The rows, with how far they can be trusted.',
      headers: HEADERS,
      content: { 'application/json': { schema: bodyOf(listing), example: listing.example } },
    }),
    ApiResponse({ status: 304, description: 'Unchanged since the ETag in If-None-Match.' }),
    ...AUTHORIZED.map(([status, description]) => problem(status, description)),
  );
}

/** A route that needs no token. */
export function OpenRoute(operationId: string, summary: string, schema: string | null, example: unknown, failures: readonly [number, string][] = []): MethodDecorator {
  return applyDecorators(
    Public() as MethodDecorator,
    ApiOperation({ operationId, summary }),
    ApiResponse({ status: 200, description: summary, content: { 'application/json': { schema: schema === null ? { type: 'object' } : ref(schema), example: example as object } } }),
    ...failures.map(([status, description]) => problem(status, description)),
  );
}

/** A text route behind scopes. */
export function TextRoute(operationId: string, summary: string, example: string, ...scopes: [Scope, ...Scope[]]): MethodDecorator {
  return applyDecorators(
    Scopes(...scopes),
    ApiSecurity('oauth2', scopes),
    ApiOperation({ operationId, summary }),
    ApiResponse({ status: 200, description: summary, content: { 'text/plain': { schema: { type: 'string' }, example } } }),
    ...AUTHORIZED.map(([status, description]) => problem(status, description)),
  );
}

export interface DocumentedAnswer {
  status: number;
  description: string;
  schema?: string;
  /** of what is not JSON; then there is no schema */
  media?: string;
  example?: unknown;
  headers?: Readonly<Record<string, object>>;
}

/** What any other route behind scopes takes and answers. */
export interface Documented {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: Readonly<Record<string, Parameter>>;
  /** name of a part of the path -> what it is */
  path?: Readonly<Record<string, string>>;
  body?: { schema: string; example: unknown };
  /** takes an Idempotency-Key */
  idempotent?: true;
  answer: DocumentedAnswer;
  /** answers of other statuses that are no failures */
  also?: readonly DocumentedAnswer[];
  /** answers 304 to If-None-Match */
  conditional?: true;
  failures?: readonly [number, string][];
}

function answered({ status, description, schema, media, example, headers }: DocumentedAnswer): MethodDecorator {
  const content =
    media !== undefined
      ? { content: { [media]: { schema: { type: 'string' }, example } } }
      : schema === undefined
        ? {}
        : { content: { 'application/json': { schema: ref(schema), example: example as object } } };
  return ApiResponse({ status, description, headers: { ...HEADERS, ...headers } as never, ...(content as object) });
}

const BODY_FAILURES: readonly [number, string][] = [
  [413, 'The body is larger than 64 KiB.'],
  [415, 'The body is no JSON.'],
];

export function ScopedRoute(route: Documented, ...scopes: [Scope, ...Scope[]]): MethodDecorator {
  const { answer, body } = route;
  const failures = [...AUTHORIZED, ...(body === undefined ? [] : BODY_FAILURES), ...(route.failures ?? [])];
  return applyDecorators(
    Scopes(...scopes),
    ApiSecurity('oauth2', scopes),
    ApiOperation({ operationId: route.operationId, summary: route.summary, ...(route.description === undefined ? {} : { description: route.description }) }),
    ...Object.entries(route.path ?? {}).map(([name, description]) => ApiParam({ name, description, schema: { type: 'string' } })),
    ...queries(route.parameters ?? {}),
    ...(route.idempotent === undefined
      ? []
      : [
          ApiHeader({
            name: 'Idempotency-Key',
            required: false,
            description: 'Of your choice: a request sent again with it gets what the first one made (draft-ietf-httpapi-idempotency-key-header).',
            schema: { type: 'string', minLength: 1, maxLength: 128 },
          }),
        ]),
    ...(body === undefined ? [] : [ApiBody({ required: true, schema: ref(body.schema) as never, examples: { one: { value: body.example } } })]),
    ...[answer, ...(route.also ?? [])].map(answered),
    ...(route.conditional === undefined ? [] : [ApiResponse({ status: 304, description: 'Unchanged since the ETag in If-None-Match.' })]),
    ...failures.map(([status, description]) => problem(status, description)),
  );
}
