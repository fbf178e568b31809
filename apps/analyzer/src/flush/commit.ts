import type { Commit, SummaryStore } from '@headwater/summary-store';
import type { Report } from '../report/report.ts';
import { patiently } from '../patience.ts';

/** What the flush needs of a fold. */
export interface Committable {
  commit(unit: Commit['unit'], silent: string[], nowMs: number): Commit;
  committed(commit: Commit, taken: readonly { resolution: Commit['segments'][number]['resolution']; start: number; subject: string }[], nowMs: number): void;
}

/**
 * One atomic step: all changed windows, the next offset, the agents. While the store is away the very same commit
 * is sent again (a repeat answers ok). Any answer but ok means that the memory is not what the store holds: drop it.
 */
export async function commitFold(
  store: SummaryStore,
  fold: Committable,
  unit: Commit['unit'],
  silent: string[],
  signal: AbortSignal,
  now: () => number,
  report: Report,
): Promise<'ok' | 'stale' | 'taken' | 'fenced'> {
  const began = now();
  const commit = fold.commit(unit, silent, began);
  const result = await patiently(
    () => store.commit(commit),
    signal,
    (error) => report.waiting('commit', error),
  );
  if (result.kind === 'ok') {
    fold.committed(commit, result.taken, now());
    report.committed(unit.partition, (now() - began) / 1000, commit.segments.length);
    return 'ok';
  }
  report.dropped(unit.partition, result.kind, detailOf(result));
  return result.kind;
}

function detailOf(result: { kind: string; epoch?: number; nextOffset?: number | null; keys?: readonly { subject: string; start: number }[] }): string {
  if (result.kind === 'fenced') return `the store holds epoch ${result.epoch}`;
  if (result.kind === 'stale') return `the store stands at offset ${result.nextOffset}`;
  return (result.keys ?? [])
    .slice(0, 3)
    .map((k) => `${k.subject}@${k.start}`)
    .join(', ');
}
