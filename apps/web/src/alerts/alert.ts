import type { components } from '../api/types.generated.ts';
import { formatClock, formatSince } from '../format/times.ts';
import { instantText } from '../time/range.ts';
import type { Patch } from '../url/search.ts';

export type Alert = components['schemas']['Alert'];
export type Mute = components['schemas']['Mute'];
export type MuteMatch = Mute['match'];
export type Severity = Alert['severity'];
export type Subject = Alert['subject'];

/** The worst first. */
export const SEVERITIES = ['page', 'ticket', 'info'] as const;

export const SEVERITY: Readonly<Record<Severity, { word: string; mark: string; hint: string }>> = {
  page: { word: 'Page', mark: '▲', hint: 'somebody is to look now' },
  ticket: { word: 'Ticket', mark: '◆', hint: 'to be looked at in working hours' },
  info: { word: 'Info', mark: '●', hint: 'worth knowing' },
};

/** By severity, muted ones after those that are delivered, then the longest open. */
export function worstFirst(a: Alert, b: Alert): number {
  const rank = (x: Alert) => Number(x.muted) * SEVERITIES.length + SEVERITIES.indexOf(x.severity);
  return rank(a) - rank(b) || Date.parse(a.opened_at) - Date.parse(b.opened_at);
}

/** `POST /charges of payments`, `payments`, `host web-1`. */
export function subjectText({ service, method, route, host }: Subject): string {
  if (host !== undefined) return `host ${host}`;
  const path = [method, route].filter(Boolean).join(' ');
  return [path, service].filter(Boolean).join(' of ') || 'the fleet';
}

/** Seen around an opening: what led to it and what it did then. ms */
const AROUND_MS = 30 * 60_000;

export interface Place {
  to: string;
  params?: Readonly<Record<string, string>>;
  search: Patch;
}

/** The page of what the alert is about, at the time it opened. `now` in ms */
export function placeOf({ subject, kind, opening_window, opened_at }: Pick<Alert, 'subject' | 'kind' | 'opening_window' | 'opened_at'>, now: number): Place {
  const end = Date.parse(opened_at) + AROUND_MS;
  const search = { from: instantText(Date.parse(opening_window.start) - AROUND_MS), to: end >= now ? 'now' : instantText(end) };
  const { service, method, route, host } = subject;
  if (host !== undefined) return { to: '/fleet', search: { ...search, host } };
  if (service === undefined) return { to: '/', search };
  // What alerts look at is what services were asked, so the side is theirs whatever was shown before.
  if (route !== undefined && method !== undefined && kind === 'new_failing_route')
    return { to: '/failures', search: { ...search, role: null, at: `${method} ${route} ${service}` } };
  return { to: '/services/$service', params: { service }, search: { ...search, role: null, ...(route === undefined || method === undefined ? {} : { method, route }) } };
}

/** What ended it, in words. */
export const RESOLUTIONS: Readonly<Record<NonNullable<Alert['resolution']>, string>> = {
  recovered: 'recovered',
  rule_removed: 'its rule was removed',
  expired: 'not heard of any more',
};

/** `2 alerts are open, 1 of them muted. The worst since 12:04: …`; what somebody has to know in a line. */
export function openSentence(open: readonly Alert[], now: number): string {
  const [worst] = open.toSorted(worstFirst);
  if (worst === undefined) return 'No alert is open.';
  const muted = open.filter((a) => a.muted).length;
  const count = open.length === 1 ? '1\u00a0alert is open' : `${open.length}\u00a0alerts are open`;
  const quiet = muted === 0 ? '' : muted === open.length ? ', muted' : `, ${muted} of them muted`;
  return `${count}${quiet}. ${open.length === 1 ? 'Since' : 'Worst, since'} ${formatSince(Date.parse(worst.opened_at), now)}: ${worst.title}`;
}

/** Open alerts by service, the worst of each first. */
export function byService(open: readonly Alert[]): Map<string, Alert[]> {
  const found = new Map<string, Alert[]>();
  for (const alert of open.toSorted(worstFirst)) {
    const { service } = alert.subject;
    if (service !== undefined) found.set(service, [...(found.get(service) ?? []), alert]);
  }
  return found;
}

/** An alert on a time axis: from its opening to its end, or to now. ms */
export interface Mark {
  from: number;
  to: number | null;
  label: string;
}

export function marksOf(alerts: readonly Alert[]): Mark[] {
  return alerts.map((a) => ({
    from: Date.parse(a.opened_at),
    to: a.resolved_at === null ? null : Date.parse(a.resolved_at),
    label: `${formatClock(Date.parse(a.opened_at))} ${a.title}`,
  }));
}
