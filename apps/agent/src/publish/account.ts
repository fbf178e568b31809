import type { BatchAccount, StartAccount } from '@headwater/header-event';

/** Reasons of this stage; the capture has its own. */
export type PublishLoss = 'queue_full' | 'too_large' | 'unsent';

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
  return {
    ...later,
    since_unix_ms: Math.min(earlier.since_unix_ms, later.since_unix_ms),
    request: side(earlier.request, later.request),
    response: side(earlier.response, later.response),
    exchanges: earlier.exchanges + later.exchanges,
    unread: addReasons(earlier.unread, later.unread),
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
