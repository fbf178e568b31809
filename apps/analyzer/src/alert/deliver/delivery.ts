import { keyOf, type AlertEvent } from '@headwater/alert-rules';

/**
 * Under `alert-delivery/<target id>/<alert id>`: how far one receiver has been told of one alert. Both of its events are in
 * one document, so that whoever writes it keeps their order.
 */
export interface Delivery {
  schema: 1;
  /** subject of the memory that decided it; its owner delivers */
  owner: string;
  /** rule and subject: alerts of one series reach a receiver in their order */
  series: string;
  target: string;
  alert_id: string;
  opened_at: string;
  opened: Leg;
  /** null: it is open */
  resolved: Leg | null;
  /** an attempt may be under way: nobody else makes one until then */
  lease: { by: string; until_ms: number } | null;
}

/** `delivered`, `refused`, `given_up` are what became of attempts; `muted` and `unneeded` were never tried. */
export type Outcome = 'pending' | 'delivered' | 'refused' | 'given_up' | 'muted' | 'unneeded';

export interface Leg {
  outcome: Outcome;
  /** left out when nothing is to be sent any more */
  event?: AlertEvent;
  attempts: number;
  /** from when on give_up_ms counts */
  since_ms: number;
  not_before_ms: number;
}

const HELD_WRITE_MS = 60_000;

export const DELIVERIES = 'alert-delivery/';

export function deliveryKey(target: string, alertId: string): string {
  return `${DELIVERIES}${target}/${alertId}`;
}

export function leg(event: AlertEvent, nowMs: number): Leg {
  return { outcome: 'pending', event, attempts: 0, since_ms: nowMs, not_before_ms: 0 };
}

export function seriesOf({ alert }: AlertEvent): string {
  return keyOf(alert.rule, alert.subject);
}

/** Nothing will ever be sent of it again. */
export function isOver({ opened, resolved }: Delivery): boolean {
  return opened.outcome !== 'pending' && (opened.outcome !== 'delivered' || (resolved !== null && resolved.outcome !== 'pending'));
}

/** What is to be done about a delivery now. `settle`: write it down as it is answered. */
export type Step = { kind: 'wait' } | { kind: 'settle'; outcome: Outcome; delivery: Delivery } | { kind: 'send'; event: AlertEvent; which: 'opened' | 'resolved' };

/** What a delivery needs of mutes: whether its alert was kept from receivers at an instant. */
export type Muted = (event: AlertEvent, atMs: number) => boolean;

/**
 * Judges one delivery at an instant. A mute holds back the opening; the end is told to whoever was told of the opening, mute or not,
 * since a receiver that waits for it would wait for ever. An alert whose whole life was within a mute is never told.
 */
export function nextStep(delivery: Delivery, giveUpMs: number, muted: Muted, nowMs: number): Step {
  const { opened, resolved } = delivery;
  if (isOver(delivery)) return { kind: 'wait' };
  if (opened.outcome === 'pending') {
    const event = opened.event!;
    const held = muted(event, nowMs);
    const end = resolved?.event;
    if (end && (held || (muted(event, Date.parse(event.at)) && muted(end, Date.parse(end.at))))) return settled(delivery, 'opened', 'muted');
    // The time to give up begins when it may be sent; a minute more or less is not worth a write each second.
    if (held)
      return nowMs - opened.since_ms < HELD_WRITE_MS ? { kind: 'wait' } : { kind: 'settle', outcome: 'pending', delivery: { ...delivery, opened: { ...opened, since_ms: nowMs } } };
    return due(delivery, 'opened', opened, giveUpMs, nowMs);
  }
  return resolved === null ? { kind: 'wait' } : due(delivery, 'resolved', resolved, giveUpMs, nowMs);
}

function due(delivery: Delivery, which: 'opened' | 'resolved', at: Leg, giveUpMs: number, nowMs: number): Step {
  if (nowMs - at.since_ms > giveUpMs) return settled(delivery, which, 'given_up');
  if (nowMs < at.not_before_ms) return { kind: 'wait' };
  return { kind: 'send', event: { ...at.event!, alert: { ...at.event!.alert, muted_by: null } }, which };
}

function settled(delivery: Delivery, which: 'opened' | 'resolved', outcome: Outcome): Step {
  return { kind: 'settle', outcome, delivery: withOutcome(delivery, which, outcome) };
}

/** With an attempt's end (or that there will be none) written in; what is over is kept without its events. */
export function withOutcome(delivery: Delivery, which: 'opened' | 'resolved', outcome: Outcome): Delivery {
  const legs = { opened: delivery.opened, resolved: delivery.resolved };
  legs[which] = { ...legs[which]!, outcome };
  if (which === 'opened' && outcome !== 'delivered' && legs.resolved) legs.resolved = { ...legs.resolved, outcome: 'unneeded' };
  const next: Delivery = { ...delivery, ...legs, lease: null };
  if (!isOver(next)) return next;
  const { event: _opened, ...openedLeg } = next.opened;
  if (next.resolved === null) return { ...next, opened: openedLeg };
  const { event: _resolved, ...resolvedLeg } = next.resolved;
  return { ...next, opened: openedLeg, resolved: resolvedLeg };
}
