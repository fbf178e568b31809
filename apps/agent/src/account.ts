import type { BatchAccount, BatchSampling, StartAccount } from '@headwater/header-event';

/** Reasons of what the agent captured and could not hand to the bus; the capture has its own. */
export type PublishLoss = 'queue_full' | 'too_large' | 'unsent' | 'spool_full' | 'spool_age' | 'spool_error' | 'spool_corrupt';

/** Rows (message starts that had left the capture) by side. */
export interface Rows {
  request: number;
  response: number;
}

export type Losses = Partial<Record<PublishLoss, Rows>>;

/** Rows that a batch with this account carries. */
export function rowsOf(account: BatchAccount): Rows {
  return { request: account.request.emitted, response: account.response.emitted };
}

/** Adds `rows` to what was lost for `reason`, `times` 1, or takes them back, -1. */
export function countLoss(losses: Losses, reason: PublishLoss, rows: Rows, times: 1 | -1 = 1): void {
  const before = losses[reason];
  losses[reason] = { request: (before?.request ?? 0) + times * rows.request, response: (before?.response ?? 0) + times * rows.response };
}

export function sumLosses(a: Losses, b: Losses): Losses {
  const sum: Losses = { ...a };
  for (const [reason, rows] of Object.entries(b)) countLoss(sum, reason as PublishLoss, rows);
  return sum;
}

/** What a batch that will never be sent says: everything it would have emitted is lost for `reason`; its exchanges are gone. */
export function asLoss(account: BatchAccount, reason: PublishLoss): BatchAccount {
  const side = (s: StartAccount): StartAccount => ({ ...s, emitted: 0, lost: addReason(s.lost, reason, s.emitted) });
  return { ...account, request: side(account.request), response: side(account.response), exchanges: 0 };
}

/**
 * One account for two consecutive stretches of time, `later` ending last. Deltas add up; `in_flight`, the
 * watermark, coverage and the source are those of `later`, which is the newer truth.
 */
export function mergeAccounts(earlier: BatchAccount, later: BatchAccount): BatchAccount {
  const side = (a: StartAccount, b: StartAccount): StartAccount => ({
    started: a.started + b.started,
    emitted: a.emitted + b.emitted,
    filtered: addReasons(a.filtered, b.filtered),
    lost: addReasons(a.lost, b.lost),
    in_flight: b.in_flight,
  });
  const sampling = mergeSampling(earlier.sampling, later.sampling);
  return {
    ...later,
    since_unix_ms: Math.min(earlier.since_unix_ms, later.since_unix_ms),
    request: side(earlier.request, later.request),
    response: side(earlier.response, later.response),
    exchanges: earlier.exchanges + later.exchanges,
    unread: addReasons(earlier.unread, later.unread),
    ...(sampling ? { sampling } : {}),
  };
}

/** `kept` stays what the capture made rows of, also where they are lost: exchanges - kept is what counts as filtered (sampled). */
function mergeSampling(a: BatchSampling | undefined, b: BatchSampling | undefined): BatchSampling | undefined {
  if (!a || !b) return a ?? b;
  return {
    reason: a.reason === 'governor' || b.reason === 'governor' ? 'governor' : 'policy',
    one_in: Math.max(a.one_in, b.one_in),
    exchanges: a.exchanges + b.exchanges,
    kept: a.kept + b.kept,
  };
}

function addReason(counts: Record<string, number>, reason: string, by: number): Record<string, number> {
  return by === 0 ? counts : { ...counts, [reason]: (counts[reason] ?? 0) + by };
}

function addReasons(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  let sum = a;
  for (const [reason, n] of Object.entries(b)) sum = addReason(sum, reason, n);
  return sum;
}
