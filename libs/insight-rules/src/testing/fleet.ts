import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import type { Facts, Span } from '../facts.ts';
import { HostsFold, ServiceFold, type Side } from '../fold.ts';
import { Random } from './random.ts';

export const WINDOW: Span = { startMs: Date.UTC(2026, 10, 23, 10, 0), endMs: Date.UTC(2026, 10, 23, 10, 15) };
const LENGTH = WINDOW.endMs - WINDOW.startMs;
const MS = 1e6;
/** minutes of a window that is folded */
const STEP = 5;

interface Route {
  method: string;
  route: string;
  rate: number;
  ttfbMs: number;
}

interface Service {
  name: string;
  routes: Route[];
  /** shares for no reason */
  errors: number;
  clientErrors: number;
  /** request and response headers -> share of exchanges */
  headers: { direction: 'request' | 'response'; name: string; share: number; value: string }[];
}

/** What is planted into the window; what it does not touch is as before. */
export const FAULTS = [
  'deploy_breaks_route',
  'service_fails',
  'connections_reset',
  'dependency_slow',
  'service_slow',
  'endpoint_gone',
  'endpoint_new',
  'traffic_jump',
  'traffic_drop',
  'callers_lose_credentials',
  'scan_404',
  'rate_limited',
  'passwords',
  'protection_gone',
  'headers_drift',
  'capture_loss',
  'host_silent',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Fleet {
  facts: Facts;
  /** where the fault is */
  service: string;
  route: string;
  /** route of the same service that the fault does not touch */
  other: string;
}

/** Facts of a fleet of one seed, folded from windows minute by minute; with a fault in the first service, or without. */
export function fleetOf(seed: number, fault: Fault | null): Fleet {
  const random = new Random('fleet', seed);
  const services = ['shop', 'cart', 'mail'].slice(0, random.whole(1, 3)).map((name) => serviceOf(random, name));
  const [first] = services as [Service];
  const [target, other] = first.routes as [Route, Route];
  const facts: Facts = {
    window: WINDOW,
    comparedWith: { startMs: WINDOW.startMs - LENGTH, endMs: WINDOW.startMs },
    quality: { complete: true, lostExchanges: 0, coverage: 1, hosts: 2 },
    services: [],
    endpoints: [],
    endpointsLeft: 0,
    headers: [],
    hosts: [],
    alerts: [],
  };
  for (const s of services) {
    const fold = new ServiceFold(s.name);
    for (const side of ['before', 'now'] as const)
      for (let minute = 0; minute < 15; minute += STEP) {
        const at = WINDOW.startMs - (side === 'before' ? LENGTH : 0) + minute * 60_000;
        fold.add(windowOf(new Random('minute', seed, s.name, side, minute), s, at, side === 'now' && s === first ? fault : null, side).encode(), side);
      }
    const found = fold.facts(24);
    facts.services.push(found.service);
    facts.endpoints.push(...found.endpoints);
    facts.headers.push(...found.headers);
  }
  hosts(facts, fault);
  return { facts, service: first.name, route: target.route, other: other.route };
}

function hosts(facts: Facts, fault: Fault | null): void {
  const window = new HostsWindow();
  const total = facts.services.reduce((n, s) => n + s.now.exchanges, 0);
  for (const name of ['alpha', 'bravo']) window.host(name).exchanges = Math.floor(total / 2);
  if (fault === 'capture_loss') window.host('bravo').request.lost.set('ring_full', Math.round(total * 0.05));
  const fold = new HostsFold();
  fold.add(window.encode());
  const account = fold.facts();
  facts.hosts = account.hosts.map((h) => (fault === 'host_silent' && h.host === 'bravo' ? { ...h, silentMs: 200_000 } : h));
  facts.quality.lostExchanges = account.lostExchanges;
  facts.quality.complete = account.lostExchanges === 0;
}

function serviceOf(random: Random, name: string): Service {
  const methods = ['GET', 'GET', 'POST', 'PUT'];
  return {
    name,
    routes: Array.from({ length: random.whole(4, 6) }, (_, i) => ({
      method: random.pick(methods),
      route: `/${name}/${i}/{int}`,
      rate: Math.exp(random.between(Math.log(2), Math.log(40))),
      ttfbMs: Math.exp(random.between(Math.log(3), Math.log(250))),
    })),
    errors: random.between(0, 0.0005),
    clientErrors: random.between(0.001, 0.02),
    headers: [
      { direction: 'request', name: 'authorization', share: random.between(0.8, 1), value: 'Bearer fp=k1:17e3f953046cbf21' },
      { direction: 'request', name: 'user-agent', share: 1, value: 'client/1.0' },
      { direction: 'request', name: 'x-rare', share: random.between(0, 0.05), value: '' },
      { direction: 'response', name: 'content-type', share: 1, value: random.pick(['application/json', 'text/html; charset=utf-8']) },
      { direction: 'response', name: 'content-security-policy', share: 1, value: "default-src 'self'" },
      { direction: 'response', name: 'x-content-type-options', share: 1, value: 'nosniff' },
      { direction: 'response', name: 'x-version', share: 1, value: '' },
    ],
  };
}

function windowOf(random: Random, s: Service, at: number, fault: Fault | null, side: Side): ServiceWindow {
  const w = new ServiceWindow();
  const add = (method: string, route: string, status: number, n: number, ttfbMs: number, error?: string) => {
    if (n <= 0) return;
    const p = w.pattern('server', method, route, status);
    p.exchanges += n;
    if (error !== undefined) p.addError(error, n);
    else {
      // In five places, so that quantiles are not one number.
      for (let left = n; left > 0; left -= Math.ceil(n / 5)) p.ttfb.add(ttfbMs * random.between(0.7, 1.5) * MS, Math.min(left, Math.ceil(n / 5)));
    }
    p.firstSeenMs = Math.min(p.firstSeenMs, at + random.whole(0, STEP * 60_000 - 1));
    p.lastSeenMs = Math.max(p.lastSeenMs, at + STEP * 60_000 - 1);
    w.roleExchanges.server += n;
  };
  const scale = fault === 'traffic_jump' ? 5 : fault === 'traffic_drop' ? 0.05 : 1;
  for (const [i, r] of s.routes.entries()) {
    const mine = i === 0;
    if (mine && fault === 'endpoint_gone') continue;
    const n = random.poisson(STEP * 60 * r.rate * scale);
    const share = failing(fault, mine);
    const failed = random.of(n, Math.max(s.errors, share));
    const refused = random.of(n - failed, refusedShare(fault, mine, s.clientErrors));
    const ttfb = r.ttfbMs + (fault === 'service_slow' || (fault === 'dependency_slow' && mine) ? 60 + 2 * r.ttfbMs : 0);
    if (fault === 'connections_reset' && mine) add(r.method, r.route, 0, failed, 0, 'connection_reset');
    else add(r.method, r.route, 503, failed, r.ttfbMs);
    add(r.method, r.route, fault === 'callers_lose_credentials' ? 401 : fault === 'rate_limited' && mine ? 429 : 404, refused, r.ttfbMs / 2);
    add(r.method, r.route, 200, n - failed - refused, ttfb);
  }
  if (fault === 'endpoint_new') add('POST', `/${s.name}/fresh`, 201, random.poisson(STEP * 300), 20);
  if (fault === 'scan_404') for (let i = 0; i < 3; i++) add('GET', `/scan/${i}.php`, 404, random.poisson(STEP * 200), 3);
  const total = w.roleExchanges.server;
  for (const h of s.headers) header(w, random, h, total, fault, side);
  if (fault === 'headers_drift' || fault === 'deploy_breaks_route') header(w, random, { direction: 'response', name: 'x-build', share: 1, value: '' }, total, null, side);
  return w;
}

function failing(fault: Fault | null, mine: boolean): number {
  if (fault === 'service_fails') return 0.3;
  return mine && (fault === 'deploy_breaks_route' || fault === 'connections_reset') ? 0.4 : 0;
}

function refusedShare(fault: Fault | null, mine: boolean, usual: number): number {
  if (fault === 'callers_lose_credentials') return 0.6;
  return fault === 'rate_limited' && mine ? 0.4 : usual;
}

function header(w: ServiceWindow, random: Random, h: Service['headers'][number], total: number, fault: Fault | null, _side: Side): void {
  const lost = (fault === 'callers_lose_credentials' && h.name === 'authorization') || (fault === 'protection_gone' && h.name === 'x-content-type-options');
  const gone = fault === 'deploy_breaks_route' && h.name === 'x-version';
  const n = lost || gone ? 0 : random.of(total, h.share);
  if (n === 0) return;
  const stats = w.header('server', h.direction, h.name);
  stats.exchanges += n;
  stats.occurrences += n;
  const value = fault === 'passwords' && h.name === 'authorization' ? 'Basic' : h.value;
  if (value !== '') stats.top.add(value, n);
}
