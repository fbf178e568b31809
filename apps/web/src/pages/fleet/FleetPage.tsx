import { useMemo, type ReactNode } from 'react';
import { useApi } from '../../api/hooks.ts';
import type { AnswerOf } from '../../api/client.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Quality } from '../../components/Quality.tsx';
import { useParameter } from '../../url/use-search.ts';
import { PageLink } from '../../url/PageLink.tsx';
import { AccountSection } from './AccountSection.tsx';
import type { Agent } from './account.ts';
import { HostDetail } from './HostDetail.tsx';
import { HostTable } from './HostTable.tsx';
import { findingsOf, verdict, type Finding } from './verdict.ts';
import './fleet.css';

const PATH = '/v1/fleet/agents';

/** Is the measurement itself right? */
export default function FleetPage(): ReactNode {
  // Without parameters of its own it is the question the line under the navigation asks too: one answer for both.
  const agents = useApi(PATH, {});
  return (
    <div className="fleet">
      <PageHead title="Fleet" quality={<Quality quality={agents.data?.quality} exchanges={agents.data?.data.reduce((n, a) => n + (a.account?.exchanges ?? 0), 0)} />} />
      <h2 className="hidden-visually">Hosts</h2>
      {agents.error?.code === 'forbidden' ? (
        <EmptyBox title="Your login is narrowed to some services">
          A host carries the traffic of all its services, so hosts are shown only to logins that may see them all. What your services lost stands beside every figure of the other
          pages; for the hosts, ask whoever gave you the login for one that is not narrowed.
        </EmptyBox>
      ) : (
        <Answered query={agents} what="the hosts" height={520}>
          {(answer) => <Fleet answer={answer} now={agents.dataUpdatedAt} />}
        </Answered>
      )}
    </div>
  );
}

/** `now`: when the answer came; a host's silence is as old as that, not as this render. */
function Fleet({ answer, now }: { answer: AnswerOf<typeof PATH>; now: number }): ReactNode {
  const { data: agents, quality, range } = answer;
  const chosen = useParameter('host', '');
  // What was under way when the range began: the account of the ten minutes before, which ends exactly there.
  const before = useApi(PATH, { start: new Date(Date.parse(range.start) - 600_000).toISOString(), end: range.start, step: '10s' });
  const findings = useMemo(() => new Map(agents.map((a) => [a.host, findingsOf(a, now)])), [agents, now]);

  if (agents.length === 0) {
    return (
      <EmptyBox title="No host reports">
        Nothing is measured, so the other pages have nothing to show. Start headwater-agent on the hosts whose traffic you want to see; where one runs already,{' '}
        <code>headwater-agent doctor</code> says why it does not reach the bus.
      </EmptyBox>
    );
  }
  const one = agents.length === 1 ? agents[0] : agents.find((a) => a.host === chosen);
  return (
    <>
      <p className="fleet-verdict">{verdict(agents, findings, quality.lost)}</p>
      <Findings agents={agents} findings={findings} />
      <HostTable agents={agents} findings={findings} chosen={one?.host} now={now} />
      {chosen !== '' && one === undefined ? (
        <EmptyBox title={`There is no host ${chosen}`}>
          It has not been heard of for long, or the address of this page is wrong.{' '}
          <PageLink to="/fleet" className="text-link">
            Show all hosts
          </PageLink>
        </EmptyBox>
      ) : null}
      <AccountSection
        agents={one === undefined ? agents : [one]}
        before={before.data?.data ?? null}
        host={agents.length > 1 ? one?.host : undefined}
        rangeStart={Date.parse(range.start)}
      />
      {one === undefined ? null : <HostDetail agent={one} now={now} />}
    </>
  );
}

function Findings({ agents, findings }: { agents: readonly Agent[]; findings: ReadonlyMap<string, Finding[]> }): ReactNode {
  const all = agents.flatMap((a) => (findings.get(a.host) ?? []).map((finding) => ({ host: a.host, finding })));
  if (all.length === 0) return null;
  const sorted = all.toSorted((a, b) => (a.finding.level === b.finding.level ? 0 : a.finding.level === 'bad' ? -1 : 1));
  const shown = sorted.slice(0, 12);
  return (
    <section aria-label="What to look at">
      <ul className="fleet-findings">
        {shown.map(({ host, finding }) => (
          <li key={`${host} ${finding.id}`} data-level={finding.level}>
            <span className="fleet-mark" aria-hidden="true">
              {finding.level === 'bad' ? '▲' : '◆'}
            </span>
            <span>
              <PageLink to="/fleet" search={{ host }} className="text-link">
                {host}
              </PageLink>
              : {finding.text}. <span className="quiet-text">{finding.advice}</span>
            </span>
          </li>
        ))}
      </ul>
      {sorted.length > shown.length ? <p className="small quiet-text">And {sorted.length - shown.length} more; the table has them, the worst first.</p> : null}
    </section>
  );
}
