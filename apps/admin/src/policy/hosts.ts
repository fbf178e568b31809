import type { EventBus } from '@headwater/event-bus';
import type { AgentStatus } from '@headwater/header-event';
import { table } from '../table.ts';
import { readTopic } from './read-topic.ts';

/** Heartbeats come every 5 s; an agent that was silent for so long is said to be. */
const SILENT_MS = 30_000;

/** What others wrote cannot steer the terminal. */
export const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);

function statusOf(value: Uint8Array): AgentStatus | null {
  try {
    const status = JSON.parse(Buffer.from(value).toString('utf8')) as AgentStatus | null;
    return typeof status?.host === 'string' && typeof status.policy === 'string' ? status : null;
  } catch {
    return null;
  }
}

/** The last heartbeat of each host, as far as it is about policies. */
export async function hostStates(bus: EventBus, topic: string): Promise<Pick<AgentStatus, 'host' | 'policy' | 'policy_state' | 'seen_at'>[]> {
  const last = new Map<string, AgentStatus>();
  for (const { value } of await readTopic(bus, topic)) {
    const status = statusOf(value);
    if (status) last.set(status.host, status);
  }
  return [...last.values()]
    .sort((a, b) => (a.host < b.host ? -1 : 1))
    .map(({ host, policy, policy_state, seen_at }) => ({ host, policy, ...(policy_state ? { policy_state } : {}), seen_at }));
}

export function hostTable(states: Awaited<ReturnType<typeof hostStates>>, now: number): string {
  if (states.length === 0) return 'no host has told its policy yet\n';
  return table(
    ['HOST', 'IN FORCE', 'NARROWED BY', 'REFUSED'],
    states.map(({ host, policy, policy_state: s, seen_at }) => [
      printable(host),
      printable(policy) + (now - Date.parse(seen_at) > SILENT_MS ? ` (silent since ${printable(seen_at)})` : ''),
      s?.narrowing ? printable(`${s.narrowing.policy}, key ${s.narrowing.key}`) : '-',
      s?.refused ? printable(`${s.refused.policy} (${s.refused.source}): ${s.refused.reason}`) : '-',
    ]),
  );
}
