import { isMuted, type Alert, type Mute, type Rule, type RulesInForce, type Severity } from '@headwater/alert-rules';
import type { Principal } from '../auth/principal.ts';
import type { Ranked } from '../query/cursor.ts';

export interface AlertRow extends Alert {
  /** a mute that is in force now keeps it from being delivered */
  muted: boolean;
}

export interface AlertsWanted {
  /** half-open, ms; null: whenever */
  range: { start: number; end: number } | null;
  state: 'open' | 'resolved' | 'all';
  severities: readonly string[] | null;
  rule: string | null;
  service: string | null;
  host: string | null;
  id: string | null;
}

/** Alerts about hosts are for those who may see the fleet; a token narrowed to services sees those of its services. */
export function seesAlert({ services, scopes }: Pick<Principal, 'services' | 'scopes'>, { subject }: Pick<Alert, 'subject'>): boolean {
  if (services !== null) return subject.host === undefined && subject.service !== undefined && services.includes(subject.service);
  return subject.host === undefined || scopes.has('fleet:read');
}

function wants(w: AlertsWanted, a: Alert): boolean {
  if (w.id !== null && a.id !== w.id) return false;
  if (w.state !== 'all' && a.state !== w.state) return false;
  if (w.severities !== null && !w.severities.includes(a.severity)) return false;
  if (w.rule !== null && a.rule !== w.rule) return false;
  if (w.service !== null && a.subject.service !== w.service) return false;
  if (w.host !== null && a.subject.host !== w.host) return false;
  if (w.range === null) return true;
  return Date.parse(a.opened_at) < w.range.end && (a.resolved_at === null || Date.parse(a.resolved_at) > w.range.start);
}

const WEIGHT: Readonly<Record<Severity, number>> = { page: 2, ticket: 1, info: 0 };
/** Above every instant in ms until the year 5138, so that digits above it sort first. */
const ABOVE_MS = 1e14;

/** Open ones first, then by severity, then the newest. */
export function alertRows(alerts: readonly Alert[], mutes: readonly Mute[], wanted: AlertsWanted, who: Principal, now: number): Ranked<AlertRow>[] {
  return alerts
    .filter((a) => seesAlert(who, a) && wants(wanted, a))
    .map((a) => ({
      rank: (a.state === 'open' ? 10 : 0) * ABOVE_MS + WEIGHT[a.severity] * ABOVE_MS + Date.parse(a.opened_at),
      key: a.id,
      row: { ...a, muted: isMuted(mutes, a, now) !== null },
    }));
}

export type AlertRuleRow = Rule & {
  /** alerts of it that are open, and that opened in the last 24 hours, among those that the asker may see */
  open: number;
  fired_last_day: number;
  /** with view=preview: how often it would have fired in the previewed range; null: rules of this kind have no preview */
  would_have_fired?: number | null;
};

const DAY_MS = 86_400_000;

export function ruleRows({ rules }: RulesInForce, alerts: readonly Alert[], who: Principal, now: number): AlertRuleRow[] {
  const seen = alerts.filter((a) => seesAlert(who, a));
  return rules.map((rule) => {
    const own = seen.filter((a) => a.rule === rule.id);
    return { ...rule, open: own.filter((a) => a.state === 'open').length, fired_last_day: own.filter((a) => Date.parse(a.opened_at) > now - DAY_MS).length };
  });
}
