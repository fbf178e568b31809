import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useCallback } from 'react';
import { patched, type Patch, type Search } from './search.ts';

/** The query string of the page that is shown. */
export function useSearch(): Search {
  return useRouterState({ select: (state) => state.location.search as Search });
}

/** One parameter, or what holds without it. */
export function useParameter(name: string, fallback: string): string {
  return useRouterState({ select: (state) => (state.location.search as Search)[name] ?? fallback });
}

/** Changes parameters of the page that is shown. `replace` for what "back" should not stop at, such as typing. */
export function useUpdateSearch(): (patch: Patch, options?: { replace?: boolean }) => void {
  const navigate = useNavigate();
  return useCallback(
    (patch, options) =>
      void navigate({
        to: '.',
        search: ((before: Search) => patched(before, patch)) as never,
        replace: options?.replace ?? false,
        resetScroll: false,
      }),
    [navigate],
  );
}
