import { DEFAULT_GROUP } from './answers/ask.ts';
import { GROUP_KEYS } from './answers/selection.ts';
import { groupByParameter, PARAMETERS, type Parameter } from './query/parameters.ts';

/** What a listing takes and answers: read by the controllers (checks) and by OpenAPI (documentation). */
export interface Listing {
  readonly path: string;
  readonly summary: string;
  readonly row: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly example: unknown;
}

const { start, end, step, role, service, method, route, status, direction, name, host, limit, cursor } = PARAMETERS;
const range = { start, end, step };
const pages = { limit, cursor };
const filters = { role, service, method, route, status };
const group_by = groupByParameter(GROUP_KEYS, DEFAULT_GROUP);

const envelope = (data: unknown[], step = 10, more = {}): unknown => ({
  range: { start: '2026-11-22T09:00:00Z', end: '2026-11-22T10:00:00Z', step },
  data,
  quality: { complete: true, lost: 0, lost_by: {}, hosts: 3, coverage: 1 },
  ...more,
});
const keys = { service: 'shop', method: 'GET', route: '/orders/{int}' };

export const LISTINGS = {
  services: {
    path: 'v1/services',
    summary: 'Services seen in the range, with errors and time to first byte',
    row: 'Service',
    parameters: { ...range, role, service, ...pages },
    example: envelope([{ service: 'shop', role: 'server', exchanges: 51_204, client_errors: 310, server_errors: 12, ttfb_ms: { p50: 1.4, p95: 8.9, p99: 21.3 } }]),
  },
  requestPatterns: {
    path: 'v1/request-patterns',
    summary: 'How often each kind of request was made, and how that compares with the range before',
    row: 'RequestPattern',
    parameters: { ...range, group_by, ...filters, ...pages },
    example: envelope([{ ...keys, status: 200, exchanges: 18_002, rate_per_s: 5.000556, trend: 0.12 }], 10, { next_cursor: 'eyJ2IjoxfQ' }),
  },
  failures: {
    path: 'v1/failures',
    summary: 'Failed requests: status 400 and above, or no whole response',
    row: 'Failure',
    parameters: { ...range, group_by, ...filters, ...pages },
    example: envelope([
      { ...keys, status: 404, exchanges: 310, client_errors: 310, server_errors: 0, transport_errors: 0, error_ratio: 1, first_seen: '2026-11-22T09:12:31.204Z' },
    ]),
  },
  latency: {
    path: 'v1/latency',
    summary: 'Latency over time: time to first byte and total time',
    row: 'LatencyPoint',
    parameters: { ...range, ...filters },
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
    parameters: { ...range, role, service, direction, name, ...pages },
    example: envelope([
      {
        name: 'content-type',
        direction: 'response',
        exchanges: 51_000,
        presence: 0.996016,
        distinct: 4,
        bytes: 1_530_000,
        top: [{ value: 'application/json', exchanges: 50_100, error: 0 }],
        sampled: false,
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
        scope: ['port=8080'],
        policy: 'default@1',
        source: 'live',
        kernel: '6.12.0',
        incarnation: '0190f0a2',
        started_at: '2026-11-22T08:00:00Z',
        exchanges: 51_204,
        losses: { ring_full: 0 },
        filtered: {},
        coverage: 1,
        lag_ms: 210,
        skew_ms: 3,
        seen_at: '2026-11-22T09:59:58Z',
        alive: true,
        conflicts: [],
      },
    ]),
  },
} as const satisfies Record<string, Listing>;
