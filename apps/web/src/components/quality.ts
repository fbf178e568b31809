import type { components } from '../api/types.generated.ts';
import { countOf, formatCount, formatExact, formatPercent } from '../format/numbers.ts';
import { LOST, meaningOf } from './losses.ts';

export type QualityFigures = components['schemas']['Quality'];

export interface QualityText {
  /** `1.2 k exchanges, 2 hosts, 0 lost` */
  counts: string;
  /** `arriving`: nothing is known to be missing, only the newest windows are still open */
  state: 'complete' | 'arriving' | 'lossy';
  /** why it is not complete, the worst first */
  reasons: string[];
  /** not all exchanges were kept, as somebody asked for: what it comes to in a few words, and what it means for figures */
  sampled: { text: string; meaning: string } | null;
}

/** By whom a sample rate was asked for. */
const SAMPLED_BY: Readonly<Record<string, string>> = { policy: 'policy', governor: 'overhead ceiling' };

/** `1 in 64 by policy and overhead ceiling` */
export function samplingText({ one_in, reasons }: { one_in: number; reasons: readonly string[] }): string {
  const by = reasons.map((r) => SAMPLED_BY[r] ?? r.replaceAll('_', ' ')).toSorted((a, b) => (a < b ? 1 : -1));
  return `1\u00a0in\u00a0${formatCount(one_in)} by ${by.join(' and ')}`;
}

export function qualityOf(quality: QualityFigures, exchanges?: number): QualityText {
  const counts = [...(exchanges === undefined ? [] : [countOf(exchanges, 'exchange')]), countOf(quality.hosts, 'host'), `${formatCount(quality.lost)}\u00a0lost`].join(', ');
  const reasons: string[] = [];
  if (quality.lost > 0) {
    const by = Object.entries(quality.lost_by)
      .filter(([, n]) => n > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, n]) => `${formatCount(n)} ${meaningOf(LOST, reason)}`);
    reasons.push(`${formatCount(quality.lost)}\u00a0lost${by.length > 0 ? ` (${by.join(', ')})` : ''}`);
  }
  if (quality.lost_batches > 0) {
    const inside = quality.lost_exchanges === null ? '' : ` with ${countOf(quality.lost_exchanges, 'exchange')}`;
    reasons.push(`${countOf(quality.lost_batches, 'batch', 'batches')} of agents never came${inside}`);
  }
  if (quality.coverage < 1) reasons.push(`${formatPercent(1 - quality.coverage)} could not be read`);
  const lossy = reasons.length > 0;
  if (!quality.complete && !lossy) reasons.push('the newest windows are still open');
  const sampled =
    quality.sampling === null
      ? null
      : {
          text: `Sampled: ${samplingText(quality.sampling)}`,
          meaning: `Of ${formatExact(quality.sampling.exchanges)} exchanges of the hosts that sample, ${formatExact(quality.sampling.kept)} were kept and stand for the others: counts, rates and latencies are estimates, distinct counts and top values lower bounds. Errors and slow exchanges are all kept.`,
        };
  return { sampled, counts, state: lossy ? 'lossy' : quality.complete ? 'complete' : 'arriving', reasons };
}
