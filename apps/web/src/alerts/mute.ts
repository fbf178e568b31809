import { formatDay, formatClock, formatSince } from '../format/times.ts';
import { instantText } from '../time/range.ts';
import type { Alert, Mute, MuteMatch, Subject } from './alert.ts';

/** What a mute can be narrowed by, in the order it is said. */
export const MATCH_KEYS = ['service', 'route', 'host', 'rule', 'severity'] as const;

/** A mute of what the alert is about; with `rule`, of that rule's alerts alone. */
export function matchOf(subject: Subject, rule: string | null): MuteMatch {
  const { service, route, host } = subject;
  return { ...(service === undefined ? {} : { service }), ...(route === undefined ? {} : { route }), ...(host === undefined ? {} : { host }), ...(rule === null ? {} : { rule }) };
}

/** `service shop, route /checkout`; every alert where nothing is said. */
export function matchText(match: MuteMatch): string {
  const parts = MATCH_KEYS.flatMap((key) => (match[key] === undefined ? [] : [`${key} ${match[key]}`]));
  return parts.join(', ') || 'every alert';
}

/** As it stands in the URL: `service=shop&route=/checkout`. */
export const matchParameter = (match: MuteMatch): string =>
  new URLSearchParams(MATCH_KEYS.flatMap((key) => (match[key] === undefined ? [] : [[key, match[key]] as [string, string]]))).toString();

export function parseMatch(text: string): MuteMatch {
  const params = new URLSearchParams(text);
  return Object.fromEntries(MATCH_KEYS.flatMap((key) => (params.get(key) ? [[key, params.get(key)]] : []))) as MuteMatch;
}

export interface Until {
  label: string;
  /** ms */
  at: number;
}

const HOUR_MS = 3_600_000;
const MORNING_HOUR = 9;

/** The usual lengths of a mute that begins now. "Tomorrow" is the browser's, as is its nine o'clock. */
export function untilChoices(now: number): Until[] {
  const morning = new Date(now);
  morning.setDate(morning.getDate() + 1);
  morning.setHours(MORNING_HOUR, 0, 0, 0);
  return [
    { label: '1\u00a0h', at: now + HOUR_MS },
    { label: '4\u00a0h', at: now + 4 * HOUR_MS },
    { label: 'Until tomorrow 9:00', at: morning.getTime() },
  ];
}

export const MUTE_STATES: Readonly<Record<Mute['state'], string>> = { active: 'In force', planned: 'Planned', ended: 'Ended' };

/** `*` is any number of characters, as the API has it. */
function globMatches(glob: string | undefined, name: string | undefined): boolean {
  if (glob === undefined) return true;
  if (name === undefined) return false;
  const parts = glob.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return glob === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

type Muted = Pick<Alert, 'muted' | 'muted_by' | 'rule' | 'severity' | 'subject'>;

/** The mute in force that keeps the alert back: the one it names, or where the analyzer has not met it yet, the one that matches. */
export function muteFor(alert: Muted, mutes: readonly Mute[]): Mute | undefined {
  if (!alert.muted) return undefined;
  const active = mutes.filter((m) => m.state === 'active');
  const matches = ({ match }: Mute): boolean =>
    (match.rule === undefined || match.rule === alert.rule) &&
    (match.severity === undefined || match.severity === alert.severity) &&
    (['service', 'route', 'host'] as const).every((key) => globMatches(match[key], alert.subject[key]));
  return active.find((m) => m.id === alert.muted_by) ?? active.find(matches);
}

/** `muted until 12:04`, or `muted` where the mute is not listed. */
export function mutedText(mute: Mute | undefined, now: number): string {
  return mute === undefined ? 'muted' : `muted until ${formatSince(Date.parse(mute.ends_at), now)}`;
}

/** What `datetime-local` takes and gives: local, to the minute. */
export function localInput(ms: number): string {
  const at = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

export interface Draft {
  from: string;
  to: string;
  match: MuteMatch;
  comment: string;
}

/** A mute as the API takes it, or the field that is wrong and how to mend it. */
export function muteOf(
  draft: Draft,
  now: number,
): { mute: Pick<Mute, 'match' | 'starts_at' | 'ends_at' | 'comment'> } | { field: 'from' | 'to' | 'match' | 'comment'; text: string } {
  const [from, to] = [Date.parse(draft.from), Date.parse(draft.to)];
  if (Number.isNaN(from)) return { field: 'from', text: 'Say when it begins' };
  if (Number.isNaN(to)) return { field: 'to', text: 'Say when it ends' };
  if (to <= from) return { field: 'to', text: 'It must end after it begins' };
  if (to <= now) return { field: 'to', text: `It would be over already; it is ${formatDay(now)} ${formatClock(now)}` };
  const match = Object.fromEntries(Object.entries(draft.match).flatMap(([key, value]) => (value.trim() === '' ? [] : [[key, value.trim()]]))) as MuteMatch;
  if (Object.keys(match).length === 0) return { field: 'match', text: 'Say what it is for; * as the service is every service' };
  if (draft.comment.trim() === '') return { field: 'comment', text: 'Say why, for those who wonder where the alerts are' };
  return { mute: { match, starts_at: instantText(from), ends_at: instantText(to), comment: draft.comment.trim() } };
}
