import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { Public, Scopes } from '../auth/guard.ts';
import type { Scope } from '../auth/principal.ts';
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

/** A listing behind scopes: authorization and documentation of a route in one place, so neither is forgotten. */
export function ListingRoute(listing: Listing, operationId: string, ...scopes: [Scope, ...Scope[]]): MethodDecorator {
  return applyDecorators(
    Scopes(...scopes),
    ApiSecurity('oauth2', scopes),
    ApiOperation({ operationId, summary: listing.summary }),
    ...Object.entries(listing.parameters).map(([name, p]) =>
      ApiQuery({ name, required: false, description: p.description, schema: p.schema as never, ...(p.example === undefined ? {} : { example: p.example }) }),
    ),
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
