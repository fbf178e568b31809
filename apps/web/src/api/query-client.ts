import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './problem.ts';
import { SESSION_KEY } from './session.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/** How long until the n-th try (from 0): what the server asks, else twice as long each time. */
export function waitMs(failures: number, error: unknown): number {
  const asked = error instanceof ApiProblem ? error.retryAfterMs : null;
  return asked ?? Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
}

/** What passes by itself is tried until it does; the rest is told at once. */
export function again(_failures: number, error: unknown): boolean {
  return error instanceof ApiProblem && error.passing;
}

export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      // One answer of 401 ends the page: the session is asked once more, and the shell shows the login.
      onError: (error, query) => {
        if (error instanceof ApiProblem && error.needsLogin && query.queryKey[0] !== SESSION_KEY[0]) void client.invalidateQueries({ queryKey: SESSION_KEY });
      },
    }),
    defaultOptions: {
      queries: { retry: again, retryDelay: waitMs, networkMode: 'always', staleTime: 4_000, gcTime: 300_000, refetchOnWindowFocus: true },
    },
  });
  return client;
}
