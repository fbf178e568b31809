import { createHash } from 'node:crypto';
import { SEVERITIES, type Alert, type AlertSubject } from './alert.ts';
import { evaluateService } from './evaluate.ts';
import { isFor } from './glob.ts';
import { BY_MINUTES, HOUR_MS, MINUTE_MS, type ServiceHistory } from './history.ts';
import type { Advance, Finding, HostFacts, Memory, Transition } from './port.ts';
import type { Rule } from './rule.ts';

/** Open alerts of one rule and service (or of the hosts): a release that breaks every route is told by its worst. */
export const MAX_OPEN = 20;

/** Nothing is open; minutes that end after this instant are to be evaluated. */
export function emptyMemory(evaluatedUntilMs: number): Memory {
  return { schema: 1, evaluatedUntilMs, open: {} };
}

/** Rule and subject as one text, the same for the same two. */
export function keyOf(rule: string, { service = '', method = '', route = '', host = '' }: AlertSubject): string {
  return JSON.stringify([rule, service, method, route, host]);
}

/** 32 hex digits over rule, subject and the start of the minute whose closing made it open. */
export function alertId(rule: string, subject: AlertSubject, openingStartMs: number): string {
  return createHash('sha256')
    .update(`${keyOf(rule, subject)}\n${openingStartMs}`)
    .digest('hex')
    .slice(0, 32);
}

/**
 * The evaluator's next memory, and what changed. The memory that is given stays as it is. An instant at or before the one that was evaluated
 * last changes nothing, so late minutes do not undo what was said.
 * @param rules those in force: an alert whose rule is none of them (or is off, or no longer for its subject) is resolved as `rule_removed`
 * @param atMs services: the end of the minute that was evaluated; hosts: any instant
 * @param hosts with findings about hosts: the hosts that were judged. Of one that is not among them nothing is known, so its alert stays
 *   open, and expires
 */
export function advance(memory: Memory, findings: readonly Finding[], rules: readonly Rule[], atMs: number, hosts?: readonly HostFacts[]): Advance {
  if (atMs <= memory.evaluatedUntilMs) return { memory, transitions: [], updated: [] };
  const next: Memory = { ...memory, evaluatedUntilMs: atMs, open: { ...memory.open } };
  const out: Advance = { memory: next, transitions: [], updated: [] };
  const byKey = new Map(findings.map((f) => [keyOf(f.rule.id, f.subject), f]));
  const inForce = new Map(rules.map((r) => [r.id, r]));
  const byHost = hosts && new Map(hosts.map((h) => [h.host, h]));
  for (const [key, { alert, quietMinutes }] of Object.entries(memory.open)) {
    const rule = inForce.get(alert.rule);
    const found = byKey.get(key);
    if (!rule?.enabled || rule.kind !== alert.kind || !isFor(rule.subjects, alert.subject.service ?? alert.subject.host ?? '')) resolve(out, key, alert, 'rule_removed', atMs);
    else if (found?.expired) resolve(out, key, alert, 'expired', atMs);
    else if (found) {
      const changed = { ...alert, last_values: found.values, complete: alert.complete && found.complete };
      const same = JSON.stringify([alert.last_values, alert.complete]) === JSON.stringify([changed.last_values, changed.complete]);
      if (!same) out.updated.push({ ...changed, revision: alert.revision + 1 });
      next.open[key] = { alert: same ? alert : out.updated.at(-1)!, quietMinutes: 0 };
    } else if (byHost && !isKnown(rule, byHost.get(alert.subject.host ?? ''))) {
      const hours = rule.kind === 'agent_silent' ? rule.expire_hours : 24;
      if (atMs - Date.parse(alert.opened_at) >= hours * HOUR_MS) resolve(out, key, alert, 'expired', atMs);
    } else {
      // What was not looked at is not known to be quiet: a gap counts as a minute at most.
      const quiet = quietMinutes + Math.min(1, (atMs - memory.evaluatedUntilMs) / MINUTE_MS);
      if (quiet >= rule.resolve_after_minutes - 1e-6) resolve(out, key, alert, 'recovered', atMs);
      else next.open[key] = { alert, quietMinutes: quiet };
    }
  }
  open(out, byKey, atMs);
  return out;
}

/** Whether there is anything to judge the host by. */
function isKnown({ kind }: Rule, host: HostFacts | undefined): boolean {
  return host !== undefined && (kind === 'agent_silent' ? host.seenMs !== null : host.minutes.length > 0);
}

function resolve(out: Advance, key: string, alert: Alert, resolution: NonNullable<Alert['resolution']>, atMs: number): void {
  delete out.memory.open[key];
  out.transitions.push({ event: 'resolved', alert: { ...alert, state: 'resolved', resolved_at: new Date(atMs).toISOString(), resolution, revision: alert.revision + 1 } });
}

/** Severe rules first, so that they stand for the milder ones of their kind. */
function open(out: Advance, byKey: ReadonlyMap<string, Finding>, atMs: number): void {
  const rank = (f: Finding) => SEVERITIES.indexOf(f.rule.severity);
  const covered = { ...out.memory.covered };
  for (const { alert } of Object.values(out.memory.open)) cover(covered, alert, atMs);
  for (const [key, finding] of [...byKey].sort((a, b) => rank(a[1]) - rank(b[1]))) {
    if (finding.holds_only || finding.expired || out.memory.open[key] || isCovered(covered, finding, atMs)) continue;
    const { rule, subject } = finding;
    if (
      Object.values(out.memory.open).filter(({ alert }) => alert.rule === rule.id && alert.subject.service === subject.service).length >=
      (subject.host === undefined ? MAX_OPEN : Infinity)
    )
      continue;
    const alert = opened(finding, atMs, besides(out, byKey, finding));
    out.memory.open[key] = { alert, quietMinutes: 0 };
    out.transitions.push({ event: 'opened', alert });
    cover(covered, alert, atMs);
  }
  // A cover is of no use once the longest short window lies after it.
  for (const [key, { atMs: last }] of Object.entries(covered)) if (atMs - last > 24 * HOUR_MS) delete covered[key];
  delete out.memory.covered;
  if (Object.keys(covered).length > 0) out.memory.covered = covered;
}

const isBurn = (kind: string) => kind === 'error_burn' || kind === 'latency_burn';

function cover(covered: NonNullable<Memory['covered']>, { kind, severity, subject }: Alert, atMs: number): void {
  if (!isBurn(kind)) return;
  const key = `${kind} ${subject.service}`;
  const known = covered[key];
  // A milder one takes its place only where the severe one ended.
  if (!known || known.atMs < atMs || SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(known.severity)) covered[key] = { severity, atMs };
}

/**
 * Whether a more severe rule of the same kind is open for this service, or was within the short window that this finding rests on: then the
 * same failures were told already. What burns on after that is another cause.
 */
function isCovered(covered: NonNullable<Memory['covered']>, { rule, subject, values }: Finding, atMs: number): boolean {
  if (!isBurn(rule.kind)) return false;
  const by = covered[`${rule.kind} ${subject.service}`];
  return by !== undefined && SEVERITIES.indexOf(by.severity) < SEVERITIES.indexOf(rule.severity) && atMs - by.atMs < (values['short_minutes'] ?? 0) * MINUTE_MS;
}

/** What the milder rules of the same kind say of the same failures, for the description of the severe one. */
function besides({ memory }: Advance, byKey: ReadonlyMap<string, Finding>, { rule, subject }: Finding): string {
  if (!isBurn(rule.kind)) return '';
  const rank = SEVERITIES.indexOf(rule.severity);
  const milder = [...byKey].filter(([, f]) => f.rule.kind === rule.kind && f.subject.service === subject.service && SEVERITIES.indexOf(f.rule.severity) > rank);
  return milder
    .map(([key, f]) => {
      const before = memory.open[key]?.alert;
      return ` ${f.rule.id} holds for the same failures and ${before ? `is open since ${before.opened_at}` : 'is not opened beside it'}.`;
    })
    .join('');
}

function opened(finding: Finding, atMs: number, also: string): Alert {
  const { rule, subject, values, complete } = finding;
  const start = Math.ceil(atMs / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
  return {
    schema: 1,
    id: alertId(rule.id, subject, start),
    rule: rule.id,
    kind: rule.kind,
    severity: rule.severity,
    subject,
    state: 'open',
    title: finding.title,
    description: finding.description + also,
    opened_at: new Date(atMs).toISOString(),
    opening_window: { start: new Date(start).toISOString(), end: new Date(start + MINUTE_MS).toISOString() },
    resolved_at: null,
    resolution: null,
    values,
    last_values: values,
    complete,
    muted_by: null,
    revision: 1,
  };
}

/**
 * Evaluates every minute of a service that was not, up to `untilMs`, one after another: the same transitions however many minutes come at
 * once. Of a longer gap the last six hours.
 */
export function advanceService(memory: Memory, history: ServiceHistory, rules: readonly Rule[], untilMs: number): Advance {
  const last = untilMs - (untilMs % MINUTE_MS);
  const first = Math.max(memory.evaluatedUntilMs - (memory.evaluatedUntilMs % MINUTE_MS) + MINUTE_MS, last - BY_MINUTES * MINUTE_MS);
  const transitions: Transition[] = [];
  const updated = new Map<string, Alert>();
  let now = memory;
  for (let atMs = first; atMs <= last; atMs += MINUTE_MS) {
    const step = advance(now, evaluateService(rules, history, atMs), rules, atMs);
    now = step.memory;
    for (const alert of step.updated) updated.set(alert.id, alert);
    for (const t of step.transitions) {
      transitions.push(t);
      updated.delete(t.alert.id);
    }
  }
  return { memory: now, transitions, updated: [...updated.values()] };
}
