import { ALERT_SCHEMAS } from './alert-schemas.ts';
import { headerEvent } from './header-event.ts';
import { INSIGHT_SCHEMAS } from './insight-schemas.ts';

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

const BASES = ['last_24_hours', 'same_hours_of_7_days', 'last_60_minutes'];
/** with `view=baseline` or `sort=deviation` */
const BASELINE_NAMES = ['expected', 'deviation'];
function baseline(unit: 'per_s' | 'ratio', what: string): Record<string, Schema> {
  const figure: Schema = { type: 'number', minimum: 0 };
  return {
    expected: {
      anyOf: [
        object({
          [`median_${unit}`]: figure,
          [`low_${unit}`]: { ...figure, description: 'Three standard deviations below the median, the chance of a range this short included.' },
          [`high_${unit}`]: figure,
          basis: {
            type: 'string',
            enum: BASES,
            description:
              'What it rests on: the 24 whole hours before the range, the same hours of the 7 days before (whichever of the two explains the figure better), or, where neither is held, the 60 minutes before.',
          },
          hours: { type: 'number', minimum: 0, description: 'Hours that were watched and count.' },
        }),
        { type: 'null' },
      ],
      description: `${what} With \`view=baseline\` or \`sort=deviation\`; median and spread (median absolute deviation) are those of hours, so that one bad hour does not move them. null: too little is known.`,
    },
    deviation: { type: ['number', 'null'], description: 'By how many standard deviations the range is off: 3 and more is unusual. null: too little is known.' },
  };
}
/** with `view=changes` */
const CHANGES: Record<string, Schema> = {
  change: { type: 'string', enum: ['new', 'vanished'], description: '`new`: not there in the 24 hours before; `vanished`: steady then, and not there now.' },
  certain: { type: 'boolean', description: 'false: where a budget was spent it may have been in `{other}`.' },
  expected_exchanges: { type: ['number', 'null'], minimum: 0, description: 'What the range would have had of one that vanished.' },
  first_seen: { type: ['string', 'null'], format: 'date-time', description: 'Of one that is new.' },
  last_seen: { type: ['string', 'null'], format: 'date-time', description: 'Of one that vanished.' },
};
/** with `view=latency` */
const LATENCY_NAMES = ['client_errors', 'server_errors', 'transport_errors', 'ttfb_ms', 'total_ms', 'total_ms_sum', 'request_bytes', 'response_bytes', 'begun', 'ended'];

const quantiles3 = object({ p50: ms, p95: ms, p99: ms });
const quantiles5 = object({ p50: ms, p90: ms, p95: ms, p99: ms, p999: ms });

const rate: Schema = { type: 'number', minimum: 0, description: 'exchanges over the length of the range' };
const trend: Schema = { type: ['number', 'null'], minimum: -1, description: 'exchanges / exchanges in the range of the same length before - 1; null when there were none.' };
const trendDay: Schema = { type: ['number', 'null'], minimum: -1, description: 'The same against the same range a day earlier.' };
const errors = {
  client_errors: { ...count, description: 'Status 400 to 499.' },
  server_errors: { ...count, description: 'Status 500 and above.' },
  transport_errors: { ...count, description: 'No whole response (error.type) and no status of 400 or above.' },
};
/** One entry a step, all arrays of a series equally long. */
const entries = (items: Schema, description?: string): Schema => ({ type: 'array', items, ...(description === undefined ? {} : { description }) });
const times = entries(time, 'Start of each step.');

const samplingReason: Schema = { ...text, description: '`policy`: the filters say so; `governor`: to stay below the CPU ceiling of the agent.' };
const samplingCounts = {
  one_in: { type: 'integer', minimum: 1, description: 'The strongest rate that was in force: one exchange that was kept stands for this many at most.' },
  exchanges: { ...count, description: 'Exact: exchanges before sampling, of the hosts and times that were sampled.' },
  kept: { ...count, description: 'Exact: those of them that were kept. Errors and slow exchanges are always kept.' },
};
const nullable = (schema: Schema, description: string): Schema => ({ anyOf: [schema, { type: 'null' }], description });
/** of heartbeats of agents that came before the field */
const OLDER = 'null where the agent is of a version that does not say.';

const starts = object({
  started: { ...count, description: 'Messages whose first byte was seen: emitted + filtered + lost + in_flight.' },
  emitted: count,
  filtered: counts,
  lost: { ...counts, description: 'By reason.' },
  in_flight: { ...count, description: 'As the host said last in the range.' },
});
const account: Schema = {
  anyOf: [
    object({
      request: starts,
      response: starts,
      exchanges: { ...count, description: 'In its batches, after weights.' },
      batches: count,
      lost_batches: { type: 'object', additionalProperties: { type: 'integer' }, description: 'Between agent and analyzer; `sequence_gap` less `sequence_gap_filled` never came.' },
      clamped_times: { ...count, description: 'Rows whose time was more than 60 s ahead and was set back.' },
      late_exchanges: { ...count, description: 'Older than every window that is kept: in no other count.' },
      sampling: {
        type: 'array',
        items: object({ reason: samplingReason, ...samplingCounts }),
        description: 'What declared sample rates left out in the range, by reason; empty: nothing.',
      },
    }),
    { type: 'null' },
  ],
  description: "What the host's agent said of its capture in the range; null when it said nothing.",
};

const ROWS: Record<string, Schema> = {
  Service: object(
    {
      service: text,
      role,
      exchanges: count,
      rate_per_s: rate,
      ...errors,
      error_ratio: { ...ratio, description: 'Server and transport errors over exchanges; client errors are apart.' },
      burn_rate: {
        type: ['number', 'null'],
        minimum: 0,
        description:
          'Error ratio of the last 5 minutes of the range over what the objective allows (1 - slo): above 1 the budget is being overspent. null when nothing happened then.',
      },
      trend,
      trend_day: trendDay,
      ttfb_ms: quantiles3,
      ...baseline('per_s', 'The usual rate.'),
      series: {
        ...object({
          t: times,
          exchanges: entries(count),
          client_errors: entries(count),
          server_errors: entries(count),
          transport_errors: entries(count),
          ttfb_p50_ms: entries(ms),
          ttfb_p99_ms: entries(ms),
        }),
        description: 'With `view=series`; one entry a step, all arrays equally long.',
      },
    },
    ['series', ...BASELINE_NAMES],
  ),
  RequestPattern: object(
    {
      ...GROUP,
      exchanges: count,
      rate_per_s: rate,
      trend,
      trend_day: trendDay,
      ...baseline('per_s', 'The usual rate.'),
      ...CHANGES,
      ...errors,
      ttfb_ms: quantiles3,
      total_ms: quantiles3,
      total_ms_sum: { type: 'number', minimum: 0, description: 'Time spent: sum of the total times, ms.' },
      request_bytes: { ...count, description: 'Bytes on the wire, of requests whose size is known.' },
      response_bytes: { ...count, description: 'Bytes on the wire, of responses whose size is known.' },
      begun: {
        ...count,
        description:
          'Long exchanges (streams, upgrades, tunnels, slow responses) that began in the range; they are in `exchanges`, and have no total time before their end. `begun - ended` more are in progress at the end of the range than at its start, but for ends that were lost.',
      },
      ended: { ...count, description: 'Long exchanges whose end came in the range; their total times and bytes are in the figures.' },
    },
    [...GROUP_NAMES, ...LATENCY_NAMES, ...BASELINE_NAMES, ...Object.keys(CHANGES)],
  ),
  Failure: object(
    {
      ...GROUP,
      error_type: { ...text, description: 'Why there was no whole response.' },
      exchanges: { ...count, description: 'Of all statuses, failed or not, with the same other keys: what the failures are a share of.' },
      ...errors,
      error_ratio: { ...ratio, description: 'The three kinds of error over exchanges.' },
      baseline_ratio: {
        type: ['number', 'null'],
        minimum: 0,
        maximum: 1,
        description: 'The same in the range of the same length before; null when there were no exchanges.',
      },
      excess: {
        type: 'number',
        minimum: 0,
        description: 'Failures beyond what the baseline would have given: failures - baseline_ratio x exchanges, not below 0; all failures where there is no baseline.',
      },
      error_types: { ...counts, description: 'Exchanges without a whole response, by error.type; those with an error status too.' },
      broken_before_response: { ...count, description: 'Of `error_types`: nothing of the response was seen (status 0).' },
      broken_within_response: { ...count, description: 'Of `error_types`: the response had begun.' },
      first_seen: { ...time, description: 'First failure in the range, as exact as the windows that were read (10 s, 1 min or 1 h).' },
      new: {
        type: ['boolean', 'null'],
        description: 'With `view=baseline`: none of these failed in the 24 hours before. null: less than an hour before the range was watched.',
      },
      ...baseline('ratio', 'The usual share of failures.'),
    },
    [...GROUP_NAMES, 'error_type', 'new', ...BASELINE_NAMES],
  ),
  Client: object({
    client: { ...text, description: 'Its name where the host knows it, else its address as the policy let it leave; `{other}`: all that are over the budget of 128 a window.' },
    service: text,
    exchanges: count,
    client_errors: errors.client_errors,
    server_errors: errors.server_errors,
    transport_errors: { ...count, description: 'No whole response (error.type) and no status of 400 or above; at most.' },
    error_ratio: { ...ratio, description: 'The three kinds of error over exchanges.' },
    statuses: { ...counts, description: 'Exchanges by status code; `4xx` are other codes of that class, `0` had no response.' },
    share: { ...ratio, description: 'Of the exchanges of all clients of the service.' },
    at_least: { type: 'boolean', description: 'More of it may be in `{other}`.' },
  }),
  LatencyPoint: object({
    t: { ...time, description: 'Start of the point.' },
    exchanges: count,
    ttfb_ms: quantiles5,
    total_ms: quantiles5,
    complete: { type: 'boolean', description: 'false: more may still come for this point.' },
  }),
  LatencyHeatmapPoint: object({
    t: { ...time, description: 'Start of the point.' },
    exchanges: { ...count, description: 'Those whose latency is not known included.' },
    le_ms: entries(
      { type: 'number', minimum: 0 },
      'Upper bounds of the buckets, included, ms: the same for all points of an answer, equal ratios, at most 40; the last one covers the largest latency.',
    ),
    counts: entries(count, 'Exchanges in each bucket (not cumulative); their sum are those whose latency is known.'),
    complete: { type: 'boolean', description: 'false: more may still come for this point.' },
  }),
  Header: object(
    {
      service: { ...text, description: 'Where rows are grouped by it.' },
      name: { ...text, description: 'Lower case; `{other}` where a budget was spent.' },
      direction: { type: 'string', enum: ['request', 'response'] },
      exchanges: { ...count, description: 'Exchanges that carry it at least once.' },
      presence: { ...ratio, description: "Of all exchanges of the role and services asked for; of the row's service where rows have one." },
      presence_before: { type: ['number', 'null'], minimum: 0, maximum: 1, description: 'The same in the range of the same length before; null when there were no exchanges.' },
      sensitive: { type: 'boolean', description: 'Carries credentials: its value never leaves a host in clear, under any policy.' },
      distinct: { ...count, description: 'Distinct values, estimated; at least this many where `sampled`.' },
      bytes: { ...count, description: 'Names and values as they left the host.' },
      top: {
        type: 'array',
        items: object({ value: text, exchanges: { ...count, description: 'At most; at least `exchanges - error`.' }, error: count }),
        description:
          'Most frequent values, only of headers whose values the policy lets leave the host. Where `sampled`, counts are estimates and a value may be missing that is as frequent.',
      },
      sampled: { type: 'boolean', description: 'Exchanges were left out by a declared sample rate: `distinct` is a lower bound, and `top` lists at least these.' },
      series: {
        ...object({ t: times, presence: entries({ type: ['number', 'null'], minimum: 0, maximum: 1 }), distinct: entries(count), bytes: entries(count) }),
        description: 'With `view=series`; one entry a step, all arrays equally long. `presence` is null where there were no exchanges.',
      },
    },
    ['service', 'series'],
  ),
  Exchange: object({
    kept: { type: 'string', enum: ['failed', 'slow', 'good'], description: 'Why it was kept.' },
    seen_at: time,
    host: { type: ['string', 'null'], description: 'Whose agent saw it.' },
    exchange: { $ref: '#/components/schemas/HeaderEvent' },
  }),
  Agent: object({
    host: text,
    version: text,
    hooks: { ...text, description: 'How traffic is read in the kernel: sock, syscall, or empty where a recording is replayed.' },
    hooks_why: { type: ['string', 'null'], description: `Why these hooks: what was asked for, or what the kernel allows. ${OLDER}` },
    scope: { type: 'array', items: text },
    policy: { ...text, description: 'In force: `id@version`, and after a `+` the one of the fleet that narrows it.' },
    policy_state: nullable(
      object({
        host: { ...text, description: "The host's own policy, `id@version`." },
        source: { type: 'string', enum: ['built-in', 'file'] },
        loaded_at: time,
        narrowing: nullable(
          object({ policy: { ...text, description: '`id@version`' }, key: { ...text, description: 'Id of the key that signed it.' }, accepted_at: time }),
          'The policy of the fleet that narrows it; null: none.',
        ),
        refused: nullable(
          object({ policy: text, source: { type: 'string', enum: ['file', 'topic'] }, reason: text, at: time }),
          'The last one that was refused, until a later one is accepted; the ones in force stay.',
        ),
      }),
      `The policies in force and what became of the last one offered. ${OLDER}`,
    ),
    sampling: nullable(
      object({ reason: samplingReason, one_in: { type: 'integer', minimum: 1 }, since: time }),
      'The sample rate in force now; null while every exchange that the filters let through is kept.',
    ),
    cpu_percent: { type: ['number', 'null'], minimum: 0, description: `CPU of agent and probe over the last 10 s, percent of one core. ${OLDER}` },
    cpu_ceiling_percent: { type: ['number', 'null'], minimum: 0, description: `Above it the agent samples, and says so; 0: there is none. ${OLDER}` },
    spool: nullable(object({ bytes: count, batches: count, oldest_at: { type: ['string', 'null'], format: 'date-time' } }), `Batches that wait on disk for the bus. ${OLDER}`),
    unread_by: nullable(
      {
        type: 'array',
        items: object({ executable: text, reason: text, messages: count }),
      },
      `Message starts in scope that could not be read since the start of the agent, by program and reason, the most first. ${OLDER}`,
    ),
    source: { type: 'string', enum: ['live', 'replay'] },
    kernel: text,
    incarnation: text,
    started_at: time,
    exchanges: count,
    losses: { ...counts, description: "Since the agent's start, by reason." },
    filtered: counts,
    coverage: ratio,
    lag_ms: { type: 'number', minimum: 0 },
    account,
    skew_ms: { type: ['number', 'null'], description: 'Bus clock minus host clock; null when the host did not report in the range.' },
    seen_at: time,
    alive: { type: 'boolean', description: 'Heard of within 30 s.' },
    conflicts: { type: 'array', items: text, description: 'Incarnations of other live agents that use the same host id: one of them must get another.' },
  }),
};

const quality = object({
  complete: { type: 'boolean', description: 'Every window of the range is closed with all partitions in it, and nothing was lost.' },
  lost: { ...count, description: 'Exchanges that began and were lost, all reasons.' },
  lost_by: { ...counts, description: 'By reason.' },
  lost_batches: { ...count, description: 'Batches of agents that never came to the analyzer; those that came late are taken back.' },
  lost_exchanges: nullable({ ...count }, 'Exchanges in the lost batches, as far as their agents number them; null: of none of them.'),
  sampling: nullable(
    object({ ...samplingCounts, reasons: { type: 'array', items: samplingReason } }),
    'What declared sample rates left out in the range: counts, sums and latencies are then estimates (each exchange with its weight), distinct counts and top lists lower bounds. Errors are exact. null: nothing was left out.',
  ),
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
    errors: {
      type: 'array',
      items: object({ parameter: { ...text, description: 'Of the query.' }, pointer: { ...text, description: 'Into the body: JSON Pointer as a fragment.' }, detail: text }, [
        'parameter',
        'pointer',
      ]),
    },
    checks: { type: 'object', additionalProperties: text },
  },
};

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...ROWS,
  ...ALERT_SCHEMAS,
  ...INSIGHT_SCHEMAS,
  HeaderEvent: headerEvent,
  Quality: quality,
  ...Object.fromEntries(Object.keys(ROWS).map((row) => [`${row}List`, list(row)])),
  Problem: problem,
  Health: object({ status: { type: 'string', enum: ['ok'] } }),
  Ready: object({ status: { type: 'string', enum: ['ready'] }, checks: { type: 'object', additionalProperties: text } }),
  Session: object({
    name: text,
    client: text,
    scopes: { type: 'array', items: text },
    services: { type: ['array', 'null'], items: text, description: 'null: all services.' },
    expires_at: { type: 'string', format: 'date-time', description: 'The session ends then, however much it is used.' },
    standalone: { type: 'boolean', description: 'Everything runs on this host.' },
  }),
  LoggedOut: object({
    logged_out: { type: 'boolean', enum: [true] },
    redirect: { type: 'string', description: 'Where the browser goes next: the end of session at the sign-in server, or `/`.' },
  }),
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
