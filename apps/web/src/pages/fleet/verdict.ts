import { countOf, formatCount, formatMs, formatPercent } from '../../format/numbers.ts';
import { formatAgo } from '../../format/times.ts';
import { missingBatches, sum, type Agent } from './account.ts';
import { LOST, meaningOf } from '../../components/losses.ts';
import { refusedText, spoolText } from './facts.ts';
import { adviceOf, UNREAD } from './reasons.ts';

export type Level = 'good' | 'notice' | 'bad';

export interface Finding {
  id: 'conflict' | 'silent' | 'lossy' | 'batches' | 'policy' | 'clock' | 'lag' | 'backlog' | 'sampling' | 'blind' | 'replay';
  level: Exclude<Level, 'good'>;
  /** one word or two, for the table */
  short: string;
  /** what is the case, without the host */
  text: string;
  /** what to do */
  advice: string;
}

/** Windows are 10 s wide: a clock that is off by more than this moves exchanges into wrong ones visibly. ms */
const SKEW_MS = 2_000;
const LAG_MS = 10_000;

/** What is not right about a host, the worst first. */
export function findingsOf(agent: Agent, now: number): Finding[] {
  const out: Finding[] = [];
  if (agent.conflicts.length > 0) {
    out.push({
      id: 'conflict',
      level: 'bad',
      short: 'Conflicting',
      text: `${agent.conflicts.length + 1} live agents use this host id (${[agent.incarnation, ...agent.conflicts].join(', ')}), so their accounts are mixed up`,
      advice: 'Give one of them another host_id; cloned machines often share /etc/machine-id.',
    });
  }
  if (!agent.alive) {
    out.push({
      id: 'silent',
      level: 'bad',
      short: 'Silent',
      text: `not heard of since ${formatAgo(Date.parse(agent.seen_at), now)}`,
      advice: 'See whether headwater-agent runs there and reaches the bus: headwater-agent doctor says which.',
    });
  }
  const lost = agent.account === null ? {} : agent.account.request.lost;
  const lostCount = sum(lost);
  if (lostCount > 0) {
    const [reason] = Object.entries(lost).reduce((a, b) => (b[1] > a[1] ? b : a));
    out.push({
      id: 'lossy',
      level: 'bad',
      short: 'Losing',
      text: `lost ${countOf(lostCount, 'request')} in this range, most because ${meaningOf(LOST, reason)}`,
      advice: `${capital(adviceOf(reason))}.`,
    });
  }
  const batches = agent.account === null ? 0 : missingBatches(agent.account.lost_batches);
  if (batches > 0) {
    out.push({
      id: 'batches',
      level: 'bad',
      short: 'Losing',
      text: `${countOf(batches, 'batch', 'batches')} did not arrive`,
      advice: 'Check the bus, how long it keeps its log, and whether the analyzers keep up.',
    });
  }
  const refused = refusedText(agent, now);
  if (refused !== null) {
    out.push({
      id: 'policy',
      level: 'bad',
      short: 'Policy refused',
      text: `did not take the policy ${refused}`,
      advice: `What was in force stays so (${agent.policy}). headwater-agent policy check explains a file; a policy of the fleet must be signed, newer, and only narrow.`,
    });
  }
  if (agent.skew_ms !== null && Math.abs(agent.skew_ms) >= SKEW_MS) {
    out.push({
      id: 'clock',
      level: 'bad',
      short: 'Clock off',
      text: `its clock is ${formatMs(Math.abs(agent.skew_ms))} ${agent.skew_ms > 0 ? 'behind' : 'ahead of'} the bus, so exchanges land in the wrong windows`,
      advice: 'Synchronise its clock (chrony or systemd-timesyncd).',
    });
  }
  if (agent.alive && agent.lag_ms >= LAG_MS) {
    out.push({ id: 'lag', level: 'bad', short: 'Behind', text: `${formatMs(agent.lag_ms)} behind: batches wait for the bus`, advice: 'Check the bus and the way to it.' });
  }
  if (agent.spool !== null && agent.spool.batches > 0) {
    out.push({
      id: 'backlog',
      level: 'notice',
      short: 'Backlog',
      text: `${spoolText(agent, now)} on disk: sent beside what is live`,
      advice: 'Figures of then are too low until it has come. If it does not get less, check the bus.',
    });
  }
  if (agent.sampling?.reason === 'governor') {
    out.push({
      id: 'sampling',
      level: 'notice',
      short: 'Sampling',
      text: `keeps one exchange in ${formatCount(agent.sampling.one_in)} to stay below its CPU ceiling`,
      advice: 'Figures of this host are estimates. Raise overhead.cpu_ceiling_percent, or narrow the scope or what the policy logs.',
    });
  }
  if (agent.coverage < 1) {
    const [most] = agent.unread_by ?? [];
    out.push({
      id: 'blind',
      level: 'notice',
      short: 'Partly blind',
      text: `${formatPercent(1 - agent.coverage)} of what passed there could not be read${most === undefined ? ' (encrypted, or sent in a way that is not seen)' : `, most of it of ${most.executable || 'several programs'} (${meaningOf(UNREAD, most.reason)})`}`,
      advice: 'Figures of this host are of the rest. headwater-agent doctor lists what it cannot read.',
    });
  }
  if (agent.source === 'replay') {
    out.push({ id: 'replay', level: 'notice', short: 'Replaying', text: 'plays a recording; nothing of it is live', advice: 'Start it without --replay to see live traffic.' });
  }
  return out;
}

const RANK: Readonly<Record<Level, number>> = { good: 0, notice: 1, bad: 2 };

export function stateOf(findings: readonly Finding[]): { level: Level; text: string; short: string; rank: number } {
  const level: Level = findings.some((f) => f.level === 'bad') ? 'bad' : findings.length > 0 ? 'notice' : 'good';
  const shorts = [...new Set(findings.map((f) => f.short))];
  return {
    level,
    text: shorts.length === 0 ? 'Reporting' : shorts.join(', '),
    short: shorts.length === 0 ? 'Reporting' : `${shorts[0]}${shorts.length > 1 ? ` +${shorts.length - 1}` : ''}`,
    rank: RANK[level] * 100 + findings.length,
  };
}

/** The answer to the page's question in a sentence or two. */
export function verdict(agents: readonly Agent[], findings: ReadonlyMap<string, readonly Finding[]>, lost: number): string {
  const bad = agents.filter((a) => stateOf(findings.get(a.host) ?? []).level === 'bad').length;
  const who = agents.length === 1 ? 'The one host' : `All ${formatCount(agents.length)} hosts`;
  const loss = lost === 0 ? 'nothing was lost in this range' : `${countOf(lost, 'exchange')} lost in this range`;
  if (bad === 0) {
    const replay = agents.length > 0 && agents.every((a) => a.source === 'replay');
    return `${who} ${agents.length === 1 ? 'reports' : 'report'}, ${loss}.${replay ? ' All of it is a replayed recording.' : ''}`;
  }
  return `${bad === agents.length ? (bad === 1 ? 'The one host needs' : `All ${bad} hosts need`) : `${bad} of ${agents.length} hosts ${bad === 1 ? 'needs' : 'need'}`} attention; ${loss}.`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
