import type { AlertsConfig } from '@headwater/config';
import type { EventBus } from '@headwater/event-bus';
import type { StateStore } from '@headwater/state-store';
import type { SummaryStore } from '@headwater/summary-store';
import { alertmanagers } from './deliver/alertmanager.ts';
import { DeliveryDesk } from './deliver/desk.ts';
import type { Target } from './deliver/target.ts';
import { webhook } from './deliver/webhook.ts';
import { Mutes } from './mutes.ts';
import type { AlertReport } from './report.ts';
import { RulesInEffect } from './rules-in-force.ts';
import { AlertStage, type Ownership } from './stage.ts';
import { Teller } from './teller.ts';
import { AlertTopic } from './topic.ts';

/** Names of what the stage reads and writes on the bus. */
export interface AlertTopics {
  /** whose windows are judged */
  events: string;
  alerts: string;
  agentStatus: string;
  group: string;
}

export interface Alerts {
  stage: AlertStage;
  desk: DeliveryDesk;
  rules: RulesInEffect;
}

/** @throws Error that names the setting whose file cannot be used, or the receiver that is there twice */
export function targetsOf(config: AlertsConfig, now: () => number): Target[] {
  const hooks = config.webhooks.map((w, i) => webhook(w, `alerts.webhooks[${i}]`, now));
  const targets = [...hooks, ...(config.alertmanager ? alertmanagers(config.alertmanager, config.dashboard_url, now) : [])];
  // What is owed is kept by address, so two of one address would be one.
  const twice = targets.find((t, i) => targets.findIndex((other) => other.id === t.id) < i);
  if (twice) throw new Error(`alerts: the ${twice.kind} at ${twice.name} is given twice with the same address; leave one out`);
  return targets;
}

/** Puts the stage together. @throws as targetsOf */
export function openAlerts(
  config: AlertsConfig,
  topics: AlertTopics,
  doors: { bus: EventBus; store: SummaryStore; state: StateStore; report: AlertReport; fold: Ownership },
  now: () => number,
): Alerts {
  const { bus, store, state, report, fold } = doors;
  const mutes = new Mutes(state, now);
  const topic = new AlertTopic(bus, topics.alerts, topics.group);
  const muted = (event: Parameters<DeliveryDesk['accept']>[0], atMs: number) => mutes.of(event.alert, atMs) !== null;
  const desk = new DeliveryDesk({ state, targets: targetsOf(config, now), report, owns: (subject) => fold.owns(subject), muted }, now);
  const rules = new RulesInEffect(config.rules_file, state, report, now);
  const teller = new Teller({ state, topic, desk, report }, config.keep_ms);
  const hearing = () => bus.ranges(topics.agentStatus);
  return { stage: new AlertStage({ store, state, topic, rules, mutes, desk, teller, report, hearing }, fold, topics.events, now), desk, rules };
}
