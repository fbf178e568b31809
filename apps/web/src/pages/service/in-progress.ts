import type { RowOf } from '../../api/client.ts';
import { formatExact } from '../../format/numbers.ts';
import { instantText, parseInstant } from '../../time/range.ts';

type Row = Pick<RowOf<'/v1/request-patterns'>, 'begun' | 'ended'>;

export interface LongExchanges {
  begun: number;
  ended: number;
  /** at least so many are in progress at the end: what ended of those that began earlier hides as many */
  open: number;
}

/** Long exchanges (streams, WebSockets, downloads) over some rows; null where there was none. */
export function longOf(rows: readonly Row[]): LongExchanges | null {
  const begun = rows.reduce((n, r) => n + (r.begun ?? 0), 0);
  const ended = rows.reduce((n, r) => n + (r.ended ?? 0), 0);
  return begun === 0 && ended === 0 ? null : { begun, ended, open: Math.max(0, begun - ended) };
}

/** What the gauge says, in words. */
export function longText(long: LongExchanges | null | undefined): string {
  const what = 'Long exchanges: streams, WebSockets, tunnels, downloads';
  if (long === undefined) return what;
  if (long === null) return `${what}; there was none in the 24 hours up to the end of the range`;
  return `${what}; ${formatExact(long.begun)} began and ${formatExact(long.ended)} ended in the 24 hours up to the end of the range, so at least ${formatExact(long.open)} are in progress`;
}

const DAY_MS = 86_400_000;

/** A day before the end of a range, as the API takes it; a range that ends at now stays relative, so that it is one question. */
export function dayBefore(to: string, now = Date.now()): string {
  const end = parseInstant(to, now);
  return to === 'now' || end === null ? 'now-24h' : instantText(end - DAY_MS);
}
