import type { Mute } from '../../alerts/alert.ts';
import { useNow } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { useUpdateSearch } from '../../url/use-search.ts';
import { AlertCard } from './AlertCard.tsx';

/** The alert of the link somebody followed, open or not. */
export function OneAlert({ id, mutes }: { id: string; mutes: readonly Mute[] }) {
  const query = useNow('/v1/alerts', { id });
  const update = useUpdateSearch();
  return (
    <section aria-label="The alert of this link">
      <div className="section-head">
        <h2>The alert of this link</h2>
        <button type="button" className="quiet" onClick={() => update({ id: null })}>
          Close
        </button>
      </div>
      <Answered query={query} what="the alert" height={168}>
        {({ data: [alert] }) =>
          alert === undefined ? (
            <EmptyBox title="There is no such alert">
              <p>It was resolved longer ago than alerts are kept, your login does not see its service, or the address is wrong.</p>
            </EmptyBox>
          ) : (
            <AlertCard alert={alert} mutes={mutes} now={query.dataUpdatedAt} />
          )
        }
      </Answered>
    </section>
  );
}
