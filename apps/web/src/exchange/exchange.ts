/** A header field of a header event of v1, in wire order, repeats kept; `action` is what the host's policy did to the value. */
export interface HeaderField {
  name: string;
  value: string;
  action: string;
}

/** A header event of v1 as JSON (header-event.v1.schema.json): absent columns are left out. */
export interface Exchange {
  start_time: string;
  'http.request.headers': HeaderField[];
  'http.response.headers': HeaderField[];
  [column: string]: unknown;
}

/** A kept sample as `GET /v1/exchanges` answers it. */
export interface Sample {
  kept: 'failed' | 'slow' | 'good';
  seen_at: string;
  exchange: Exchange;
}

export function textOf(exchange: Exchange, column: string): string | null {
  const value = exchange[column];
  return typeof value === 'string' && value !== '' ? value : null;
}

export function numberOf(exchange: Exchange, column: string): number | null {
  const value = exchange[column];
  return typeof value === 'number' ? value : null;
}

/** The final status; 0 when there was no response. */
export const statusOf = (exchange: Exchange): number => numberOf(exchange, 'http.response.status_code') ?? 0;

export const headersOf = (exchange: Exchange, side: 'request' | 'response'): HeaderField[] => exchange[`http.${side}.headers`] ?? [];

/** What came of it: `502`, `no response: connection_reset`, `200, then connection_reset`. */
export function outcomeOf(exchange: Exchange): string {
  const status = statusOf(exchange);
  const error = textOf(exchange, 'error.type');
  if (status === 0) return error === null ? 'no response' : `no response: ${error}`;
  return error === null ? String(status) : `${status}, then ${error}`;
}

/** Broken off before any of a response came: then what it lacks in headers is no news. */
export const hasResponse = (exchange: Exchange): boolean => statusOf(exchange) !== 0 || headersOf(exchange, 'response').length > 0;
