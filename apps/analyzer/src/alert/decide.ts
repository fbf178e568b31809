import type { Advance, Alert, AlertEvent, Memory } from '@headwater/alert-rules';

/** What a judgement comes to: the next memory, the events that are now owed, and alerts to be shown as they are now. */
export interface Decision {
  memory: Memory;
  events: AlertEvent[];
  changed: Alert[];
}

/** Puts the mutes of this instant on what was judged. */
export function decide({ memory, transitions, updated }: Advance, mutedBy: (alert: Alert) => string | null, atMs: number): Decision {
  const at = new Date(atMs).toISOString();
  const events = transitions.map(({ event, alert }): AlertEvent => ({ schema: 1, event, event_id: `${alert.id}/${event}`, at, alert: { ...alert, muted_by: mutedBy(alert) } }));
  const opened = new Map(events.filter((e) => e.event === 'opened').map((e) => [e.alert.id, e.alert]));
  const changed = new Map(updated.map((a) => [a.id, a]));
  const open: Memory['open'] = {};
  for (const [key, entry] of Object.entries(memory.open)) {
    const muted_by = mutedBy(entry.alert);
    let { alert } = entry;
    if (opened.get(alert.id)?.revision === alert.revision) alert = opened.get(alert.id)!;
    else if (alert.muted_by !== muted_by) {
      alert = { ...alert, muted_by, revision: alert.revision + (changed.has(alert.id) ? 0 : 1) };
      changed.set(alert.id, alert);
    }
    open[key] = { ...entry, alert };
  }
  return { memory: { ...memory, open }, events, changed: [...changed.values()] };
}
