import { OTHER, type Role, type ServiceWindow } from '@headwater/sketch';
import { DISTRIBUTION_VALUES, addDistribution } from './histogram.ts';
import type { Row, WindowRows } from './port.ts';

/** Where the numbers of a pattern are in its row. */
export const EXCHANGES = 0;
export const REQUEST_BYTES = 1;
export const SIZED_REQUESTS = 2;
export const RESPONSE_BYTES = 3;
export const SIZED_RESPONSES = 4;
export const TOTAL = 5;
export const TTFB = TOTAL + DISTRIBUTION_VALUES;
const PATTERN_VALUES = TTFB + DISTRIBUTION_VALUES;

/** Labels of a pattern's row. A fifth one, an error type, makes it a row of failures, whose one value is their number. */
export interface PatternLabels {
  role: Role;
  method: string;
  route: string;
  /** 0: there was none; null: one of many (`{other}`) */
  status: number | null;
  /** of a row of failures: why there was no whole response */
  errorType: string | null;
}

export function patternOf({ labels }: Row): PatternLabels {
  const [role, method, route, status, errorType] = labels as [Role, string, string, string, string?];
  return { role, method, route, status: status === OTHER ? null : Number(status), errorType: errorType ?? null };
}

/** The busiest patterns first, so that they get the series there are; ties by name. */
export function serviceRows(startMs: number, window: ServiceWindow): WindowRows {
  const rows: Row[] = [];
  const patterns = [...window.patterns()].sort((a, b) => b.exchanges - a.exchanges || (a.route < b.route ? -1 : 1));
  for (const p of patterns) {
    const labels = [p.role, p.method, p.route, String(p.status)];
    const values = Array.from({ length: PATTERN_VALUES }, () => 0);
    values[EXCHANGES] = p.exchanges;
    values[REQUEST_BYTES] = p.requestBytes;
    values[SIZED_REQUESTS] = p.sizedRequests;
    values[RESPONSE_BYTES] = p.responseBytes;
    values[SIZED_RESPONSES] = p.sizedResponses;
    addDistribution(values, TOTAL, p.total);
    addDistribution(values, TTFB, p.ttfb);
    rows.push({ labels, values });
    for (const [type, n] of p.errors) rows.push({ labels: [...labels, type], values: [n] });
  }
  return { startMs, rows, counted: [window.roleExchanges.server, window.roleExchanges.client] };
}
