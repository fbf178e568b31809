import { useQueryClient, type QueryCache } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';
import { ApiProblem, tell } from './problem.ts';

export interface Trouble {
  title: string;
  /** when what is on screen was read, ms; null when nothing is */
  since: number | null;
}

/** The first question of this page that is being asked again because the last try failed in a way that passes. */
function troubleOf(cache: QueryCache): string {
  let title = '';
  let since = 0;
  for (const query of cache.getAll()) {
    if (!query.isActive()) continue;
    const failure = query.state.fetchFailureReason;
    if (title === '' && failure instanceof ApiProblem && failure.passing) title = tell(failure, 'this page').title;
    else if (failure === null) continue;
    if (query.state.dataUpdatedAt > 0 && (since === 0 || query.state.dataUpdatedAt < since)) since = query.state.dataUpdatedAt;
  }
  return title === '' ? '' : `${since}|${title}`;
}

/** null while every question of the page is answered. */
export function useTrouble(): Trouble | null {
  const cache = useQueryClient().getQueryCache();
  const subscribe = useCallback((listener: () => void) => cache.subscribe(listener), [cache]);
  // a text, because the store is compared by identity
  const text = useSyncExternalStore(subscribe, () => troubleOf(cache));
  if (text === '') return null;
  const bar = text.indexOf('|');
  const since = Number(text.slice(0, bar));
  return { title: text.slice(bar + 1), since: since === 0 ? null : since };
}
