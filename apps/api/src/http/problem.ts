/**
 * Every error the API answers, as RFC 9457 problem details. `type` is `urn:headwater:problem:<code>`; a code is
 * never reused for something else.
 */
export const PROBLEMS = {
  invalid_parameter: { status: 400, title: 'A query parameter is not valid' },
  invalid_body: { status: 400, title: 'The body is not valid' },
  invalid_request: { status: 400, title: 'The request is malformed' },
  unauthorized: { status: 401, title: 'An access token is needed' },
  invalid_token: { status: 401, title: 'The access token is not valid' },
  session_expired: { status: 401, title: 'The session is over' },
  insufficient_scope: { status: 403, title: 'The access token does not have the scope this needs' },
  forbidden: { status: 403, title: 'The access token may not see this' },
  foreign_request: { status: 403, title: 'The request does not come from the dashboard' },
  not_found: { status: 404, title: 'Nothing is served at this path' },
  method_not_allowed: { status: 405, title: 'The path does not take this method' },
  conflict: { status: 409, title: 'The request does not go with what is there' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body is of a kind that is not taken' },
  unknown_subject: { status: 422, title: 'Nothing was seen of this' },
  idempotency_mismatch: { status: 422, title: 'The Idempotency-Key was used for another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'The API failed' },
  insights_not_accepted: { status: 501, title: 'Insights cannot be asked for here' },
  store_unavailable: { status: 503, title: 'The store cannot be read' },
  issuer_unavailable: { status: 503, title: 'The authorization server cannot be asked' },
  bus_unavailable: { status: 503, title: 'The request cannot be handed on' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export function problemType(code: ProblemCode): string {
  return `urn:headwater:problem:${code.replaceAll('_', '-')}`;
}

/** One wrong parameter. */
export interface ParameterError {
  parameter: string;
  detail: string;
}

/** One wrong field of a body. */
export interface FieldError {
  /** JSON Pointer into the body, as a URI fragment (`#/match/severity`) */
  pointer: string;
  detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  errors?: readonly (ParameterError | FieldError)[];
  /** seconds */
  retryAfterS?: number;
  headers?: Readonly<Record<string, string>>;
  /** further members of the body */
  extra?: Readonly<Record<string, unknown>>;
}

export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: readonly (ParameterError | FieldError)[];
  readonly headers: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.errors = options.errors ?? [];
    this.extra = options.extra ?? {};
    this.headers = { ...options.headers, ...(options.retryAfterS === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(options.retryAfterS))) }) };
  }

  /** The body of `application/problem+json`. */
  toBody(instance: string, requestId: string): Record<string, unknown> {
    return {
      type: problemType(this.code),
      title: PROBLEMS[this.code].title,
      status: this.status,
      detail: this.message,
      instance,
      request_id: requestId,
      ...(this.errors.length > 0 ? { errors: this.errors } : {}),
      ...this.extra,
    };
  }
}

export function invalidParameter(parameter: string, detail: string): Problem {
  return new Problem('invalid_parameter', `${parameter}: ${detail}`, { errors: [{ parameter, detail }] });
}
