import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { post, remove } from '../api/client.ts';
import { useNow, type Asked } from '../api/hooks.ts';
import type { ApiProblem } from '../api/problem.ts';
import { useSession } from '../api/session.ts';
import type { Mute } from './alert.ts';

const MOST = 200;

/** What is open now, whatever range is shown. */
export const useOpenAlerts = (): Asked<'/v1/alerts'> => useNow('/v1/alerts', { state: 'open', limit: MOST });

export const useMutes = (): Asked<'/v1/mutes'> => useNow('/v1/mutes', {});

const SCOPE = 'alerts:write';

/** null: they may; else why not, and what to do. Undefined while it is not known. */
export function useWhyNoMutes(): string | null | undefined {
  const { data: session } = useSession();
  if (session === undefined) return undefined;
  // Without a login of its own the API knows only the token of whoever started the page.
  if (session === null || session.scopes.includes(SCOPE)) return null;
  return `Muting needs the right ${SCOPE}, which your login does not have; ask whoever gave it to you.`;
}

/** Without `starts_at` it begins when the API hears of it, whatever this machine's clock says. */
export type NewMute = Pick<Mute, 'match' | 'ends_at' | 'comment'> & Partial<Pick<Mute, 'starts_at'>>;

function useChange<T>(change: (what: T) => Promise<unknown>): UseMutationResult<unknown, ApiProblem, T> {
  const client = useQueryClient();
  return useMutation<unknown, ApiProblem, T>({
    mutationFn: change,
    // What is muted is said in both.
    onSuccess: () => Promise.all(['/v1/mutes', '/v1/alerts'].map((path) => client.invalidateQueries({ queryKey: [path] }))),
  });
}

export const useMute = (): UseMutationResult<unknown, ApiProblem, NewMute> => useChange((mute) => post('/v1/mutes', mute));

/** Ends a mute now, or calls a planned one off. */
export const useEndMute = (): UseMutationResult<unknown, ApiProblem, Mute> => useChange(({ id }) => remove(`/v1/mutes/${encodeURIComponent(id)}`));
