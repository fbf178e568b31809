import type { AnswerOf, RowOf } from '../../api/client.ts';

const ROW: RowOf<'/v1/services'> = {
  service: '',
  role: 'server',
  exchanges: 0,
  rate_per_s: 0,
  client_errors: 0,
  server_errors: 0,
  transport_errors: 0,
  error_ratio: 0,
  burn_rate: null,
  trend: null,
  trend_day: null,
  ttfb_ms: { p50: null, p95: null, p99: null },
};

/** An answer without anything in it, for the room that the real one will take. */
export const NOTHING = {
  row: ROW,
  answer: {
    range: { start: '1970-01-01T00:00:00Z', end: '1970-01-01T01:00:00Z', step: 10 },
    data: [ROW],
    quality: { complete: true, lost: 0, lost_by: {}, lost_batches: 0, lost_exchanges: 0, sampling: null, hosts: 0, coverage: 1 },
  } satisfies AnswerOf<'/v1/services'>,
  readAt: 0,
  marks: [],
  expected: null,
};
