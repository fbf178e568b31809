import type { Alert, Mute } from './alert.ts';
import { matches } from './glob.ts';

/** Id of the mute that keeps this alert from being delivered at this instant, or null. Of several the one that ends last, ties by id. */
export function isMuted(mutes: readonly Mute[], alert: Pick<Alert, 'rule' | 'severity' | 'subject'>, atMs: number): string | null {
  const holding = mutes.filter((m) => Date.parse(m.starts_at) <= atMs && atMs < Date.parse(m.ends_at) && isAbout(m.match, alert));
  holding.sort((a, b) => Date.parse(b.ends_at) - Date.parse(a.ends_at) || (a.id < b.id ? -1 : 1));
  return holding[0]?.id ?? null;
}

/** All that is named must match; a mute that names nothing is about everything. */
function isAbout(match: Mute['match'], { rule, severity, subject }: Pick<Alert, 'rule' | 'severity' | 'subject'>): boolean {
  const fits = (glob: string | undefined, text: string | undefined) => glob === undefined || (text !== undefined && matches(glob, text));
  return (
    (match.rule === undefined || match.rule === rule) &&
    (match.severity === undefined || match.severity === severity) &&
    fits(match.service, subject.service) &&
    fits(match.route, subject.route) &&
    fits(match.host, subject.host)
  );
}
