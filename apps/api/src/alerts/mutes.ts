import { matches, type Mute } from '@headwater/alert-rules';
import type { Principal } from '../auth/principal.ts';

const DAY_MS = 86_400_000;
export const MAX_MUTE_MS = 30 * DAY_MS;
export const MAX_MUTES = 500;
/** How far ahead maintenance may be planned. */
export const MAX_AHEAD_MS = 365 * DAY_MS;
/** A mute is listed for so long after its end. */
export const KEPT_AFTER_MS = 7 * DAY_MS;

export type MuteState = 'planned' | 'active' | 'ended';

export interface MuteRow extends Mute {
  state: MuteState;
}

export function muteState({ starts_at, ends_at }: Pick<Mute, 'starts_at' | 'ends_at'>, now: number): MuteState {
  return now < Date.parse(starts_at) ? 'planned' : now < Date.parse(ends_at) ? 'active' : 'ended';
}

/** Whoever is narrowed to services sees what may keep an alert of theirs back, and nothing about hosts. */
export function seesMute({ services }: Pick<Principal, 'services'>, { match }: Pick<Mute, 'match'>): boolean {
  if (services === null) return true;
  return match.host === undefined && (match.service === undefined || services.some((s) => matches(match.service as string, s)));
}

/** ... and writes only what is about one of theirs and nothing else. Answers what is wrong, or null. */
export function mayWrite({ services }: Pick<Principal, 'services'>, { match }: Pick<Mute, 'match'>): string | null {
  if (services === null) return null;
  if (match.service === undefined) return 'the token is narrowed to some services, and this is about all of them; name one in match.service';
  return services.includes(match.service) ? null : 'the token is narrowed to other services';
}
