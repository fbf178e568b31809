import type { StateStore } from '@headwater/state-store';

/** Heartbeats, as the analyzer keeps them for fifteen minutes. */
const AGENTS = 'agent/';
export const HEARTBEATS_KEPT_MS = 15 * 60_000;
/** They come every 5 s. */
const SILENT_MS = 60_000;

/** Hosts whose agent is not heard and did not say that it ends -> for how long, ms; and those that are heard -> null. */
export async function agents(state: StateStore, nowMs: number): Promise<Map<string, number | null>> {
  const hosts = new Map<string, number | null>();
  for (const { value } of await state.list(AGENTS)) {
    const beat = parsed(value);
    if (beat === null || beat.ended) continue;
    const silentMs = nowMs - beat.seenMs;
    hosts.set(beat.host, silentMs >= SILENT_MS ? silentMs : null);
  }
  return hosts;
}

function parsed(value: string): { host: string; ended: boolean; seenMs: number } | null {
  try {
    const beat = JSON.parse(value) as { host?: unknown; ended?: boolean; seen_at?: string; heard?: Record<string, number> } | null;
    if (typeof beat?.host !== 'string') return null;
    const seenMs = Math.max(...Object.values(beat.heard ?? {}).filter(Number.isFinite), Date.parse(beat.seen_at ?? '') || 0);
    return { host: beat.host, ended: beat.ended === true, seenMs };
  } catch {
    // Another version's, or not ours: a host that nothing is known of is not called silent.
    return null;
  }
}
