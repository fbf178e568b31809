import { useMutation, useQuery, useQueryClient, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { getJson, post, type QueryOf } from '../api/client.ts';
import { useApi, useNow, type Asked } from '../api/hooks.ts';
import { ApiProblem } from '../api/problem.ts';
import { useSession } from '../api/session.ts';
import { follow } from './follow.ts';
import { isOver, type Insight, type SentAnswer, type Subject } from './insight.ts';
import type { AskedWindow } from './ask.ts';

const LIST = '/v1/insights' as const;
const GATEWAY = '/v1/insight-gateway' as const;
const READ = 'insights:read';
const SUBMIT = 'insights:submit';
const MOST = 200;
/** Between two readings of what changes a few times an hour, ms */
const SELDOM_MS = 30_000;

export type Wanted = Pick<QueryOf<typeof LIST>, 'service' | 'trigger' | 'severity' | 'source'>;

/** Insights whose window meets the page's range, the newest first. `enabled`: what the page is there for is shown, so this keeps nothing waiting. */
export const useInsights = (wanted: Wanted, enabled = true): Asked<typeof LIST> => useApi(LIST, { limit: MOST, ...wanted }, { enabled, stepless: true, atLeastMs: SELDOM_MS });

/** null: not read yet. */
export interface Beside {
  insights: readonly Insight[] | null;
  /** in place of findings; null where they are on their way, or there */
  why: string | null;
  readAt: number;
  busy: boolean;
}

/** Insights beside figures: not asked for before those are there (`enabled`), nor of whom may not read them. */
export function useInsightsBeside(wanted: Wanted, enabled = true): Beside {
  const { data: session } = useSession();
  const may = session === undefined ? undefined : session === null || session.scopes.includes(READ);
  const query = useInsights(wanted, enabled && may === true);
  const why = may === false ? `Insights need the right ${READ}, which your login does not have.` : query.error?.passing === false ? 'Insights cannot be read.' : null;
  return { insights: query.data?.data ?? null, why, readAt: query.dataUpdatedAt, busy: query.isLoading };
}

const addressOfOne = (id: string): string => `${LIST}/${encodeURIComponent(id)}`;
const keyOfOne = (id: string): readonly unknown[] => [`${LIST}/{id}`, id];

/** One insight, followed until it is over. `known`: as a list has it; null where none does. */
export function useInsight(id: string, known: Insight | null = null): UseQueryResult<Insight, ApiProblem> {
  const client = useQueryClient();
  const query = useQuery<Insight, ApiProblem>({
    queryKey: keyOfOne(id),
    queryFn: async ({ signal }) => (await getJson(addressOfOne(id), signal)) as Insight,
    enabled: id !== '',
    // What is over does not change any more.
    staleTime: (q) => (q.state.data !== undefined && isOver(q.state.data) ? Infinity : 0),
    ...(known === null ? {} : { initialData: known }),
  });
  const open = query.data !== undefined && !isOver(query.data);
  useEffect(() => {
    if (!open) return;
    return follow(id, {
      open: (address) => new EventSource(address),
      read: async (signal) => (await getJson(addressOfOne(id), signal)) as Insight,
      again: (error) => error instanceof ApiProblem && error.passing,
      onInsight: (insight) => {
        client.setQueryData(keyOfOne(id), insight);
        if (isOver(insight)) for (const path of [LIST, GATEWAY]) void client.invalidateQueries({ queryKey: [path] });
      },
    });
  }, [open, id, client]);
  return query;
}

/** What was sent for an insight; kept while the page is open, for it does not change. */
export const useSent = (id: string, wanted: boolean): UseQueryResult<SentAnswer, ApiProblem> =>
  useQuery<SentAnswer, ApiProblem>({
    queryKey: [`${LIST}/{id}/sent`, id],
    queryFn: async ({ signal }) => (await getJson(`${addressOfOne(id)}/sent`, signal)) as SentAnswer,
    enabled: wanted,
    staleTime: Infinity,
  });

export const useGateway = (): Asked<typeof GATEWAY> => useNow(GATEWAY, {});

/** null: they may; else why not, and what to do. Undefined while it is not known. */
export function useWhyNoAsking(): string | null | undefined {
  const { data: session } = useSession();
  if (session === undefined) return undefined;
  // Without a login of its own the API knows only the token of whoever started the page.
  if (session === null || session.scopes.includes(SUBMIT)) return null;
  return `Asking needs the right ${SUBMIT}, which your login does not have; ask whoever gave it to you.`;
}

export type Asking = Subject & Pick<AskedWindow, 'start' | 'end'>;

export function useAsk(): UseMutationResult<Insight, ApiProblem, Asking> {
  const client = useQueryClient();
  return useMutation<Insight, ApiProblem, Asking>({
    mutationFn: async (asking) => (await post(LIST, asking)) as Insight,
    onSuccess: (insight) => {
      client.setQueryData(keyOfOne(insight.id), insight);
      void client.invalidateQueries({ queryKey: [LIST] });
    },
  });
}
