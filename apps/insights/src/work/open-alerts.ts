import { ALERT_KEYS, SEVERITIES, type Alert } from '@headwater/alert-rules';
import type { InsightSubject } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';

/** An insight looks at this many at most; the most severe, then the newest. */
const MOST = 100;

/** Alerts of a subject (of the fleet: all) that are open, and `others` by id, also where they ended meanwhile. @throws whatever the store throws */
export async function alertsOf(state: StateStore, subject: InsightSubject, others: readonly string[]): Promise<Alert[]> {
  const found: Alert[] = [];
  for (const { value } of await state.list(ALERT_KEYS.alerts)) {
    const alert = parse(value);
    if (alert && (others.includes(alert.id) || (alert.state === 'open' && isOf(alert, subject)))) found.push(alert);
  }
  return found.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || (a.opened_at < b.opened_at ? 1 : -1) || (a.id < b.id ? -1 : 1)).slice(0, MOST);
}

function isOf(alert: Alert, { service, host }: InsightSubject): boolean {
  if (service !== undefined) return alert.subject.service === service;
  return host === undefined || alert.subject.host === host;
}

function parse(value: string): Alert | null {
  try {
    const alert = JSON.parse(value) as Partial<Alert> | null;
    return alert?.schema === 1 && typeof alert.id === 'string' && typeof alert.subject === 'object' ? (alert as Alert) : null;
  } catch {
    return null;
  }
}
