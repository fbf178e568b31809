import type { Ranked } from '../query/cursor.ts';
import type { PatternLatency } from './pattern-latency.ts';
import type { Group } from './pattern-totals.ts';
import { quantiles3, type Quantiles3 } from './quantiles.ts';
import { trendOf } from './ratios.ts';
import { round } from './round.ts';
import type { GroupRow } from './selection.ts';

export interface RequestPatternRow extends GroupRow {
  exchanges: number;
  rate_per_s: number;
  /** exchanges / exchanges in the range of the same length before - 1; null when there were none */
  trend: number | null;
  /** the same against the same range a day earlier */
  trend_day: number | null;
  client_errors?: number;
  server_errors?: number;
  transport_errors?: number;
  ttfb_ms?: Quantiles3;
  total_ms?: Quantiles3;
  /** time spent: sum of the total times */
  total_ms_sum?: number;
  /** of requests and responses whose size is known */
  request_bytes?: number;
  response_bytes?: number;
  /** long exchanges (streams, upgrades, tunnels, slow responses) that began in the range, and whose end came in it */
  begun?: number;
  ended?: number;
}

/** Lengths of the range and of those it is compared with, ms. */
export interface Lengths {
  range: number;
  before: number;
  day: number;
}

export function requestPatternRows(groups: readonly Group[], lengths: Lengths, latency: PatternLatency | null): Ranked<RequestPatternRow>[] {
  return groups
    .filter((g) => g.totals.exchanges > 0)
    .map(({ key, keys, totals: t }) => ({
      rank: t.exchanges,
      key,
      row: {
        ...keys,
        exchanges: t.exchanges,
        rate_per_s: round((t.exchanges * 1_000) / lengths.range, 6),
        trend: trendOf(t.exchanges, lengths.range, t.before, lengths.before),
        trend_day: trendOf(t.exchanges, lengths.range, t.day, lengths.day),
        ...(latency === null ? {} : { client_errors: t.clientErrors, server_errors: t.serverErrors, transport_errors: t.transportErrors, ...latencyOf(latency, key) }),
      },
    }));
}

function latencyOf(latency: PatternLatency, key: string): Partial<RequestPatternRow> {
  const { ttfb, total, requestBytes, responseBytes, begun, ended } = latency.of(key);
  return {
    ttfb_ms: quantiles3(ttfb),
    total_ms: quantiles3(total),
    total_ms_sum: round(total.sum / 1e6, 3),
    request_bytes: requestBytes,
    response_bytes: responseBytes,
    begun,
    ended,
  };
}
