import { useMemo } from 'react';
import { useSearch, useUpdateSearch } from '../../url/use-search.ts';

/** One route of the service, from the URL; null: all of them. */
export interface RouteChoice {
  method: string;
  route: string;
}

export function useRouteFilter(): RouteChoice | null {
  const { method, route } = useSearch();
  return useMemo(() => (method === undefined || route === undefined ? null : { method, route }), [method, route]);
}

/** Says that latency and statuses below are of one route only, and lets go of it. As high with as without. */
export function RouteFilter({ filter }: { filter: RouteChoice | null }) {
  const update = useUpdateSearch();
  return (
    <div className="section-head route-filter">
      <h2>Latency</h2>
      {filter === null ? (
        <span className="quiet-text">of all routes; choose one in the table below</span>
      ) : (
        <>
          <span>
            of <code>{`${filter.method} ${filter.route}`}</code> only
          </span>
          <button type="button" className="quiet" onClick={() => update({ method: null, route: null })}>
            All routes
          </button>
        </>
      )}
    </div>
  );
}
