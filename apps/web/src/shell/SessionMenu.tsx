import { useState } from 'react';
import { logOut, type Session } from '../api/session.ts';

/** Who is logged in, and the way out. Nothing where the API has no login (null); its room while that is not known (undefined). */
export function SessionMenu({ session }: { session: Session | null | undefined }) {
  const [failed, setFailed] = useState(false);
  if (session === null) return null;
  if (session === undefined)
    return (
      <span className="person-room" aria-hidden="true" inert>
        <span className="person" />
        <button type="button" className="quiet">
          Log out
        </button>
      </span>
    );
  const seen = session.services === null ? 'all services' : session.services.join(', ') || 'no service';
  return (
    <>
      <span className="person" title={`${session.name} sees ${seen}`}>
        {session.name}
      </span>
      <button type="button" className="quiet" onClick={() => logOut().catch(() => setFailed(true))}>
        Log out
      </button>
      {failed ? (
        <span role="alert" className="small">
          Logging out failed; try again, or close the browser.
        </span>
      ) : null}
    </>
  );
}
