import type { Mute } from '../../alerts/alert.ts';
import { matchText, MUTE_STATES } from '../../alerts/mute.ts';
import { useEndMute, useWhyNoMutes } from '../../alerts/use-alerts.ts';
import type { Asked } from '../../api/hooks.ts';
import { tell } from '../../api/problem.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { formatSince } from '../../format/times.ts';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { MuteForm } from './MuteForm.tsx';

const NEW = 'new';

/** What keeps alerts from being sent, now and planned. */
export function Mutes({ query }: { query: Asked<'/v1/mutes'> }) {
  const why = useWhyNoMutes();
  const plan = useParameter('plan', '');
  const update = useUpdateSearch();
  return (
    <section aria-label="Mutes">
      <div className="section-head alerts-mutes-head">
        <h2>Mutes and maintenance</h2>
        {why === undefined ? null : why !== null ? (
          <span className="quiet-text">{why}</span>
        ) : plan === '' ? (
          <button type="button" onClick={() => update({ plan: NEW })}>
            Plan a maintenance window
          </button>
        ) : null}
      </div>
      {plan === '' || why !== null ? null : <MuteForm key={plan} match={plan === NEW ? '' : plan} onDone={() => update({ plan: null })} />}
      <Answered query={query} what="the mutes" height={88}>
        {({ data }) => (data.length === 0 ? <NoMutes /> : <List mutes={data} now={query.dataUpdatedAt} mayEnd={why === null} />)}
      </Answered>
    </section>
  );
}

function NoMutes() {
  return (
    <EmptyBox title="Nothing is muted">
      <p>Every alert is sent. Plan a maintenance window before work that will make noise; alerts are recorded and shown here all the same.</p>
    </EmptyBox>
  );
}

function List({ mutes, now, mayEnd }: { mutes: readonly Mute[]; now: number; mayEnd: boolean }) {
  const end = useEndMute();
  return (
    <>
      <div className="mutes-box" tabIndex={0} role="region" aria-label="List of mutes">
        <table className="mutes">
          <caption className="hidden-visually">Mutes, those in force first</caption>
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Alerts of</th>
              <th scope="col">From</th>
              <th scope="col">Until</th>
              <th scope="col">Why</th>
              <th scope="col">By</th>
              <th scope="col">
                <span className="hidden-visually">End it</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {mutes.map((mute) => (
              <tr key={mute.id} data-state={mute.state}>
                <td>{MUTE_STATES[mute.state]}</td>
                <th scope="row">{matchText(mute.match)}</th>
                <td>{formatSince(Date.parse(mute.starts_at), now)}</td>
                <td>{formatSince(Date.parse(mute.ends_at), now)}</td>
                <td className="mutes-why">{mute.comment}</td>
                <td>{mute.created_by}</td>
                <td>
                  {mayEnd && mute.state !== 'ended' ? (
                    <button
                      type="button"
                      disabled={end.isPending}
                      aria-label={`${mute.state === 'active' ? 'End now' : 'Call off'}: the mute of ${matchText(mute.match)}`}
                      onClick={() => end.mutate(mute)}
                    >
                      {mute.state === 'active' ? 'End now' : 'Call off'}
                    </button>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {end.error === null ? null : (
        <p role="alert" className="field-problem">
          {tell(end.error, 'the end of the mute').text}
        </p>
      )}
    </>
  );
}
