/** Response bodies as JSON Schema (2020-12, as OpenAPI 3.1 takes it). Tests hold real answers against them. */
type Schema = Readonly<Record<string, unknown>>;

const count: Schema = { type: 'integer', minimum: 0 };
const ratio: Schema = { type: 'number', minimum: 0, maximum: 1 };
const time: Schema = { type: 'string', format: 'date-time' };
const text: Schema = { type: 'string' };
const ms: Schema = { type: ['number', 'null'], minimum: 0, description: 'Milliseconds, within 1 %; null when no exchange had one.' };
const counts: Schema = { type: 'object', additionalProperties: count };

function object(properties: Record<string, Schema>, optional: readonly string[] = []): Schema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties).filter((k) => !optional.includes(k)), properties };
}

const role: Schema = { type: 'string', enum: ['server', 'client'] };
const GROUP: Record<string, Schema> = {
  service: text,
  role,
  method: { ...text, description: 'As sent; `{other}` where a budget was spent.' },
  route: { ...text, description: 'Route template; `{other}` where a budget was spent.' },
  status: { ...count, description: 'Final status; 0 when there was no response.' },
};
const GROUP_NAMES = Object.keys(GROUP);

const quantiles3 = object({ p50: ms, p95: ms, p99: ms });
const quantiles5 = object({ p50: ms, p90: ms, p95: ms, p99: ms, p999: ms });

const ROWS: Record<string, Schema> = {
  Service: object({ service: text, role, exchanges: count, client_errors: count, server_errors: count, ttfb_ms: quantiles3 }),
  RequestPattern: object(
    {
      ...GROUP,
      exchanges: count,
      rate_per_s: { type: 'number', minimum: 0, description: 'exchanges over the length of the range' },
      trend: { type: ['number', 'null'], minimum: -1, description: 'exchanges / exchanges in the range of the same length before - 1; null when there were none.' },
    },
    GROUP_NAMES,
  ),
  Failure: object(
    {
      ...GROUP,
      exchanges: { ...count, description: 'All exchanges of the group, failed or not.' },
      client_errors: { ...count, description: 'Status 400 to 499.' },
      server_errors: { ...count, description: 'Status 500 and above.' },
      transport_errors: { ...count, description: 'No whole response (error.type) and no status of 400 or above.' },
      error_ratio: { ...ratio, description: 'The three kinds of error over exchanges.' },
      first_seen: { ...time, description: 'First failure in the range.' },
    },
    GROUP_NAMES,
  ),
  LatencyPoint: object({
    t: { ...time, description: 'Start of the point.' },
    exchanges: count,
    ttfb_ms: quantiles5,
    total_ms: quantiles5,
    complete: { type: 'boolean', description: 'false: more may still come for this point.' },
  }),
  Header: object({
    name: { ...text, description: 'Lower case; `{other}` where a budget was spent.' },
    direction: { type: 'string', enum: ['request', 'response'] },
    exchanges: { ...count, description: 'Exchanges that carry it at least once.' },
    presence: { ...ratio, description: 'Of all exchanges of the role and services asked for.' },
    distinct: { ...count, description: 'Distinct values, estimated; at least this many where `sampled`.' },
    bytes: { ...count, description: 'Names and values as they left the host.' },
    top: {
      type: 'array',
      items: object({ value: text, exchanges: { ...count, description: 'At most; at least `exchanges - error`.' }, error: count }),
      description: 'Most frequent values, only of headers whose values the policy lets leave the host.',
    },
    sampled: { type: 'boolean' },
  }),
  Agent: object({
    host: text,
    version: text,
    hooks: text,
    scope: { type: 'array', items: text },
    policy: text,
    source: { type: 'string', enum: ['live', 'replay'] },
    kernel: text,
    incarnation: text,
    started_at: time,
    exchanges: count,
    losses: { ...counts, description: "Since the agent's start, by reason." },
    filtered: counts,
    coverage: ratio,
    lag_ms: { type: 'number', minimum: 0 },
    skew_ms: { type: ['number', 'null'], description: 'Bus clock minus host clock; null when the host did not report in the range.' },
    seen_at: time,
    alive: { type: 'boolean', description: 'Heard of within 30 s.' },
    conflicts: { type: 'array', items: text, description: 'Incarnations of other live agents that use the same host id: one of them must get another.' },
  }),
};

const quality = object({
  complete: { type: 'boolean', description: 'Every window of the range is closed with all partitions in it, and nothing was lost.' },
  lost: { ...count, description: 'Exchanges that began and were lost, all reasons.' },
  lost_by: counts,
  hosts: { ...count, description: 'Hosts that reported in the range.' },
  coverage: { ...ratio, description: 'read / (read + known to be unreadable).' },
});

function list(row: string): Schema {
  return object(
    {
      range: object({ start: time, end: time, step: { type: 'integer', minimum: 10, description: 'Seconds.' } }),
      data: { type: 'array', items: { $ref: `#/components/schemas/${row}` } },
      quality: { $ref: '#/components/schemas/Quality' },
      next_cursor: { ...text, description: 'There is a next page.' },
    },
    ['next_cursor'],
  );
}

const problem: Schema = {
  type: 'object',
  description: 'RFC 9457.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'request_id'],
  properties: {
    type: { ...text, format: 'uri' },
    title: text,
    status: { type: 'integer' },
    detail: text,
    instance: text,
    request_id: text,
    errors: { type: 'array', items: object({ parameter: text, detail: text }) },
    checks: { type: 'object', additionalProperties: text },
  },
};

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...ROWS,
  Quality: quality,
  ...Object.fromEntries(Object.keys(ROWS).map((row) => [`${row}List`, list(row)])),
  Problem: problem,
  Health: object({ status: { type: 'string', enum: ['ok'] } }),
  Ready: object({ status: { type: 'string', enum: ['ready'] }, checks: { type: 'object', additionalProperties: text } }),
  ResourceMetadata: {
    type: 'object',
    description: 'RFC 9728.',
    required: ['resource', 'authorization_servers', 'scopes_supported', 'bearer_methods_supported'],
    properties: {
      resource: { ...text, format: 'uri' },
      resource_name: text,
      authorization_servers: { type: 'array', items: { ...text, format: 'uri' } },
      scopes_supported: { type: 'array', items: text },
      bearer_methods_supported: { type: 'array', items: { type: 'string', enum: ['header'] } },
    },
  },
};
