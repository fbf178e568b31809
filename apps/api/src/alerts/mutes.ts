import type { Alert, Mute } from '@headwater/alert-rules';
import type { Principal } from '../auth/principal.ts';

const DAY_MS = 86_400_000;
export const MAX_MUTE_MS = 30 * DAY_MS;
export const MAX_MUTES = 500;
/** How far ahead maintenance may be planned. */
export const MAX_AHEAD_MS = 365 * DAY_MS;
/** A mute is listed for so long after its end. */
export const KEPT_AFTER_MS = 7 * DAY_MS;

/** `*`: any number of characters. The parts between are looked for from left to right, once each, however many stars there are. */
export function globMatches(glob: string, name: string): boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return glob === name;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

export type MuteState = 'planned' | 'active' | 'ended';

export interface MuteRow extends Mute {
  state: MuteState;
}

export function muteState({ starts_at, ends_at }: Pick<Mute, 'starts_at' | 'ends_at'>, now: number): MuteState {
  return now < Date.parse(starts_at) ? 'planned' : now < Date.parse(ends_at) ? 'active' : 'ended';
}

/** Whether a mute is about this alert, at whatever time. */
export function concerns({ match }: Pick<Mute, 'match'>, { rule, severity, subject }: Pick<Alert, 'rule' | 'severity' | 'subject'>): boolean {
  const glob = (wanted: string | undefined, is: string | undefined): boolean => wanted === undefined || (is !== undefined && globMatches(wanted, is));
  return (
    (match.rule === undefined || match.rule === rule) &&
    (match.severity === undefined || match.severity === severity) &&
    glob(match.service, subject.service) &&
    glob(match.route, subject.route) &&
    glob(match.host, subject.host)
  );
}

/** Whoever is narrowed to services sees what may keep an alert of theirs back, and nothing about hosts. */
export function seesMute({ services }: Pick<Principal, 'services'>, { match }: Pick<Mute, 'match'>): boolean {
  if (services === null) return true;
  return match.host === undefined && (match.service === undefined || services.some((s) => globMatches(match.service as string, s)));
}

/** ... and writes only what is about one of theirs and nothing else. Answers what is wrong, or null. */
export function mayWrite({ services }: Pick<Principal, 'services'>, { match }: Pick<Mute, 'match'>): string | null {
  if (services === null) return null;
  if (match.service === undefined) return 'the token is narrowed to some services, and this is about all of them; name one in match.service';
  return services.includes(match.service) ? null : 'the token is narrowed to other services';
}
