import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useRange } from '../time/use-range.ts';
import { get, type AnswerOf, type ApiPath, type QueryOf } from './client.ts';
import type { ApiProblem } from './problem.ts';

export interface AskOptions {
  /** false: not yet */
  enabled?: boolean;
  /** false: what was there for other parameters is not shown while the new is on its way */
  keepPrevious?: boolean;
  /** at least so long between two readings, ms: for what costs much and changes little */
  atLeastMs?: number;
  /** its answer has no steps, and the API takes none */
  stepless?: true;
}

export type Asked<P extends ApiPath> = UseQueryResult<AnswerOf<P>, ApiProblem>;

/**
 * Asks one path of the API over the page's time range (`start`, `end`, `step` come from the URL unless given), and again
 * at every refresh while the range ends at now. What was there stays on screen until the new is.
 */
export function useApi<P extends ApiPath>(path: P, query: QueryOf<P>, options: AskOptions = {}): Asked<P> {
  const { range, step, live, refreshSeconds } = useRange();
  const asked = { start: range.from, end: range.to, ...(step === null || options.stepless ? {} : { step }), ...query } as QueryOf<P>;
  return useQuery<AnswerOf<P>, ApiProblem>({
    queryKey: [path, asked],
    queryFn: ({ signal }) => get(path, asked, signal),
    enabled: options.enabled ?? true,
    refetchInterval: live ? Math.max(options.atLeastMs ?? 0, refreshSeconds * 1000) : false,
    ...(options.atLeastMs === undefined ? {} : { staleTime: options.atLeastMs }),
    ...(options.keepPrevious === false ? {} : { placeholderData: keepPreviousData }),
  });
}

/** Between two readings of what is so now, while the page shows a range that does not move. ms */
const NOW_EVERY_MS = 30_000;

/**
 * Asks what is so now, whatever range the page shows: the same question has one answer on all of the page. Read again at every
 * refresh, or every half minute where the range does not move; not at all where refreshing is off.
 */
export function useNow<P extends ApiPath>(path: P, query: QueryOf<P>, options: AskOptions = {}): Asked<P> {
  const { moving, live, refreshSeconds } = useRange();
  return useQuery<AnswerOf<P>, ApiProblem>({
    queryKey: [path, 'now', query],
    queryFn: ({ signal }) => get(path, query, signal),
    enabled: options.enabled ?? true,
    refetchInterval: live || !moving ? Math.max(options.atLeastMs ?? 0, live ? refreshSeconds * 1000 : NOW_EVERY_MS) : false,
    ...(options.atLeastMs === undefined ? {} : { staleTime: options.atLeastMs }),
    ...(options.keepPrevious === false ? {} : { placeholderData: keepPreviousData }),
  });
}
