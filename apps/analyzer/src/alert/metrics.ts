import { SEVERITIES } from '@headwater/alert-rules';
import type { Logger } from 'pino';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { AlertReport } from './report.ts';

const NAME = 'headwater_analyzer_alert';
const SAY_AGAIN_MS = 60_000;

/** What happens to alerts, as metrics and, where a person should know, log lines. */
export function alertReport(registry: Registry, log: Logger, now: () => number): AlertReport {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) => new Counter({ name: NAME + name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) => new Gauge({ name: NAME + name, help, labelNames, registers });
  const evaluations = counter('_evaluations_total', 'Minutes of services that were judged, and judgements of the hosts', 'kind');
  const behind = gauge('_minutes_behind', 'Closed minutes that are not judged yet');
  const skipped = counter('_minutes_skipped_total', 'Closed minutes that are too long ago to be judged');
  const open = gauge('s_open', 'Open alerts of the services and hosts that are ours', 'severity');
  const transitions = counter('_transitions_total', 'Alerts opened and resolved', 'event', 'severity');
  const published = counter('_published_total', 'Events on alerts.v1; found: was there already after a take-over', 'how');
  const ruleCount = gauge('_rules', 'Rules in force');
  const refused = gauge('_rules_refused', '1: the rules file is not valid and the rules before it are in force');
  const owed = gauge('_deliveries_waiting', 'Alerts that some receiver is still to be told something of');
  const deliveries = counter('_deliveries_total', 'What became of deliveries, by kind of receiver', 'target', 'outcome');
  const repeats = counter('_repeats_total', 'Open alerts told again to Alertmanager, by outcome', 'outcome');
  const races = counter('_races_lost_total', 'Times another analyzer wrote first; it decides', 'what');
  const failures = counter('_failures_total', 'Rounds, judgements or deliveries cut short by an error; they are tried again');
  for (const c of [skipped, failures]) c.inc(0);
  for (const severity of SEVERITIES) open.set({ severity }, 0);

  const said = new Map<string, number>();
  const seldom = (what: string, say: () => void) => {
    if (now() - (said.get(what) ?? -SAY_AGAIN_MS) < SAY_AGAIN_MS) return;
    if (said.size > 1000) said.clear();
    said.set(what, now());
    say();
  };

  return {
    evaluated: (kind, minutes) => evaluations.inc({ kind }, minutes),
    behind: (minutes) => behind.set(minutes),
    skipped(minutes) {
      skipped.inc(minutes);
      log.warn({ minutes }, 'minutes are too long ago to raise alerts; they are passed over');
    },
    open(bySeverity) {
      for (const severity of SEVERITIES) open.set({ severity }, bySeverity[severity]);
    },
    transition(event, { id, severity, title, muted_by }) {
      transitions.inc({ event, severity });
      log.info({ alert: id, severity, title, ...(muted_by === null ? {} : { muted_by }) }, `alert ${event}`);
    },
    published: (how) => published.inc({ how }),
    rules(source, count) {
      ruleCount.set(count);
      refused.set(0);
      log.info({ source, rules: count }, 'alert rules in force');
    },
    rulesRefused(detail) {
      refused.set(1);
      log.error({ reason: detail }, 'the alert rules are not taken; those before them stay in force');
    },
    owed: (count) => owed.set(count),
    delivered(target, outcome, alert, why) {
      deliveries.inc({ target: target.kind, outcome });
      const at = { target: target.kind, at: target.name, alert, ...(why === undefined ? {} : { reason: why }) };
      if (outcome === 'retried') seldom(target.id, () => log.warn(at, 'an alert could not be delivered; it will be tried again'));
      else if (outcome === 'refused' || outcome === 'given_up')
        log.error(at, outcome === 'refused' ? 'a receiver refused an alert; it is not tried again' : 'an alert was given up: its receiver took it at no time');
    },
    repeated(target, outcome, why) {
      repeats.inc({ outcome });
      if (outcome !== 'delivered') seldom(`repeat ${target.id}`, () => log.warn({ target: target.kind, at: target.name, reason: why }, 'open alerts could not be repeated'));
    },
    lostRace: (what) => races.inc({ what }),
    failed(what, error) {
      failures.inc();
      seldom(`fail ${what}`, () => log.error({ what, err: error }, 'alerts: cut short; it will be tried again'));
    },
  };
}
