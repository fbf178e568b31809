import type { ReactNode } from 'react';
import { meaningOf } from '../../components/losses.ts';
import { countOf, formatExact, formatMs, formatPercent } from '../../format/numbers.ts';
import { formatAgo, formatInstant } from '../../format/times.ts';
import { sum, type Agent } from './account.ts';
import { clockText, cpuText, hooksText, policyText, refusedText, samplingNow, spoolText } from './facts.ts';
import { UNREAD } from './reasons.ts';

/** What the host's agent says of itself. */
export function HostDetail({ agent, now }: { agent: Agent; now: number }): ReactNode {
  const started = Date.parse(agent.started_at);
  const seen = Date.parse(agent.seen_at);
  const refused = refusedText(agent, now);
  const facts: [string, ReactNode][] = [
    ['Last heartbeat', `${formatAgo(seen, now)} (${formatInstant(seen)})`],
    ['Running since', `${formatInstant(started)} (${formatAgo(started, now).replace(/ ago$/, '')})`],
    ['Version', agent.version],
    ['Kernel', agent.kernel || 'none: a recording is replayed'],
    ['Hooks', hooksText(agent)],
    ['Scope', agent.scope.length === 0 ? 'none' : agent.scope.map((s) => <code key={s}>{s} </code>)],
    ['Policy in force', <code key="policy">{agent.policy}</code>],
    ['Policy comes from', policyText(agent)],
    ...(refused === null ? [] : [['Policy refused', <strong key="refused">{refused}</strong>] as [string, ReactNode]]),
    ['Sampling now', samplingNow(agent)],
    ['CPU', cpuText(agent)],
    ['Waiting to be sent', formatMs(agent.lag_ms)],
    ['Waiting on disk', spoolText(agent, now)],
    ['Clock', clockText(agent.skew_ms)],
    ['Since its start', `${countOf(agent.exchanges, 'exchange')}, ${formatExact(sum(agent.losses))} lost, ${formatExact(sum(agent.filtered))} filtered`],
    ['Incarnation', <code key="incarnation">{agent.incarnation}</code>],
  ];
  return (
    <section className="fleet-section" aria-label={`Host ${agent.host}`}>
      <h2>{agent.host}</h2>
      <dl className="fleet-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Coverage agent={agent} />
    </section>
  );
}

/** How much of what is known to have passed was read, and which programs the rest was of. */
function Coverage({ agent: { coverage, unread_by: unread } }: { agent: Agent }): ReactNode {
  return (
    <div className="fleet-coverage">
      <h3>Coverage</h3>
      <p>
        {formatPercent(coverage)} of what is known to have passed was read.
        {unread !== null && unread.length > 0 ? ' Not read since the start of the agent:' : ''}
      </p>
      {unread === null || unread.length === 0 ? null : (
        <ul className="fleet-counts" aria-label="Not read, by program">
          {unread.map(({ executable, reason, messages }) => (
            <li key={`${executable} ${reason}`}>
              <span className="fleet-count">{formatExact(messages)}</span>
              <span>
                {executable === '' ? 'other programs' : <code>{executable}</code>}: <code>{reason}</code> <span className="quiet-text">{meaningOf(UNREAD, reason)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
