import { useParameter, useUpdateSearch } from '../url/use-search.ts';
import './components.css';

export type Role = 'server' | 'client';

/** Which side of the exchanges is shown; each is seen once in each role where both ends are watched, so nothing sums over them. */
export function useRole(): Role {
  return useParameter('role', 'server') === 'client' ? 'client' : 'server';
}

export function RoleSwitch() {
  const role = useRole();
  const update = useUpdateSearch();
  return (
    <div className="segments" role="group" aria-label="Side of the exchange">
      {(['server', 'client'] as const).map((side) => (
        <button
          key={side}
          type="button"
          aria-pressed={role === side}
          title={side === 'server' ? 'Requests that services received' : 'Requests that services sent'}
          onClick={() => update({ role: side === 'server' ? null : side })}
        >
          {side === 'server' ? 'As server' : 'As client'}
        </button>
      ))}
    </div>
  );
}
