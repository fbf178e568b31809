import { addCounts, type HostAccount, type StartCounts } from '@headwater/sketch';
import type { BatchAccount, StartAccount } from '@headwater/header-event';

/** Adds what a batch says of the capture since the batch before it: sums, but `in_flight`, which is a state. */
export function foldAccount(host: HostAccount, account: BatchAccount): void {
  const newest = account.until_unix_ms >= host.untilMs;
  addStart(host.request, account.request, newest);
  addStart(host.response, account.response, newest);
  host.untilMs = Math.max(host.untilMs, account.until_unix_ms);
  host.exchanges += account.exchanges;
  host.coverageRead += account.exchanges;
  host.coverageKnown += account.coverage > 0 ? Math.round(account.exchanges / account.coverage) : account.exchanges;
  addCounts(host.unread, Object.entries(account.unread));
  if (account.sampling) {
    const { reason, one_in, exchanges, kept } = account.sampling;
    host.addSampling(reason, { oneIn: one_in, exchanges, kept });
  }
  host.batches++;
}

function addStart(into: StartCounts, more: StartAccount, newest: boolean): void {
  into.started += more.started;
  into.emitted += more.emitted;
  addCounts(into.filtered, Object.entries(more.filtered));
  addCounts(into.lost, Object.entries(more.lost));
  if (newest) into.inFlight = more.in_flight;
}
