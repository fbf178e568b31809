import type { Ranked } from '../query/cursor.ts';
import { changesOf, expectedRate, firstOf, type Change, type ExpectedRate } from './changes.ts';
import type { History } from './history.ts';
import type { PatternLatency } from './pattern-latency.ts';
import type { Group } from './pattern-totals.ts';
import { quantiles3, type Quantiles3 } from './quantiles.ts';
import { trendOf } from './ratios.ts';
import { round } from './round.ts';
import type { GroupRow } from './selection.ts';

export interface RequestPatternRow extends GroupRow, Partial<Change> {
  exchanges: number;
  rate_per_s: number;
  /** exchanges / exchanges in the range of the same length before - 1; null when there were none */
  trend: number | null;
  /** the same against the same range a day earlier */
  trend_day: number | null;
  /** what was usual; null: too little is known */
  expected?: ExpectedRate | null;
  deviation?: number | null;
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

export type PatternSort = 'exchanges' | 'deviation';

/** What else was asked for. */
export interface PatternViews {
  latency: PatternLatency | null;
  history: History | null;
}

function countsOf({ keys, totals: t }: Group, lengths: Lengths): RequestPatternRow {
  return {
    ...keys,
    exchanges: t.exchanges,
    rate_per_s: round((t.exchanges * 1_000) / lengths.range, 6),
    trend: trendOf(t.exchanges, lengths.range, t.before, lengths.before),
    trend_day: trendOf(t.exchanges, lengths.range, t.day, lengths.day),
  };
}

export function requestPatternRows(groups: readonly Group[], lengths: Lengths, sort: PatternSort, { latency, history }: PatternViews): Ranked<RequestPatternRow>[] {
  const rows: Ranked<RequestPatternRow>[] = [];
  for (const g of groups) {
    const { key, totals: t } = g;
    if (t.exchanges === 0) continue;
    const row = countsOf(g, lengths);
    if (history !== null) Object.assign(row, expectedRate(history, t.exchanges, t.history, firstOf(history, g)));
    if (latency !== null) Object.assign(row, { client_errors: t.clientErrors, server_errors: t.serverErrors, transport_errors: t.transportErrors, ...latencyOf(latency, key) });
    rows.push({ rank: sort === 'exchanges' ? t.exchanges : row.deviation === null || row.deviation === undefined ? -1 : Math.abs(row.deviation), key, row });
  }
  return rows;
}

/** Only what is new in the range or vanished from it. */
export function changeRows(groups: readonly Group[], lengths: Lengths, history: History): Ranked<RequestPatternRow>[] {
  return changesOf(groups, history, lengths.range).map(({ group, rank, change }) => ({ rank, key: group.key, row: { ...countsOf(group, lengths), ...change } }));
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
