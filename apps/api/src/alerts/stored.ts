import { ALERT_KEYS, RULE_KINDS, SEVERITIES, type Alert, type Mute, type RulesInForce } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';

/** What a stored value is when its writer was of another version than can be read here: it is left out, never half-shown. */
export function parsed<T>(value: string, sound: (v: Partial<T>) => boolean): T | null {
  try {
    const v = JSON.parse(value) as Partial<T> | null;
    return v !== null && typeof v === 'object' && sound(v) ? (v as T) : null;
  } catch {
    return null;
  }
}

const isTime = (v: unknown): boolean => typeof v === 'string' && !Number.isNaN(Date.parse(v));
const isOne = (v: unknown, of: readonly string[]): boolean => typeof v === 'string' && of.includes(v);

export function parseAlert(value: string): Alert | null {
  return parsed<Alert>(
    value,
    (a) =>
      a.schema === 1 &&
      typeof a.id === 'string' &&
      typeof a.rule === 'string' &&
      isOne(a.kind, RULE_KINDS) &&
      isOne(a.severity, SEVERITIES) &&
      isOne(a.state, ['open', 'resolved']) &&
      typeof a.subject === 'object' &&
      a.subject !== null &&
      isTime(a.opened_at) &&
      (a.resolved_at === null || isTime(a.resolved_at)),
  );
}

export function parseMute(value: string): Mute | null {
  return parsed<Mute>(value, (m) => m.schema === 1 && typeof m.id === 'string' && typeof m.match === 'object' && m.match !== null && isTime(m.starts_at) && isTime(m.ends_at));
}

export function parseRules(value: string): RulesInForce | null {
  return parsed<RulesInForce>(value, (r) => typeof r.source === 'string' && isTime(r.loaded_at) && Array.isArray(r.rules));
}

export async function readAlerts(state: StateStore): Promise<Alert[]> {
  return (await state.list(ALERT_KEYS.alerts)).map((e) => parseAlert(e.value)).filter((a) => a !== null);
}

export async function readMutes(state: StateStore): Promise<Mute[]> {
  return (await state.list(ALERT_KEYS.mutes)).map((e) => parseMute(e.value)).filter((m) => m !== null);
}

/** null: no analyzer that evaluates rules has run yet */
export async function readRulesInForce(state: StateStore): Promise<RulesInForce | null> {
  const entry = await state.get(ALERT_KEYS.rules);
  return entry === null ? null : parseRules(entry.value);
}
