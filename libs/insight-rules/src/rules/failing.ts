import type { InputEndpoint, InputFailure, InputHeader, InputService } from '../input.ts';
import { numberOf } from '../numbers.ts';
import { Picture, against, exchangesOf, failedOf, listed, nameOf, type Draft } from './picture.ts';
import { THRESHOLDS as T } from './thresholds.ts';

/** Fails more than it did, and more than chance makes of as many exchanges. */
export function isFailing(p: Picture, of: InputService | InputEndpoint): boolean {
  const failed = failedOf(of);
  const exchanges = exchangesOf(of);
  if (failed < T.failed) return false;
  if (of.before === null) return of.error_pct >= T.failed_pct;
  const usual = (exchanges * of.before.error_pct) / 100;
  const more = of.error_pct - of.before.error_pct >= T.failed_points && of.error_pct >= T.failed_times * of.before.error_pct;
  return more && failed >= usual + 4 * Math.sqrt(usual) + 5;
}

/** The failure that makes most of an endpoint's, of those that count as failed. */
export function dominant(p: Picture, endpoint: string): InputFailure | undefined {
  return p
    .failures(endpoint)
    .filter((f) => f.status === null || f.status >= 500 || f.error_type !== null)
    .toSorted((a, b) => b.share_pct - a.share_pct)[0];
}

/** Headers of the service that came or went in the same window: the trace that a release leaves. */
export function drift(p: Picture, service: string): InputHeader[] {
  return p.headers(service, 'appeared', 'vanished');
}

export function driftCause(p: Picture, headers: readonly InputHeader[]): string | null {
  if (headers.length === 0) return null;
  const said = headers.map((h) => `${h.direction} header ${h.name} ${h.kind} (${h.share_pct} % of its exchanges, ${h.before_share_pct ?? 0} % before)`);
  const who = headers.some((h) => h.direction === 'response') ? 'a release of the service, or of a proxy before it' : 'a release of its callers';
  return `It coincides with changed headers: ${listed(said, 3)}. That looks like ${who}.`;
}

/**
 * Where the same trouble shows elsewhere: an endpoint of another service that answered an error as often, in both windows. Who calls whom is
 * not in the figures, so it is said as a question.
 */
export function elsewhere(p: Picture, e: InputEndpoint, f: InputFailure | undefined): { cause: string; evidence: string[] } | null {
  if (f === undefined || numberOf(f.exchanges) < T.same_least) return null;
  const near = (a: number, b: number) => Math.abs(a - b) <= Math.max(3, T.same * Math.max(a, b));
  const beforeOf = (of: InputFailure, at: InputEndpoint) => (p.before(at) * (of.before_share_pct ?? 0)) / 100;
  const same = p.input.failures.flatMap((other) => {
    const at = p.endpoint(other.endpoint);
    if (at === undefined || at.service === e.service) return [];
    return near(numberOf(other.exchanges), numberOf(f.exchanges)) && near(beforeOf(other, at), beforeOf(f, e)) ? [{ other, at }] : [];
  });
  // Of several it is chance that makes them alike, or one cause that is none of them.
  const [only] = same;
  if (only === undefined || same.length > 1) return null;
  const { other, at } = only;
  return {
    cause: `${p.label(at.id)} answered ${nameOf(other)} about as often (${other.exchanges}): if ${p.label(e.service)} calls it, that is likely why.`,
    evidence: [other.id, at.id],
  };
}

/** `503 is 31 % of its exchanges (0.1 % before), first at 10:02:11Z` */
export function failureInWords(f: InputFailure): string {
  const since = f.first_seen === null || (f.before_share_pct ?? 0) > 0 ? '' : `, first at ${f.first_seen}`;
  return `${nameOf(f)} is ${against(f.share_pct, f.before_share_pct, '%')} of its exchanges${since}`;
}

export function checksOf(p: Picture, e: InputEndpoint, f: InputFailure | undefined): string[] {
  const evidence = p.evidence.get(e.id);
  const at = `service ${evidence?.service}, route ${evidence?.method} ${evidence?.route}`;
  return [
    `Failures page, ${at}${f?.status ? `, status ${f.status}` : ''}: what the failed exchanges share, a failed one beside a good one`,
    f !== undefined && f.status === null
      ? `Processes and proxies of ${evidence?.service}: who closes the connection before the answer is whole`
      : `Logs of ${evidence?.service} for this route since ${f?.first_seen ?? p.input.window.start}`,
  ];
}

export function failing(p: Picture): Draft[] {
  return p.input.services.flatMap((s) => {
    const all = p.endpoints(s.id);
    const worse = all.filter((e) => isFailing(p, e));
    const fresh = worse.filter((e) => !p.told.has(e.id));
    const busy = all.filter((e) => exchangesOf(e) >= T.least_exchanges);
    if (fresh.length >= 3 && fresh.filter((e) => busy.includes(e)).length >= T.whole * busy.length) return [wholeService(p, s, fresh)];
    if (worse.length === 0 && isFailing(p, s)) return [wholeService(p, s, [])];
    const still = all.filter((e) => !worse.includes(e) && !p.told.has(e.id) && failedOf(e) >= T.failed && e.error_pct >= T.failed_pct);
    return [...fresh.map((e) => endpoint(p, s, e)), ...(still.length > 0 ? [stillFailing(p, s, still)] : [])];
  });
}

/** Causes one after the other; null: none is known. */
export function joined(...causes: (string | null | undefined)[]): string | null {
  return causes.filter((c) => c !== null && c !== undefined).join(' ') || null;
}

function severityOf(s: InputService): 'page' | 'ticket' {
  return s.error_pct >= T.page_pct && failedOf(s) >= T.page_failed ? 'page' : 'ticket';
}

function endpoint(p: Picture, s: InputService, e: InputEndpoint): Draft {
  const f = dominant(p, e.id);
  const changed = drift(p, s.id);
  const other = elsewhere(p, e, f);
  return {
    rule: 'failing_endpoint',
    severity: severityOf(s),
    title: `${p.label(e.id)} fails: ${against(e.error_pct, e.before?.error_pct, '%')}`,
    what_changed: `${failedOf(e)} of ${e.exchanges} exchanges failed, ${against(e.error_pct, e.before?.error_pct, '%')}.${f ? ` ${failureInWords(f)}.` : ''}`,
    likely_cause: joined(other?.cause, driftCause(p, changed)),
    check_next: checksOf(p, e, f),
    confidence: p.confidence(exchangesOf(e)),
    evidence: [e.id, ...(f ? [f.id] : []), ...(other?.evidence ?? []), s.id, ...changed.map((h) => h.id)],
    weight: failedOf(e),
  };
}

function wholeService(p: Picture, s: InputService, endpoints: readonly InputEndpoint[]): Draft {
  const changed = drift(p, s.id);
  const failures = endpoints.flatMap((e) => dominant(p, e.id) ?? []).slice(0, 3);
  const across = endpoints.length > 0 ? ` It is ${endpoints.length} of its routes at once: ${listed(endpoints.map((e) => `${e.method} ${e.route} ${e.error_pct} %`))}.` : '';
  const shared = endpoints.length > 0 ? `As its routes fail together, what they share is likely: the process, its host, or what all of them call.` : null;
  return {
    rule: 'failing_service',
    severity: severityOf(s),
    title: `${p.label(s.id)} fails: ${against(s.error_pct, s.before?.error_pct, '%')} of its exchanges`,
    what_changed: `${failedOf(s)} of ${s.exchanges} exchanges failed, ${against(s.error_pct, s.before?.error_pct, '%')}.${across}`,
    likely_cause: joined(driftCause(p, changed), shared),
    check_next: [
      `Failures page, service ${p.label(s.id)}: statuses and what the failed exchanges share`,
      `Processes and hosts of ${p.label(s.id)}: restarts, memory, what they call`,
    ],
    confidence: p.confidence(exchangesOf(s)),
    evidence: [s.id, ...endpoints.map((e) => e.id), ...failures.map((f) => f.id), ...changed.map((h) => h.id)],
    weight: failedOf(s),
  };
}

/** No worse than before, and bad all the same. */
function stillFailing(p: Picture, s: InputService, endpoints: readonly InputEndpoint[]): Draft {
  const failures = endpoints.flatMap((e) => dominant(p, e.id) ?? []);
  const [first] = endpoints as [InputEndpoint];
  return {
    rule: 'still_failing',
    severity: 'info',
    title: endpoints.length === 1 ? `${p.label(first.id)} fails as before: ${first.error_pct} %` : `${endpoints.length} routes of ${p.label(s.id)} fail as before`,
    what_changed: `Not worse than before: ${listed(endpoints.map((e) => `${e.method} ${e.route} ${against(e.error_pct, e.before?.error_pct, '%')}`))}.`,
    likely_cause: null,
    check_next: checksOf(p, first, dominant(p, first.id)),
    confidence: p.confidence(endpoints.reduce((n, e) => n + exchangesOf(e), 0)),
    evidence: [...endpoints.map((e) => e.id), ...failures.slice(0, 4).map((f) => f.id), s.id],
    weight: endpoints.reduce((n, e) => n + failedOf(e), 0),
  };
}
