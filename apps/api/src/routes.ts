import { DEFAULT_GROUP } from './answers/question.ts';
import { FAILURE_KEYS, GROUP_KEYS } from './answers/selection.ts';
import { groupByParameter, oneOf, PARAMETERS, type Parameter } from './query/parameters.ts';

/** What a listing takes and answers: read by the controllers (checks) and by OpenAPI (documentation). */
export interface Listing {
  readonly path: string;
  readonly summary: string;
  readonly row: string;
  /** rows of other views, in place of `row` */
  readonly otherRows?: readonly string[];
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly example: unknown;
}

const { start, end, step, role, service, client, error_type, method, route, status, direction, name, host, slo, metric, limit, cursor } = PARAMETERS;
const range = { start, end, step };
const pages = { limit, cursor };
const filters = { role, service, method, route, status };
const group_by = groupByParameter(GROUP_KEYS, DEFAULT_GROUP);

const failures_by = groupByParameter(
  FAILURE_KEYS,
  DEFAULT_GROUP,
  'With `error_type` rows are of exchanges without a whole response only, one for each reason; their status is 0 where nothing of the response was seen.',
);

const usual = { basis: 'last_24_hours', hours: 24 };
const envelope = (data: unknown[], step = 10, more = {}): unknown => ({
  range: { start: '2026-11-22T09:00:00Z', end: '2026-11-22T10:00:00Z', step },
  data,
  quality: { complete: true, lost: 0, lost_by: {}, lost_batches: 0, lost_exchanges: 0, sampling: null, hosts: 3, coverage: 1 },
  ...more,
});
const keys = { service: 'shop', method: 'GET', route: '/orders/{int}' };

export const LISTINGS = {
  services: {
    path: 'v1/services',
    summary: 'Services seen in the range, with errors and time to first byte',
    row: 'Service',
    parameters: {
      ...range,
      role,
      service,
      slo,
      sort: oneOf(
        ['exchanges', 'burn_rate', 'error_ratio', 'ttfb_p99', 'deviation'],
        'What comes first: the largest; `deviation`: what is most unusual, up or down, and each row has what `view=baseline` gives.',
        'exchanges',
      ),
      view: oneOf(['series', 'baseline'], '`series`: each row also has its series, one entry a step. `baseline`: what was usual before (`expected`, `deviation`).'),
      ...pages,
    },
    example: envelope(
      [
        {
          service: 'shop',
          role: 'server',
          exchanges: 51_204,
          rate_per_s: 14.223333,
          client_errors: 310,
          server_errors: 12,
          transport_errors: 3,
          error_ratio: 0.000293,
          burn_rate: 0.42,
          trend: 0.12,
          trend_day: -0.03,
          ttfb_ms: { p50: 1.4, p95: 8.9, p99: 21.3 },
          series: {
            t: ['2026-11-22T09:00:00Z', '2026-11-22T09:30:00Z'],
            exchanges: [25_101, 26_103],
            client_errors: [150, 160],
            server_errors: [0, 12],
            transport_errors: [0, 3],
            ttfb_p50_ms: [1.4, 1.4],
            ttfb_p99_ms: [20.9, 21.7],
          },
        },
      ],
      1_800,
    ),
  },
  requestPatterns: {
    path: 'v1/request-patterns',
    summary: 'How often each kind of request was made, and how that compares with the range before',
    row: 'RequestPattern',
    parameters: {
      ...range,
      group_by,
      ...filters,
      view: oneOf(
        ['latency', 'baseline', 'changes'],
        '`latency`: each row also has its errors, latencies, time spent and bytes. `baseline`: what was usual before (`expected`, `deviation`). `changes`: only rows that are new in the range or vanished from it (`change`), by default of service, method and route; none where less than an hour before the range was watched.',
      ),
      sort: oneOf(
        ['exchanges', 'deviation'],
        'What comes first: the largest; `deviation`: what is most unusual, up or down, and each row has what `view=baseline` gives. With `view=changes` always the exchanges, those of vanished ones as they were expected.',
        'exchanges',
      ),
      ...pages,
    },
    example: envelope(
      [
        {
          ...keys,
          status: 200,
          exchanges: 18_002,
          rate_per_s: 5.000556,
          trend: 0.12,
          trend_day: -0.03,
          expected: { median_per_s: 4.6, low_per_s: 3.1, high_per_s: 6.1, ...usual },
          deviation: 0.8,
          client_errors: 0,
          server_errors: 0,
          transport_errors: 0,
          ttfb_ms: { p50: 1.4, p95: 8.9, p99: 21.3 },
          total_ms: { p50: 1.6, p95: 9.4, p99: 25 },
          total_ms_sum: 41_404.6,
          request_bytes: 5_760_640,
          response_bytes: 30_603_400,
          begun: 0,
          ended: 0,
        },
      ],
      10,
      { next_cursor: 'eyJ2IjoxfQ' },
    ),
  },
  failures: {
    path: 'v1/failures',
    summary: 'Failed requests: status 400 and above, or no whole response',
    row: 'Failure',
    parameters: {
      ...range,
      group_by: failures_by,
      ...filters,
      error_type,
      view: oneOf(['baseline'], '`baseline`: what was usual before (`expected`, `deviation`), and whether it is `new`.'),
      sort: oneOf(
        ['failures', 'excess', 'deviation'],
        'What comes first: the largest; `deviation`: what fails most unusually often, and each row has what `view=baseline` gives.',
        'failures',
      ),
      ...pages,
    },
    example: envelope([
      {
        ...keys,
        exchanges: 18_312,
        client_errors: 310,
        server_errors: 0,
        transport_errors: 2,
        error_ratio: 0.017038,
        baseline_ratio: 0.004,
        excess: 238.752,
        error_types: { connection_reset: 2 },
        broken_before_response: 2,
        broken_within_response: 0,
        first_seen: '2026-11-22T09:12:31.204Z',
        new: false,
        expected: { median_ratio: 0.004, low_ratio: 0.0021, high_ratio: 0.0059, ...usual },
        deviation: 20.6,
      },
    ]),
  },
  clients: {
    path: 'v1/clients',
    summary: 'Who was answered what: clients of services with their statuses (role server)',
    row: 'Client',
    parameters: { ...range, service, client, sort: oneOf(['exchanges', 'failures'], 'What comes first: the largest.', 'exchanges'), ...pages },
    example: envelope([
      {
        client: 'checkout',
        service: 'shop',
        exchanges: 9_120,
        client_errors: 41,
        server_errors: 3,
        transport_errors: 1,
        error_ratio: 0.004934,
        statuses: { 0: 1, 200: 9_075, 404: 41, 503: 3 },
        share: 0.178111,
        at_least: false,
      },
    ]),
  },
  latency: {
    path: 'v1/latency',
    summary: 'Latency over time: time to first byte and total time',
    row: 'LatencyPoint',
    otherRows: ['LatencyHeatmapPoint'],
    parameters: { ...range, ...filters, view: oneOf(['heatmap'], '`heatmap`: points are distributions (LatencyHeatmapPoint) in place of quantiles.'), metric },
    example: envelope(
      [
        {
          t: '2026-11-22T09:00:00Z',
          exchanges: 850,
          ttfb_ms: { p50: 1.4, p90: 5.2, p95: 8.9, p99: 21.3, p999: 80.1 },
          total_ms: { p50: 1.6, p90: 6.0, p95: 9.4, p99: 25.0, p999: 91.7 },
          complete: true,
        },
      ],
      60,
    ),
  },
  headers: {
    path: 'v1/headers',
    summary: 'Header fields: how often present, how many distinct values, how many bytes',
    row: 'Header',
    parameters: {
      ...range,
      role,
      service,
      direction,
      name,
      group_by: oneOf(['name,direction', 'name,direction,service'], 'Keys of a row.', 'name,direction'),
      view: oneOf(['series'], '`series` (needs `name`): each row also has its series, one entry a step.'),
      ...pages,
    },
    example: envelope([
      {
        name: 'content-type',
        direction: 'response',
        exchanges: 51_000,
        presence: 0.996016,
        presence_before: 0.995,
        sensitive: false,
        distinct: 4,
        bytes: 1_530_000,
        top: [{ value: 'application/json', exchanges: 50_100, error: 0 }],
        sampled: false,
      },
    ]),
  },
  exchanges: {
    path: 'v1/exchanges',
    summary: 'Kept samples of exchanges, newest first: not all exchanges, but for each request pattern its failed, slow or good ones',
    row: 'Exchange',
    parameters: {
      start: { ...start, description: start.description.replace('one hour before end', '24 hours before end, as long as samples are kept') },
      end,
      ...filters,
      host,
      ...pages,
    },
    example: envelope([
      {
        kept: 'failed',
        seen_at: '2026-11-22T09:59:58Z',
        host: 'web-1',
        exchange: {
          start_time: '2026-11-22T09:59:58.001200300Z',
          'headwater.phase': 'complete',
          'headwater.role': 'server',
          'service.name': 'shop',
          'http.request.method': 'POST',
          'http.route': '/pay',
          'http.response.status_code': 500,
          'headwater.ttfb_ns': 40_100_000,
          'http.request.headers': [{ name: 'Content-Type', value: 'application/json', action: 'keep' }],
          'http.response.headers': [],
          'headwater.connection': '81723',
          'headwater.ordinal': 4,
          'headwater.weight': 1,
          'headwater.flags': [],
        },
      },
    ]),
  },
  agents: {
    path: 'v1/fleet/agents',
    summary: 'Agents of the fleet: what they capture, what they lost, how far behind they are',
    row: 'Agent',
    parameters: { ...range, host, ...pages },
    example: envelope([
      {
        host: 'web-1',
        version: '0.1.0',
        hooks: 'sock',
        hooks_why: 'auto: the kernel has the tracepoints of sockets',
        scope: ['port=8080'],
        policy: 'shop@3+fleet@7',
        source: 'live',
        kernel: '6.12.0',
        incarnation: '0190f0a2',
        started_at: '2026-11-22T08:00:00Z',
        exchanges: 51_204,
        losses: { ring_full: 0 },
        filtered: {},
        coverage: 1,
        policy_state: {
          host: 'shop@3',
          source: 'file',
          loaded_at: '2026-11-22T08:00:00Z',
          narrowing: { policy: 'fleet@7', key: 'k1', accepted_at: '2026-11-22T08:00:02Z' },
          refused: null,
        },
        sampling: { reason: 'governor', one_in: 2, since: '2026-11-22T09:58:40Z' },
        cpu_percent: 4.2,
        cpu_ceiling_percent: 5,
        spool: { bytes: 0, batches: 0, oldest_at: null },
        unread_by: [{ executable: 'curl', reason: 'tls', messages: 31 }],
        lag_ms: 210,
        skew_ms: 3,
        account: {
          request: { started: 51_206, emitted: 51_204, filtered: {}, lost: {}, in_flight: 2 },
          response: { started: 51_204, emitted: 51_204, filtered: {}, lost: {}, in_flight: 0 },
          exchanges: 51_204,
          batches: 3_600,
          lost_batches: {},
          clamped_times: 0,
          late_exchanges: 0,
          sampling: [{ reason: 'governor', one_in: 8, exchanges: 41_020, kept: 5_402 }],
        },
        seen_at: '2026-11-22T09:59:58Z',
        alive: true,
        conflicts: [],
      },
    ]),
  },
} as const satisfies Record<string, Listing>;
