import { samplingText } from '../../components/quality.ts';
import { countOf, formatBytes, formatMs, formatPercent } from '../../format/numbers.ts';
import { formatAgo, formatInstant } from '../../format/times.ts';
import type { Agent } from './account.ts';

/** What a version of the agent before this does not say. */
const NOT_SAID = 'not said by this version of the agent';

/** The clock against the bus; the way to it is in the figure, so a few milliseconds say nothing. */
export function clockText(skew: number | null): string {
  if (skew === null) return 'not reported in this range';
  if (Math.abs(skew) < 10) return 'agrees with the bus';
  return `${formatMs(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'} the bus, way to it included`;
}

export function hooksText({ hooks, hooks_why }: Pick<Agent, 'hooks' | 'hooks_why'>): string {
  if (hooks === '') return 'none: a recording is replayed';
  return hooks_why === null || hooks_why === '' ? hooks : `${hooks}: ${hooks_why}`;
}

/** Where the policy in force comes from. */
export function policyText({ policy_state: p }: Pick<Agent, 'policy_state'>): string {
  if (p === null) return NOT_SAID;
  const own = p.source === 'file' ? `its own file (${p.host}), read ${formatInstant(Date.parse(p.loaded_at))}` : `built in (${p.host})`;
  return p.narrowing === null
    ? own
    : `${own}; narrowed by ${p.narrowing.policy} of the fleet, signed by ${p.narrowing.key}, since ${formatInstant(Date.parse(p.narrowing.accepted_at))}`;
}

/** The last policy that was offered and not taken; null: none. */
export function refusedText({ policy_state }: Pick<Agent, 'policy_state'>, now: number): string | null {
  const refused = policy_state?.refused ?? null;
  if (refused === null) return null;
  return `${refused.policy} from ${refused.source === 'file' ? 'its file' : 'the fleet'}, ${formatAgo(Date.parse(refused.at), now)}: ${refused.reason}`;
}

export function cpuText({ cpu_percent: used, cpu_ceiling_percent: ceiling }: Pick<Agent, 'cpu_percent' | 'cpu_ceiling_percent'>): string {
  if (used === null) return NOT_SAID;
  return `${formatPercent(used / 100)} of a core, with the probe; ${ceiling === null || ceiling === 0 ? 'no ceiling' : `ceiling ${formatPercent(ceiling / 100)}`}`;
}

export function samplingNow({ sampling: s, policy_state }: Pick<Agent, 'sampling' | 'policy_state'>): string {
  // An agent that says nothing of its policies is of a version that does not sample.
  if (s === null) return policy_state === null ? NOT_SAID : 'none: every exchange that the policy logs is kept';
  return `${samplingText({ one_in: s.one_in, reasons: [s.reason] })} since ${formatInstant(Date.parse(s.since))}; errors and slow exchanges are all kept`;
}

export function spoolText({ spool }: Pick<Agent, 'spool'>, now: number): string {
  if (spool === null) return NOT_SAID;
  if (spool.batches === 0) return 'nothing';
  const oldest = spool.oldest_at === null ? '' : `, the oldest of ${formatAgo(Date.parse(spool.oldest_at), now)}`;
  return `${countOf(spool.batches, 'batch', 'batches')}, ${formatBytes(spool.bytes)}${oldest}`;
}
