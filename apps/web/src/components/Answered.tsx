import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ApiProblem } from '../api/problem.ts';
import { ErrorBox } from './ErrorBox.tsx';
import { Loading } from './Loading.tsx';

export interface AnsweredProps<T> {
  query: UseQueryResult<T, ApiProblem>;
  /** what is asked for: "the services" */
  what: string;
  /** px it will take, or what takes exactly as much: it is laid out while nothing is there, but not shown */
  height: number | ReactNode;
  children: (data: T) => ReactNode;
}

/**
 * What a question of the API came to: on its way, failed, or there. A failure that passes is tried again by itself and
 * said meanwhile; what was there before stays.
 */
export function Answered<T>({ query, what, height, children }: AnsweredProps<T>) {
  if (query.data !== undefined && (query.error === null || query.error.passing)) {
    return (
      <div className="answered" aria-busy={query.isPlaceholderData} data-stale={query.isPlaceholderData || undefined}>
        {children(query.data)}
      </div>
    );
  }
  const problem = query.error ?? query.failureReason;
  // Nobody is logged in: the shell takes the page away and says so.
  if (problem !== null && !problem.needsLogin) {
    return (
      <div style={typeof height === 'number' ? { minHeight: height } : {}}>
        <ErrorBox problem={problem} what={what} onRetry={() => void query.refetch()} />
      </div>
    );
  }
  if (typeof height === 'number') return <Loading label={what} height={height} />;
  return (
    <div className="skeleton" role="status" aria-busy="true">
      <span className="hidden-visually">Reading {what}…</span>
      <div className="skeleton-shape" aria-hidden="true" inert>
        {height}
      </div>
    </div>
  );
}
