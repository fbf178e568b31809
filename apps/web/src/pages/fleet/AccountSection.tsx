import type { ReactNode } from 'react';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { samplingText } from '../../components/quality.ts';
import { countOf, formatExact } from '../../format/numbers.ts';
import { PageLink } from '../../url/PageLink.tsx';
import { fleetAccount, lawText, type Agent, type Law } from './account.ts';
import { LOST, meaningOf, type Reason } from '../../components/losses.ts';
import { adviceOf, FILTERED, LOST_BATCHES } from './reasons.ts';

interface Props {
  agents: readonly Agent[];
  /** the same hosts just before the range; null: not known yet */
  before: readonly Agent[] | null;
  /** the one host shown of several */
  host: string | undefined;
  rangeStart: number;
}

/** The account law of the range: what was under way and what began is somewhere in the end, or the difference is said. */
export function AccountSection({ agents, before, host, rangeStart }: Props): ReactNode {
  const account = fleetAccount(agents, before ?? []);
  const title = host === undefined ? 'Account' : `Account of ${host}`;
  if (account === null) {
    return (
      <section className="fleet-section" aria-label={title}>
        <h2>{title}</h2>
        <EmptyBox title="Nothing was reported in this range">
          The hosts said nothing of their capture here: they were silent, or had not started yet. Choose a range in which they reported.
        </EmptyBox>
      </section>
    );
  }
  const restarted = agents.some((a) => Date.parse(a.started_at) >= rangeStart);
  const law = lawText(account, restarted);
  const settled = before !== null;
  return (
    <section className="fleet-section" aria-label={title}>
      <h2>{title}</h2>
      <p>
        What was under way and what started must have been emitted, filtered or lost, or is still in flight.{' '}
        {settled ? (
          <strong className="fleet-state" data-level={law.holds ? 'good' : 'bad'}>
            <span className="fleet-mark" aria-hidden="true">
              {law.holds ? '●' : '▲'}
            </span>{' '}
            {law.text}
          </strong>
        ) : null}{' '}
        {host === undefined ? null : (
          <PageLink to="/fleet" className="text-link">
            All hosts
          </PageLink>
        )}
      </p>
      <div className="fleet-account">
        <LawTable request={account.request} response={account.response} />
        <div className="fleet-reasons">
          <Reasons title="Lost" none="Nothing was lost in this range." counts={account.lost} table={LOST} advice={adviceOf} />
          {Object.values(account.lostBatches).some((n) => n !== 0) ? (
            <Reasons title="Batches lost between agent and analyzer" none="" counts={account.lostBatches} table={LOST_BATCHES} advice={(r) => LOST_BATCHES[r]?.advice ?? null} />
          ) : null}
          <Reasons title="Filtered" none="Nothing was filtered." counts={account.filtered} table={FILTERED} advice={() => null} />
          {account.sampling.length === 0 ? null : (
            <p>
              {account.sampling.map((s) => (
                <span key={s.reason}>
                  Sampled: {samplingText({ one_in: s.one_in, reasons: [s.reason] })}, {formatExact(s.kept)} kept of {formatExact(s.exchanges)}.{' '}
                </span>
              ))}
            </p>
          )}
          <p className="small quiet-text">
            {countOf(account.exchanges, 'exchange')} in {countOf(account.batches, 'batch', 'batches')}.
            {account.clampedTimes === 0 ? '' : ` ${formatExact(account.clampedTimes)} had a time more than a minute ahead, which was set back.`}
            {account.lateExchanges === 0 ? '' : ` ${countOf(account.lateExchanges, 'exchange')} came too late for every window and are in no other figure.`}
          </p>
        </div>
      </div>
    </section>
  );
}

const TERMS: readonly { sign: string; label: string; of: (law: Law) => number; hint: string }[] = [
  { sign: '', label: 'Under way at the start', of: (l) => l.before, hint: 'begun before the range' },
  { sign: '+', label: 'Started', of: (l) => l.started, hint: 'messages whose first byte was seen' },
  { sign: '−', label: 'Emitted', of: (l) => l.emitted, hint: 'in an exchange that was sent on' },
  { sign: '−', label: 'Filtered', of: (l) => l.filtered, hint: 'looked like a start and was none, or is not counted' },
  { sign: '−', label: 'Lost', of: (l) => l.lost, hint: 'an exchange that is missing' },
  { sign: '−', label: 'In flight at the end', of: (l) => l.inFlight, hint: 'not over yet, as the hosts said last' },
];

function LawTable({ request, response }: { request: Law; response: Law }): ReactNode {
  return (
    <table className="fleet-law">
      <caption className="hidden-visually">Account of the range</caption>
      <thead>
        <tr>
          <th scope="col">Messages</th>
          <th scope="col">Requests</th>
          <th scope="col">Responses</th>
        </tr>
      </thead>
      <tbody>
        {TERMS.map((t) => (
          <tr key={t.label}>
            <th scope="row">
              <span className="fleet-sign" aria-hidden="true">
                {t.sign}
              </span>
              {t.label} <span className="small quiet-text">{t.hint}</span>
            </th>
            <td>{formatExact(t.of(request))}</td>
            <td>{formatExact(t.of(response))}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">
            <span className="fleet-sign" aria-hidden="true">
              =
            </span>
            Not accounted for
          </th>
          {[request, response].map((l, i) => (
            <td key={i} data-off={l.difference !== 0 || undefined}>
              {formatExact(l.difference)}
            </td>
          ))}
        </tr>
      </tfoot>
    </table>
  );
}

function Reasons(props: {
  title: string;
  none: string;
  counts: Readonly<Record<string, number>>;
  table: Readonly<Record<string, Reason>>;
  advice: (reason: string) => string | null;
}): ReactNode {
  const rows = Object.entries(props.counts)
    .filter(([, n]) => n !== 0)
    .sort(([, a], [, b]) => b - a);
  return (
    <div>
      <h3>{props.title}</h3>
      {rows.length === 0 ? (
        <p className="quiet-text">{props.none}</p>
      ) : (
        <ul className="fleet-counts">
          {rows.map(([reason, n]) => {
            const advice = props.advice(reason);
            return (
              <li key={reason}>
                <span className="fleet-count">{formatExact(n)}</span>
                <span>
                  <code>{reason}</code> {meaningOf(props.table, reason)}
                  {advice === null ? null : <span className="quiet-text">; {advice}</span>}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
