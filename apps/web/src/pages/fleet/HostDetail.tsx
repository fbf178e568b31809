import type { ReactNode } from 'react';
import { countOf, formatExact, formatMs, formatPercent } from '../../format/numbers.ts';
import { formatAgo, formatInstant } from '../../format/times.ts';
import { sum, type Agent } from './account.ts';

/** What the host's agent says of itself. */
export function HostDetail({ agent, now }: { agent: Agent; now: number }): ReactNode {
  const started = Date.parse(agent.started_at);
  const seen = Date.parse(agent.seen_at);
  const facts: [string, ReactNode][] = [
    ['Last heartbeat', `${formatAgo(seen, now)} (${formatInstant(seen)})`],
    ['Running since', `${formatInstant(started)} (${formatAgo(started, now).replace(/ ago$/, '')})`],
    ['Version', agent.version],
    ['Kernel', agent.kernel || 'none: a recording is replayed'],
    ['Hooks', agent.hooks || 'none: a recording is replayed'],
    ['Scope', agent.scope.length === 0 ? 'none' : agent.scope.map((s) => <code key={s}>{s} </code>)],
    ['Redaction policy', <code key="policy">{agent.policy}</code>],
    ['Coverage', `${formatPercent(agent.coverage)} of what is known to have passed was read`],
    ['Waiting to be sent', formatMs(agent.lag_ms)],
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
    </section>
  );
}

/** The way to the bus is in the figure, so a few milliseconds say nothing. */
function clockText(skew: number | null): string {
  if (skew === null) return 'not reported in this range';
  if (Math.abs(skew) < 10) return 'agrees with the bus';
  return `${formatMs(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'} the bus, way to it included`;
}
