import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { get, post, type AnswerOf } from './client.ts';
import { ApiProblem } from './problem.ts';

/** Who is logged in. */
export type Session = AnswerOf<'/bff/me'>;

export const SESSION_KEY = ['session'] as const;

/** null: this API has no login of its own (development through a proxy that adds the token). */
export function useSession(): UseQueryResult<Session | null, ApiProblem> {
  return useQuery<Session | null, ApiProblem>({
    queryKey: SESSION_KEY,
    queryFn: async ({ signal }) => {
      try {
        return await get('/bff/me', {}, signal);
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: 30_000,
    refetchInterval: (query) => (query.state.error?.needsLogin ? false : 60_000),
  });
}

/** Where a login starts that comes back to the page that is shown. */
export function loginAddress(): string {
  return `/bff/login?return_to=${encodeURIComponent(`${location.pathname}${location.search}`)}`;
}

/** Ends the session, then goes where the API says. @throws {ApiProblem} */
export async function logOut(): Promise<void> {
  const answer = (await post('/bff/logout')) as { redirect?: string };
  location.assign(answer.redirect ?? '/');
}
