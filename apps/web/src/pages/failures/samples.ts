import { statusOf, textOf, type Sample } from '../../exchange/exchange.ts';

export interface Picked {
  /** failed samples of the outcome looked at, newest first */
  failed: Sample[];
  /** good ones, or slow ones that were answered well where there is no good one */
  good: Sample[];
  goodKind: 'good' | 'slow';
}

/** Status as the URL and the API have it; 0: no response. */
export const outcomeStatus = (sample: Sample): number => statusOf(sample.exchange);

export function pickSamples(samples: readonly Sample[], status: number | null): Picked {
  const failed = samples.filter((s) => s.kept === 'failed' && (status === null || outcomeStatus(s) === status));
  const good = samples.filter((s) => s.kept === 'good');
  if (good.length > 0) return { failed, good, goodKind: 'good' };
  const slow = samples.filter((s) => s.kept === 'slow' && statusOf(s.exchange) > 0 && statusOf(s.exchange) < 400 && textOf(s.exchange, 'error.type') === null);
  return { failed, good: slow, goodKind: slow.length > 0 ? 'slow' : 'good' };
}

/** The sample of the time in the URL, or the newest: the one of the link may have been replaced since. */
export function sampleAt(samples: readonly Sample[], seenAt: string): Sample | undefined {
  return samples.find((s) => s.seen_at === seenAt) ?? samples[0];
}
