import type { Alert, AlertSubject } from './alert.ts';
import { advance, emptyMemory } from './advance.ts';
import { evaluateService } from './evaluate.ts';
import { MINUTE_MS, ServiceHistory } from './history.ts';
import { evaluateHosts } from './hosts.ts';
import type { Advance, HostFacts, Memory, ServiceFacts } from './port.ts';
import type { Rule } from './rule.ts';

/** One alert that the rule would have opened. Times are RFC 3339; `resolved_at` null: it would still be open. */
export interface WouldHaveFired {
  opened_at: string;
  resolved_at: string | null;
  subject: AlertSubject;
  title: string;
  values: Record<string, number>;
}

/** Half-open, whole minutes, ms. */
export interface PreviewRange {
  startMs: number;
  endMs: number;
}

/**
 * What a rule would have said of services in a range, minute by minute, as the analyzer would have.
 * @param services facts made by `factsOf` with this rule, in order of time: hours or minutes before the range, minutes in it. What is
 *   before the range is what a rule looks back on (`lookBackMs`)
 */
export function preview(rule: Rule, services: Iterable<{ service: string; facts: Iterable<ServiceFacts> }>, range: PreviewRange): WouldHaveFired[] {
  const rules = [{ ...rule, enabled: true }];
  const fired = new Fired();
  for (const { service, facts } of services) {
    const history = new ServiceHistory(service, rules);
    let memory = emptyMemory(range.startMs - MINUTE_MS);
    const evaluate = (untilMs: number) => {
      for (let atMs = memory.evaluatedUntilMs + MINUTE_MS; atMs <= untilMs; atMs += MINUTE_MS)
        memory = fired.take(advance(memory, evaluateService(rules, history, atMs), rules, atMs));
    };
    for (const f of facts) {
      if (f.startMs >= range.endMs) break;
      evaluate(Math.min(f.startMs, range.endMs));
      history.add(f);
    }
    evaluate(range.endMs);
  }
  return fired.list();
}

/**
 * The same for rules about hosts. A host counts as heard in each minute that it is known of: heartbeats of the past are not kept, so
 * `agent_silent` is told to the minute, and an agent that ended in order counts as silent.
 */
export function previewHosts(rule: Rule, hosts: Iterable<Pick<HostFacts, 'host' | 'minutes'>>, range: PreviewRange): WouldHaveFired[] {
  const rules = [{ ...rule, enabled: true }];
  const fired = new Fired();
  for (const { host, minutes } of hosts) {
    let memory = emptyMemory(range.startMs - MINUTE_MS);
    let seen = 0;
    for (let atMs = range.startMs; atMs <= range.endMs; atMs += MINUTE_MS) {
      while (seen < minutes.length && minutes[seen]!.startMs < atMs) seen++;
      const last = minutes[seen - 1];
      const facts: HostFacts = { host, seenMs: last ? last.startMs + MINUTE_MS : null, ended: false, minutes: minutes.slice(Math.max(0, seen - 1440), seen) };
      memory = fired.take(advance(memory, evaluateHosts(rules, [facts], atMs), rules, atMs, [facts]));
    }
  }
  return fired.list();
}

/** How far before a range a rule looks, ms. */
export function lookBackMs(rule: Rule): number {
  if (rule.kind === 'error_burn' || rule.kind === 'latency_burn') return Math.max(...rule.windows.map((w) => w.long_minutes)) * MINUTE_MS;
  if (rule.kind === 'new_failing_route') return (rule.quiet_hours * 60 + 60 + rule.within_minutes) * MINUTE_MS;
  return rule.kind === 'capture_incomplete' ? rule.within_minutes * MINUTE_MS : rule.after_seconds * 1000;
}

class Fired {
  private readonly byId = new Map<string, Alert>();

  take({ memory, transitions }: Advance): Memory {
    for (const { alert } of transitions) this.byId.set(alert.id, alert);
    return memory;
  }

  list(): WouldHaveFired[] {
    return [...this.byId.values()]
      .sort((a, b) => (a.opened_at < b.opened_at ? -1 : a.opened_at > b.opened_at ? 1 : a.id < b.id ? -1 : 1))
      .map(({ opened_at, resolved_at, subject, title, values }) => ({ opened_at, resolved_at, subject, title, values }));
  }
}
