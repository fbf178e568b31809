import type { InputAlert, InputEndpoint, InputService } from '../input.ts';
import { checksOf, dominant, drift, driftCause, elsewhere, failureInWords, isFailing, joined } from './failing.ts';
import { Picture, against, exchangesOf, failedOf, listed, type Draft } from './picture.ts';
import { isSlower, slowCause, slowness, timesInWords } from './slow.ts';

/** One finding for each subject and kind that alerts are open for, with what of the window makes them. */
export function alerts(p: Picture): Draft[] {
  const groups = new Map<string, InputAlert[]>();
  for (const a of p.input.alerts) {
    const key = `${a.kind} ${a.about}`;
    groups.set(key, [...(groups.get(key) ?? []), a]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [InputAlert];
    const common = { rule: `alert_${first.kind}`, severity: first.severity, confidence: p.input.quality.complete ? ('high' as const) : ('medium' as const) };
    const draft = first.kind === 'agent_silent' || first.kind === 'capture_incomplete' ? host(p, first) : service(p, first);
    return { ...common, title: p.label(first.id), ...draft, evidence: [...group.map((a) => a.id), ...draft.evidence] };
  });
}

type Rest = Pick<Draft, 'what_changed' | 'likely_cause' | 'check_next' | 'evidence' | 'weight'>;

/** The alert's own figures, as they were when it was judged last. */
function figures({ values, opened_at }: InputAlert): string {
  const v = (key: string) => values[key];
  const known = (key: string, words: (n: number | string) => string) => (v(key) === undefined ? [] : [words(v(key)!)]);
  const parts = [
    ...known('burn_rate', (n) => `its budget burns at ${n} times what is allowed`),
    ...known('error_ratio', (n) => `${percent(n)} fail`),
    ...known('slow_ratio', (n) => `${percent(n)} are slower than ${v('threshold_ms') ?? 'allowed'} ms`),
    ...known('failed', (n) => `${n} failed`),
    ...known('exchanges', (n) => `${n} exchanges`),
    ...known('silent_seconds', (n) => `silent for ${n} s`),
    ...known('lost_ratio', (n) => `${percent(n)} lost`),
    ...known('coverage', (n) => `${percent(n)} read`),
  ];
  return `Open since ${opened_at}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}.`;
}

function percent(ratio: number | string): string {
  return `${Number((100 * Number(ratio)).toPrecision(3))} %`;
}

function service(p: Picture, alert: InputAlert): Rest {
  const endpoint = p.endpoint(alert.about);
  const s = p.service(endpoint?.service ?? alert.about);
  if (s === undefined) return { what_changed: figures(alert), likely_cause: null, check_next: [`Alerts page: ${p.label(alert.id)}`], evidence: [], weight: 0 };
  return alert.kind === 'latency_burn' ? slowAlert(p, alert, s) : failingAlert(p, alert, s, endpoint);
}

function failingAlert(p: Picture, alert: InputAlert, s: InputService, about: InputEndpoint | undefined): Rest {
  // Those that make the failures of the service, most first; of a route's alert that route.
  const failed = about
    ? [about]
    : p
        .endpoints(s.id)
        .filter((e) => failedOf(e) > 0)
        .toSorted((a, b) => failedOf(b) - failedOf(a));
  const worse = failed.filter((e) => isFailing(p, e));
  const makers = (worse.length > 0 ? worse : failed).slice(0, 3);
  for (const e of makers) p.told.add(e.id);
  const changed = drift(p, s.id);
  const [worst] = makers;
  if (worst === undefined)
    return {
      what_changed: `${figures(alert)} In this window ${against(s.error_pct, s.before?.error_pct, '%')} of ${s.exchanges} exchanges of ${p.label(s.id)} failed.`,
      likely_cause: null,
      check_next: [`Failures page, service ${p.label(s.id)}: whether it is over, and which routes it was`],
      evidence: [s.id],
      weight: exchangesOf(s),
    };
  const f = dominant(p, worst.id);
  const other = elsewhere(p, worst, f);
  const share = Math.min(100, Math.round((100 * failedOf(worst)) / Math.max(1, failedOf(s))));
  const makes = about
    ? `${failedOf(worst)} of its ${worst.exchanges} exchanges failed`
    : `${p.label(worst.id)} makes ${share} % of the failures of ${p.label(s.id)}, ${failedOf(worst)} of its ${worst.exchanges} exchanges`;
  const others = makers.slice(1).map((e) => `${e.method} ${e.route} ${e.error_pct} %`);
  return {
    what_changed: `${figures(alert)} In this window ${makes}${asBefore(worst)}.${f ? ` ${failureInWords(f)}.` : ''}${others.length > 0 ? ` Then ${listed(others)}.` : ''}`,
    likely_cause: joined(other?.cause, driftCause(p, changed)),
    check_next: checksOf(p, worst, f),
    evidence: [...makers.map((e) => e.id), ...(f ? [f.id] : []), ...(other?.evidence ?? []), s.id, ...changed.map((h) => h.id)],
    weight: failedOf(s),
  };
}

function asBefore({ error_pct, before }: InputEndpoint): string {
  return `: ${error_pct} %${before === null ? '' : `, ${before.error_pct} % before`}`;
}

function slowAlert(p: Picture, alert: InputAlert, s: InputService): Rest {
  const found = slowness(p, s.id);
  const slower = found.slower.toSorted((a, b) => (b.p99_ms ?? 0) - (a.p99_ms ?? 0)).slice(0, 3);
  if (isSlower(p, s) || slower.length > 0) p.told.add(`${s.id} slow`);
  for (const e of found.slower) p.told.add(`${e.id} slow`);
  const routes = slower.map((e) => `${p.label(e.id)} (${timesInWords(e)})`);
  return {
    what_changed: `${figures(alert)} In this window, to the first byte, ${timesInWords(s) || 'no time of it is known'}.${routes.length > 0 ? ` Slower: ${listed(routes, 3)}.` : ''}`,
    likely_cause: slowCause(found) ?? driftCause(p, drift(p, s.id)),
    check_next: [
      `Latency page, service ${p.label(s.id)}: when it began, by route and status`,
      slower.length > 0 ? `What ${p.label(slower[0]!.id)} calls` : `Hosts of ${p.label(s.id)}: load, memory`,
    ],
    evidence: [s.id, ...slower.map((e) => e.id)],
    weight: exchangesOf(s),
  };
}

function host(p: Picture, alert: InputAlert): Rest {
  const silent = alert.kind === 'agent_silent';
  p.told.add(alert.about);
  return {
    what_changed: `${figures(alert)} ${silent ? 'What its services do is not seen meanwhile' : 'Something of its traffic was not read'}: figures of services on ${p.label(alert.about)} are at least what is shown.`,
    likely_cause: null,
    check_next: [
      `Fleet page, host ${p.label(alert.about)}: ${silent ? 'its last heartbeat, then whether the host is up and its agent runs' : 'what was lost and where, what could not be read'}`,
      ...(silent ? ['Whether other hosts are silent, too: then the bus or the network'] : ['Load of the host and the CPU ceiling of its agent']),
    ],
    evidence: [alert.about],
    weight: 0,
  };
}
