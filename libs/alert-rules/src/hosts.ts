import { isFor } from './glob.ts';
import { MINUTE_MS } from './history.ts';
import type { Finding, HostFacts } from './port.ts';
import type { AgentSilentRule, CaptureIncompleteRule, Rule } from './rule.ts';
import { count, description, name, percent, rounded, span, title, whole } from './words.ts';

/** What holds of the hosts at an instant. Hosts that are not given, and those without a known heartbeat, are not judged: see `advance`. */
export function evaluateHosts(rules: readonly Rule[], hosts: readonly HostFacts[], atMs: number): Finding[] {
  const found: Finding[] = [];
  for (const rule of rules) {
    if (!rule.enabled || (rule.kind !== 'agent_silent' && rule.kind !== 'capture_incomplete')) continue;
    const mine = hosts.filter((h) => isFor(rule.subjects, h.host));
    if (rule.kind === 'agent_silent') found.push(...silent(rule, mine, atMs));
    else for (const host of mine) found.push(...incomplete(rule, host, atMs));
  }
  return found;
}

function silent(rule: AgentSilentRule, hosts: readonly HostFacts[], atMs: number): Finding[] {
  const judged = hosts.filter((h) => h.seenMs !== null && !h.ended);
  const quiet = judged.filter((h) => atMs - h.seenMs! >= rule.after_seconds * 1000);
  return quiet.map(({ host, seenMs }) => {
    const seconds = Math.floor((atMs - seenMs!) / 1000);
    const together = quiet.length === judged.length && quiet.length > 1;
    return {
      rule,
      subject: { host },
      title: title(`${name(host)}: its agent has not been heard for ${seconds < 120 ? count(seconds, 'second') : span(Math.floor(seconds / 60))}`),
      description: description(
        `The last heartbeat came at ${new Date(seenMs!).toISOString()}; it did not say that it ends.`,
        together
          ? `All ${whole(judged.length)} hosts are silent: look at the bus and at the network first.`
          : 'What its services do is not seen meanwhile. Look whether the host is up, then at its agent.',
      ),
      values: { silent_seconds: seconds, hosts_silent: quiet.length, hosts_known: judged.length },
      complete: true,
      ...(seconds >= rule.expire_hours * 3600 ? { expired: true as const } : {}),
    };
  });
}

function incomplete(rule: CaptureIncompleteRule, { host, minutes }: HostFacts, atMs: number): Finding[] {
  const sinceMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS - rule.within_minutes * MINUTE_MS;
  const sum = { started: 0, lost: 0, read: 0, known: 0 };
  for (const m of minutes) {
    if (m.startMs < sinceMs || m.startMs >= atMs) continue;
    sum.started += m.started;
    sum.lost += m.lost;
    sum.read += m.read;
    sum.known += m.known;
  }
  const lostRatio = sum.started > 0 ? Math.min(1, sum.lost / sum.started) : 0;
  const coverage = sum.known > 0 ? Math.min(1, sum.read / sum.known) : 1;
  const lossy = sum.started >= rule.min_started && lostRatio > rule.max_lost_ratio;
  const blind = sum.known >= rule.min_started && coverage < rule.min_coverage;
  if (!lossy && !blind) return [];
  const losses = `${percent(lostRatio)} of ${count(sum.started, 'message')} lost`;
  const unread = `${percent(coverage)} of ${count(sum.known, 'exchange')} read`;
  return [
    {
      rule,
      subject: { host },
      title: title(`${name(host)}: ${lossy ? losses : unread} in ${span(rule.within_minutes)}`),
      description: description(
        lossy ? `More than the ${percent(rule.max_lost_ratio)} that is allowed.` : `At least ${percent(rule.min_coverage)} is asked for.`,
        lossy && blind ? `Also only ${unread}.` : '',
        'Figures of services on this host are at least what is shown. See the fleet page for the reasons: what was lost and where, what could not be read.',
      ),
      values: rounded({ lost_ratio: lostRatio, lost: sum.lost, started: sum.started, coverage, within_minutes: rule.within_minutes }),
      complete: !lossy,
    },
  ];
}
