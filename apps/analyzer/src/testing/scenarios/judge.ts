import { ServiceHistory, advance, advanceService, emptyMemory, evaluateHosts, type Alert, type Memory, type Rule } from '@headwater/alert-rules';
import type { Minute } from './play.ts';
import { START, type Fault, type Plan, type Wanted } from './plan.ts';

const MINUTE_MS = 60_000;
/** Opened so long after its end, an alert is still its fault's: windows reach back. */
const AFTER = 10;

export interface Found {
  fault: Fault;
  wanted: Wanted;
  /** minutes from the fault's begin until its alert opened */
  after: number;
}

export interface Verdict {
  found: Found[];
  missed: { fault: Fault; wanted: Wanted }[];
  invented: Alert[];
  opened: Alert[];
  resolved: number;
}

/** The alerts that the rules open over what was played, against what was planted. */
export function judge(plan: Plan, played: readonly Minute[], rules: readonly Rule[]): Verdict {
  const { opened, resolved } = alertsOf(played, rules);
  const verdict: Verdict = { found: [], missed: [], invented: [], opened, resolved };
  const explained = new Set<Alert>();
  for (const fault of plan.faults) {
    for (const wanted of fault.wanted) {
      const mine = opened.filter((a) => isWanted(a, wanted) && minuteOf(a) >= fault.from && minuteOf(a) <= fault.from + fault.minutes + AFTER);
      for (const a of mine) explained.add(a);
      if (wanted.within === null) continue;
      const after = Math.min(...mine.map(minuteOf)) - fault.from;
      if (after <= wanted.within) verdict.found.push({ fault, wanted, after });
      else verdict.missed.push({ fault, wanted });
    }
  }
  verdict.invented = opened.filter((a) => !explained.has(a));
  return verdict;
}

function isWanted({ rule, subject }: Alert, wanted: Wanted): boolean {
  return rule === wanted.rule && subject.service === wanted.service && subject.route === wanted.route && subject.host === wanted.host;
}

function minuteOf(alert: Alert): number {
  return (Date.parse(alert.opened_at) - START) / MINUTE_MS;
}

function alertsOf(played: readonly Minute[], rules: readonly Rule[]): { opened: Alert[]; resolved: number } {
  const services = new Map<string, { history: ServiceHistory; memory: Memory }>();
  let hosts = emptyMemory(START);
  const opened: Alert[] = [];
  let resolved = 0;
  const take = ({ memory, transitions }: ReturnType<typeof advance>): Memory => {
    for (const { event, alert } of transitions) {
      if (event === 'opened') opened.push(alert);
      else resolved++;
    }
    return memory;
  };
  for (const minute of played) {
    for (const { service, facts } of minute.closed) {
      const known = services.get(service) ?? { history: new ServiceHistory(service, rules), memory: emptyMemory(START) };
      known.history.add(facts);
      services.set(service, known);
    }
    for (const known of services.values()) known.memory = take(advanceService(known.memory, known.history, rules, minute.closedUntilMs));
    hosts = take(advance(hosts, evaluateHosts(rules, minute.hosts, minute.nowMs), rules, minute.nowMs, minute.hosts));
  }
  return { opened, resolved };
}
