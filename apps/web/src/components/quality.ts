import type { components } from '../api/types.generated.ts';
import { countOf, formatCount, formatPercent } from '../format/numbers.ts';

export type QualityFigures = components['schemas']['Quality'];

export interface QualityText {
  /** `1.2 k exchanges, 2 hosts, 0 lost` */
  counts: string;
  /** `arriving`: nothing is known to be missing, only the newest windows are still open */
  state: 'complete' | 'arriving' | 'lossy';
  /** why it is not complete, the worst first */
  reasons: string[];
}

/** Reasons of loss as the agents name them, in words; a name that is new is shown as it is. */
const REASONS: Readonly<Record<string, string>> = {
  ring_full: 'the kernel had no room in the ring',
  resync: 'not to be paired after a loss',
  peer_lost: 'the other half was lost',
  gap_in_head: 'bytes of the head were missing',
  late: 'records came too late',
  reassembly_cap: 'no memory for unfinished messages',
  pending_cap: 'too many unanswered requests on a connection',
  connection_cap: 'too many connections at once',
  batch_queue_full: 'the agent could not keep up',
  bad_record: 'records did not follow the format',
};

export function reasonText(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll('_', ' ');
}

export function qualityOf(quality: QualityFigures, exchanges?: number): QualityText {
  const counts = [...(exchanges === undefined ? [] : [countOf(exchanges, 'exchange')]), countOf(quality.hosts, 'host'), `${formatCount(quality.lost)}\u00a0lost`].join(', ');
  const reasons: string[] = [];
  if (quality.lost > 0) {
    const by = Object.entries(quality.lost_by)
      .filter(([, n]) => n > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, n]) => `${formatCount(n)} ${reasonText(reason)}`);
    reasons.push(`${formatCount(quality.lost)}\u00a0lost${by.length > 0 ? ` (${by.join(', ')})` : ''}`);
  }
  if (quality.coverage < 1) reasons.push(`${formatPercent(1 - quality.coverage)} could not be read`);
  const lossy = reasons.length > 0;
  if (!quality.complete && !lossy) reasons.push('the newest windows are still open');
  return { counts, state: lossy ? 'lossy' : quality.complete ? 'complete' : 'arriving', reasons };
}
