import type { Alert } from '@headwater/alert-rules';
import { canonicalJson } from './canonical.ts';
import type { Facts, FactsOfEndpoint, FactsOfFailure, FactsOfHost, FactsOfService, Figures } from './facts.ts';
import type { Aliases, InputAlert, InputBefore, InputEndpoint, InputFailure, InputHeader, InputHost, InputService, InsightInput } from './input.ts';
import { checkInput } from './input-schema.ts';
import { count, decimal, ms, pct, rate, time } from './numbers.ts';
import { FLOOR, compare, endpointKey, noticedHeaders, rankedEndpoints, rankedServices, shareBefore, shareOf, sorted } from './rank.ts';
import { plainText, safeErrorType, safeMethod, safeName, safeRoute, safeService } from './safe-text.ts';
import { survives } from './scrubber.ts';

/** How much a model is told at most; `truncated` counts the rest. */
export interface Limits {
  services: number;
  endpoints: number;
  failures: number;
  headers: number;
  hosts: number;
  alerts: number;
  /** of the canonical JSON */
  bytes: number;
  /** services by name, not only by alias */
  sendServiceNames: boolean;
}

/** Four characters are about a token: 24 kB are about 8,000 tokens with all their digits. */
export const DEFAULT_LIMITS: Limits = { services: 12, endpoints: 24, failures: 16, headers: 16, hosts: 12, alerts: 16, bytes: 24_000, sendServiceNames: false };

const LABEL = 160;
const NOTHING: Figures = { exchanges: 0, failed: 0, clientErrors: 0, p50Ms: null, p95Ms: null, p99Ms: null };

/**
 * What a model is told of the facts, and what the ids in it stand for. The same facts give the same bytes, in whatever order they come.
 * Everything passes `checkInput` and Wealthsimple's scrubber: an element that would not is left out and counted as `unsafe`.
 */
export function buildInput(facts: Facts, limits: Partial<Limits> = {}): { input: InsightInput; aliases: Aliases } {
  const asked = { ...DEFAULT_LIMITS, ...limits };
  const whole = withAlerted(facts);
  for (let share = 1; ; share *= 0.75) {
    const part = (n: number) => Math.max(1, Math.floor(n * share));
    const lists = {
      services: part(asked.services),
      endpoints: part(asked.endpoints),
      failures: part(asked.failures),
      headers: part(asked.headers),
      hosts: part(asked.hosts),
      alerts: part(asked.alerts),
    };
    const some = share === 1 ? asked : { ...asked, ...lists };
    const built = new Builder(whole, some).build();
    if (Buffer.byteLength(canonicalJson(built.input)) > asked.bytes && share > 0.05) continue;
    checkInput(built.input);
    if (!survives(canonicalJson(built.input)) || !survives(JSON.stringify(built.input, null, 2)))
      throw new Error('input for the model: a part of it would not come through a scrubber');
    return built;
  }
}

/** What alerts are about is there, also where nothing was seen of it in the window. */
function withAlerted(facts: Facts): Facts {
  const services = new Set(facts.services.map((s) => s.service));
  const hosts = new Set(facts.hosts.map((h) => h.host));
  const more: FactsOfService[] = [];
  const moreHosts: FactsOfHost[] = [];
  for (const { subject } of facts.alerts) {
    if (subject.service !== undefined && !services.has(subject.service)) more.push({ service: subject.service, pages: 0, now: NOTHING, before: NOTHING });
    else if (subject.host !== undefined && !hosts.has(subject.host)) moreHosts.push({ host: subject.host, exchanges: 0, lostExchanges: 0, coverage: 1, silentMs: null });
    if (subject.service !== undefined) services.add(subject.service);
    if (subject.host !== undefined) hosts.add(subject.host);
  }
  return { ...facts, services: [...facts.services, ...more], hosts: [...facts.hosts, ...moreHosts] };
}

class Builder {
  private readonly aliases: Aliases = {};
  private readonly truncated: Record<string, number> = {};
  private readonly idOfService = new Map<string, string>();
  private readonly idOfEndpoint = new Map<string, string>();
  private readonly idOfHost = new Map<string, string>();
  private readonly facts: Facts;
  private readonly limits: Limits;

  constructor(facts: Facts, limits: Limits) {
    this.facts = facts;
    this.limits = limits;
  }

  build(): { input: InsightInput; aliases: Aliases } {
    const { facts } = this;
    const { quality } = facts;
    const services = this.services();
    const endpoints = this.endpoints();
    const input: InsightInput = {
      schema: 1,
      window: span(facts.window),
      compared_with: facts.comparedWith === null ? null : span(facts.comparedWith),
      quality: { complete: quality.complete, lost_exchanges: count(quality.lostExchanges), coverage_pct: pct(quality.coverage, 1), hosts: count(quality.hosts) },
      services,
      endpoints: endpoints.map(({ element }) => element),
      failures: this.failures(endpoints.map(({ from }) => from)),
      headers: this.headers(),
      hosts: this.hosts(),
      alerts: this.alerts(),
      truncated: {},
    };
    input.truncated = Object.fromEntries(Object.entries(this.truncated).map(([list, n]) => [list, count(n)]));
    return { input, aliases: this.aliases };
  }

  /** What fits of a list, in its order; the rest is counted, and so is what a scrubber would change. */
  private take<T, E>(list: string, most: number, from: readonly T[], make: (t: T) => E): { from: T; element: E }[] {
    const taken: { from: T; element: E }[] = [];
    let unsafe = 0;
    for (const t of from) {
      if (taken.length >= most) break;
      const element = make(t);
      if (survives(JSON.stringify(element))) taken.push({ from: t, element });
      else unsafe++;
    }
    this.left('unsafe', unsafe);
    this.left(list, from.length - taken.length - unsafe);
    return taken;
  }

  private left(list: string, n: number): void {
    if (n > 0) this.truncated[list] = (this.truncated[list] ?? 0) + n;
  }

  private services(): InputService[] {
    const { facts, limits } = this;
    const make = ({ service, now, before }: FactsOfService): Omit<InputService, 'id'> => ({
      ...(limits.sendServiceNames ? { name: safeService(service) } : {}),
      exchanges: count(now.exchanges),
      exchanges_per_s: rate(now.exchanges, lengthOf(facts)),
      error_pct: pct(now.failed, now.exchanges),
      client_error_pct: pct(now.clientErrors, now.exchanges),
      p50_ms: ms(now.p50Ms),
      p95_ms: ms(now.p95Ms),
      p99_ms: ms(now.p99Ms),
      before: this.before(before),
    });
    return this.take('services', limits.services, rankedServices(facts), make).map(({ from, element }, i) => {
      const id = `svc_${i + 1}`;
      this.idOfService.set(from.service, id);
      this.aliases[id] = { kind: 'service', label: plainText(from.service, LABEL), service: from.service };
      return { id, ...element };
    });
  }

  private before(before: Figures): InputBefore | null {
    if (this.facts.comparedWith === null || before.exchanges === 0) return null;
    return { exchanges_per_s: rate(before.exchanges, lengthOf(this.facts)), error_pct: pct(before.failed, before.exchanges), p50_ms: ms(before.p50Ms), p99_ms: ms(before.p99Ms) };
  }

  private endpoints(): { from: FactsOfEndpoint; element: InputEndpoint }[] {
    const { facts, limits } = this;
    const alerted = new Set(facts.alerts.map(({ subject: s }) => endpointKey({ service: s.service ?? '', method: s.method ?? '', route: s.route ?? '' })));
    const known = facts.endpoints.filter((e) => this.idOfService.has(e.service));
    this.left('endpoints', facts.endpoints.length - known.length + facts.endpointsLeft);
    const existed = new Map(facts.services.map((s) => [s.service, s.before.exchanges >= FLOOR && s.now.exchanges >= FLOOR]));
    const make = (e: FactsOfEndpoint): Omit<InputEndpoint, 'id'> => ({
      service: this.idOfService.get(e.service)!,
      method: safeMethod(e.method),
      route: safeRoute(e.route),
      exchanges: count(e.now.exchanges),
      error_pct: pct(e.now.failed, e.now.exchanges),
      client_error_pct: pct(e.now.clientErrors, e.now.exchanges),
      p50_ms: ms(e.now.p50Ms),
      p99_ms: ms(e.now.p99Ms),
      statuses: statuses(e),
      before: this.before(e.before),
      change: facts.comparedWith === null || existed.get(e.service) !== true ? 'none' : e.before.exchanges === 0 ? 'new' : e.now.exchanges === 0 ? 'vanished' : 'none',
    });
    return this.take('endpoints', limits.endpoints, rankedEndpoints(known, alerted), make).map(({ from, element }, i) => {
      const id = `ep_${i + 1}`;
      this.idOfEndpoint.set(endpointKey(from), id);
      this.aliases[id] = { kind: 'endpoint', label: endpointLabel(from), service: from.service, method: from.method, route: from.route };
      return { from, element: { id, ...element } };
    });
  }

  private failures(endpoints: readonly FactsOfEndpoint[]): InputFailure[] {
    const all = endpoints.flatMap((e) => e.failures.filter((f) => f.exchanges > 0).map((f) => ({ e, f })));
    const beyond = ({ e, f }: { e: FactsOfEndpoint; f: FactsOfFailure }) => {
      const expected = e.before.exchanges > 0 ? (e.now.exchanges * f.before) / e.before.exchanges : 0;
      return Math.max(0, f.exchanges - expected) * (f.status === null || f.status >= 500 || f.errorType !== null ? 4 : 1);
    };
    const ranked = sorted(
      all,
      beyond,
      ({ f }) => f.exchanges,
      () => 0,
      ({ e, f }) => `${endpointKey(e)}\0${f.status ?? ''}\0${f.errorType ?? ''}`,
    );
    const make = ({ e, f }: { e: FactsOfEndpoint; f: FactsOfFailure }): Omit<InputFailure, 'id'> => ({
      endpoint: this.idOfEndpoint.get(endpointKey(e))!,
      status: f.status,
      error_type: f.errorType === null ? null : safeErrorType(f.errorType),
      exchanges: count(f.exchanges),
      share_pct: pct(f.exchanges, e.now.exchanges),
      before_share_pct: e.before.exchanges > 0 ? pct(f.before, e.before.exchanges) : null,
      first_seen: f.firstSeenMs === null ? null : time(f.firstSeenMs),
    });
    return this.take('failures', this.limits.failures, ranked, make).map(({ from: { e, f }, element }, i) => {
      const id = `fail_${i + 1}`;
      const what = [f.status, f.errorType].filter((x) => x !== null).join(' ');
      this.aliases[id] = {
        kind: 'failure',
        label: plainText(`${what} of ${endpointLabel(e)}`, LABEL),
        service: e.service,
        method: e.method,
        route: e.route,
        ...(f.status === null ? {} : { status: f.status }),
        ...(f.errorType === null ? {} : { error_type: f.errorType }),
      };
      return { id, ...element };
    });
  }

  private headers(): InputHeader[] {
    const known = noticedHeaders(this.facts).filter(({ header: h }) => this.idOfService.has(h.service));
    return this.take('headers', this.limits.headers, known, ({ kind, header: h }): Omit<InputHeader, 'id'> => {
      const password = kind === 'credential_in_clear';
      const now = password && h.of > 0 ? h.passwords / h.of : shareOf(h);
      const before = password && h.ofBefore > 0 ? h.passwordsBefore / h.ofBefore : shareBefore(h);
      return {
        service: this.idOfService.get(h.service)!,
        kind,
        name: safeName(h.name),
        direction: h.direction,
        share_pct: pct(now, 1),
        before_share_pct: before === null ? null : pct(before, 1),
      };
    }).map(({ from: { header: h }, element }, i) => {
      const id = `hdr_${i + 1}`;
      this.aliases[id] = { kind: 'header', label: plainText(`${h.direction} header ${h.name} of ${h.service}`, LABEL), service: h.service, header: h.name };
      return { id, ...element };
    });
  }

  private hosts(): InputHost[] {
    const alerted = new Set(this.facts.alerts.map((a) => a.subject.host));
    const ranked = sorted(
      this.facts.hosts,
      (h) => (alerted.has(h.host) ? 2 : 0) + (h.silentMs === null ? 0 : 1),
      (h) => h.lostExchanges,
      (h) => 1 - h.coverage,
      (h) => h.host,
    );
    const make = (h: FactsOfHost): Omit<InputHost, 'id'> => ({
      exchanges: count(h.exchanges),
      lost_exchanges: count(h.lostExchanges),
      coverage_pct: pct(h.coverage, 1),
      silent_s: h.silentMs === null ? null : decimal(h.silentMs / 1000, 0),
    });
    return this.take('hosts', this.limits.hosts, ranked, make).map(({ from, element }, i) => {
      const id = `host_${i + 1}`;
      this.idOfHost.set(from.host, id);
      this.aliases[id] = { kind: 'host', label: plainText(from.host, LABEL), host: from.host };
      return { id, ...element };
    });
  }

  private alerts(): InputAlert[] {
    const about = ({ subject: s }: Alert): string | undefined => {
      if (s.host !== undefined) return this.idOfHost.get(s.host);
      const endpoint = s.route === undefined ? undefined : this.idOfEndpoint.get(endpointKey({ service: s.service ?? '', method: s.method ?? '', route: s.route }));
      return endpoint ?? this.idOfService.get(s.service ?? '');
    };
    const severity = { page: 2, ticket: 1, info: 0 };
    const known = this.facts.alerts.filter((a) => about(a) !== undefined);
    this.left('alerts', this.facts.alerts.length - known.length);
    const ranked = sorted(
      known,
      (a) => severity[a.severity],
      (a) => Date.parse(a.opened_at),
      () => 0,
      (a) => a.id,
    );
    const make = (a: Alert): Omit<InputAlert, 'id'> => ({
      kind: a.kind,
      severity: a.severity,
      about: about(a)!,
      opened_at: time(Date.parse(a.opened_at)),
      values: values(a.last_values),
    });
    return this.take('alerts', this.limits.alerts, ranked, make).map(({ from, element }, i) => {
      const id = `alert_${i + 1}`;
      const { service, method, route, host } = from.subject;
      this.aliases[id] = {
        kind: 'alert',
        label: plainText(from.title, LABEL),
        alert: from.id,
        ...(service === undefined ? {} : { service }),
        ...(method === undefined ? {} : { method }),
        ...(route === undefined ? {} : { route }),
        ...(host === undefined ? {} : { host }),
      };
      return { id, ...element };
    });
  }
}

function lengthOf({ window }: Facts): number {
  return window.endMs - window.startMs;
}

function span({ startMs, endMs }: { startMs: number; endMs: number }): { start: string; end: string } {
  return { start: time(startMs), end: time(endMs) };
}

function endpointLabel({ service, method, route }: { service: string; method: string; route: string }): string {
  return plainText(`${method} ${route} of ${service}`, LABEL);
}

/** Semicolons keep the digits of two figures from being taken for one number. */
function statuses({ statuses: list }: FactsOfEndpoint): string {
  const top = list.filter((s) => s.exchanges > 0).sort((a, b) => b.exchanges - a.exchanges || a.status - b.status);
  return top
    .slice(0, 5)
    .map(({ status, exchanges }) => `${status === 0 ? 'none' : status}:${count(exchanges)}`)
    .join('; ');
}

/** Figures of an alert under the names that its rule gives them; whole ones as counts. */
function values(of: Record<string, number>): Record<string, number | string> {
  const known = Object.entries(of).filter(([key, v]) => /^[a-z][a-z0-9_]{0,47}$/.test(key) && safeName(key) === key && Number.isFinite(v));
  return Object.fromEntries(
    known
      .sort(([a], [b]) => compare(a, b))
      .slice(0, 24)
      .map(([key, v]) => [key, Number.isInteger(v) ? count(v) : decimal(v)]),
  );
}
