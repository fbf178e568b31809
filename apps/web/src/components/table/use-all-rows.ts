import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { get, type AnswerOf, type ApiPath, type QueryOf } from '../../api/client.ts';
import type { ApiProblem } from '../../api/problem.ts';
import { useRange } from '../../time/use-range.ts';

/** Rows of one page of the API, its most. */
const PAGE = 1_000;
/** What a table takes. */
const MOST = 10_000;

interface Listed {
  data: unknown[];
  next_cursor?: string;
}

/** As `useApi`, but all pages of a listing (10,000 rows at most; `next_cursor` is left where there are more). */
export function useAllRows<P extends ApiPath>(path: P, query: QueryOf<P>, options: { enabled?: boolean } = {}): UseQueryResult<AnswerOf<P>, ApiProblem> {
  const { range, step, live, refreshSeconds } = useRange();
  const asked = { start: range.from, end: range.to, ...(step === null ? {} : { step }), limit: PAGE, ...query } as QueryOf<P>;
  return useQuery<AnswerOf<P>, ApiProblem>({
    queryKey: [path, 'all', asked],
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    refetchInterval: live ? refreshSeconds * 1_000 : false,
    queryFn: async ({ signal }) => {
      const all = { ...((await get(path, asked, signal)) as Listed) };
      let cursor = all.next_cursor;
      while (cursor !== undefined && all.data.length < MOST) {
        const next = (await get(path, { ...asked, cursor } as QueryOf<P>, signal)) as Listed;
        all.data = [...all.data, ...next.data];
        cursor = next.next_cursor;
      }
      if (cursor === undefined) delete all.next_cursor;
      else all.next_cursor = cursor;
      return all as AnswerOf<P>;
    },
  });
}
