import type { HostsWindow, StartCounts } from '@headwater/sketch';
import type { Row, WindowRows } from './port.ts';

/** Labels of a row: host, what is counted, and what tells it apart. */
export const HOST_COUNTS = {
  started: 'started',
  emitted: 'emitted',
  filtered: 'filtered',
  lost: 'lost',
  exchanges: 'exchanges',
  batches: 'batches',
  lostBatches: 'lost_batches',
  repeatedBatches: 'repeated_batches',
  coverageRead: 'coverage_read',
  coverageKnown: 'coverage_known',
  unread: 'unread',
} as const;

export function hostsRows(startMs: number, window: HostsWindow): WindowRows {
  const rows: Row[] = [];
  for (const a of [...window.hosts()].sort((x, y) => (x.host < y.host ? -1 : 1))) {
    const add = (n: number, ...labels: string[]) => {
      if (n > 0) rows.push({ labels: [a.host, ...labels], values: [n] });
    };
    const starts = (message: string, s: StartCounts) => {
      add(s.started, HOST_COUNTS.started, message);
      add(s.emitted, HOST_COUNTS.emitted, message);
      for (const [reason, n] of s.filtered) add(n, HOST_COUNTS.filtered, message, reason);
      for (const [reason, n] of s.lost) add(n, HOST_COUNTS.lost, message, reason);
    };
    starts('request', a.request);
    starts('response', a.response);
    add(a.exchanges, HOST_COUNTS.exchanges);
    add(a.batches, HOST_COUNTS.batches);
    for (const [reason, n] of a.lostBatches) add(n, HOST_COUNTS.lostBatches, reason);
    add(a.repeatedBatches, HOST_COUNTS.repeatedBatches);
    add(a.coverageRead, HOST_COUNTS.coverageRead);
    add(a.coverageKnown, HOST_COUNTS.coverageKnown);
    for (const [reason, n] of a.unread) add(n, HOST_COUNTS.unread, reason);
  }
  return { startMs, rows, counted: [] };
}
