import { EventColumnsBuilder, makeRecord, type BatchAccount, type EventRecord, type EventRow } from '@headwater/header-event';
import { START, shareOf, type Plan, type Route, type Service } from './plan.ts';
import { Random } from './random.ts';

const MINUTE_MS = 60_000;
const NS = 1_000_000;

/** What a host's agent sends for one minute, or null when it sends nothing. Rows stand for many exchanges by their weight. */
export function batchOf(plan: Plan, host: string, n: number, seq: number): EventRecord {
  const rows = new Rows(new Random('traffic', plan.seed, host, n), n);
  for (const service of plan.services) if (service.hosts.includes(host)) exchanges(plan, service, host, n, rows);
  const loss = plan.faults.find((f) => f.kind === 'capture_loss' && f.host === host && f.how === 'ring_full');
  const lost = loss?.kind === 'capture_loss' ? Math.round(rows.exchanges * loss.ratio * shareOf(loss, n)) : 0;
  return makeRecord({ identity: { hostId: host, incarnation: 'i1' }, seq, columns: rows.finish(), account: accountOf(n, rows.exchanges, lost) });
}

function accountOf(n: number, emitted: number, lost: number): BatchAccount {
  const until = START + (n + 1) * MINUTE_MS;
  const starts = { started: emitted + lost, emitted, filtered: {}, lost: lost > 0 ? { ring_full: lost } : {}, in_flight: 0 };
  return {
    watermark_unix_ms: until,
    since_unix_ms: until - MINUTE_MS,
    // The span's last instant belongs to the minute that it ends.
    until_unix_ms: until - 1,
    request: starts,
    response: starts,
    exchanges: emitted,
    unread: {},
    coverage: 1,
    source: 'live',
  };
}

/** Exchanges of a service at a host in minute n: the day's curve, bursts, noise, what is broken, and clients that try again. */
function exchanges(plan: Plan, service: Service, host: string, n: number, rows: Rows): void {
  const { random } = rows;
  let rate = (service.rate / service.hosts.length) * (1 + service.swing * Math.cos(((n - service.peak) / 1440) * 2 * Math.PI));
  for (const b of service.bursts) rate *= 1 + (b.times - 1) * shareOf(b, n);
  const slow = plan.faults.find((f) => f.kind === 'slow_dependency' && f.service === service.name);
  const slowness = slow?.kind === 'slow_dependency' ? slow.share * shareOf(slow, n) : 0;
  const bad = plan.faults.find((f) => f.kind === 'bad_deploy' && f.service === service.name);
  for (const route of service.routes) {
    const broken = bad?.kind === 'bad_deploy' && bad.routes.includes(route.route) ? bad.ratio * shareOf(bad, n) : 0;
    add(rows, service, route, random.poisson(rate * route.share), Math.max(service.errors, broken), slowness, slow?.kind === 'slow_dependency' ? slow.byMs : 0);
  }
  for (const f of plan.faults)
    if (f.kind === 'new_failing_route' && f.service === service.name)
      add(rows, service, { method: 'POST', route: f.route, share: 0, ttfbMs: 30 }, random.poisson((f.rate / service.hosts.length) * shareOf(f, n)), f.ratio, 0, 0);
  for (const d of plan.decoys) {
    const share = shareOf(d, n);
    if (share === 0 || !('service' in d) || d.service !== service.name) continue;
    const first = service.routes[0]!;
    if (d.kind === 'scanner') for (let i = 0; i < 4; i++) rows.add(service.name, 'GET', `/scan/${i}.php`, 404, random.poisson((rate * d.times * share) / 4), 5);
    else if (d.kind === 'blip' && host === service.hosts[0]) rows.add(service.name, first.method, first.route, 503, d.failures, 40);
    else if (d.kind === 'pause') rows.add(service.name, first.method, first.route, 200, random.poisson(rate * d.share), 1500);
  }
}

function add(rows: Rows, { name, clientErrors, retries }: Service, { method, route, ttfbMs }: Route, n: number, errors: number, slowness: number, slowMs: number): void {
  const { random } = rows;
  const failed = random.of(n, errors);
  // One more try each, which fails as often.
  const again = random.of(failed, retries);
  const failedAgain = random.of(again, errors);
  const refused = random.of(n - failed, clientErrors);
  const good = n - failed - refused + again - failedAgain;
  const slow = random.of(good, slowness);
  const tail = random.of(good - slow, 0.0004);
  rows.add(name, method, route, random.pick([500, 502, 503]), failed + failedAgain, ttfbMs);
  rows.add(name, method, route, 404, refused, ttfbMs / 2);
  rows.add(name, method, route, 200, slow, ttfbMs + slowMs);
  rows.add(name, method, route, 200, tail, random.between(1100, 3000));
  rows.add(name, method, route, 200, good - slow - tail, ttfbMs * random.between(0.8, 1.3));
}

class Rows {
  exchanges = 0;
  readonly random: Random;
  private readonly builder = new EventColumnsBuilder();
  /** of all rows of a host and minute: each 10 s window costs the fold as much as its rows */
  private readonly instant: number;

  constructor(random: Random, n: number) {
    this.random = random;
    this.instant = START + n * MINUTE_MS + random.whole(0, 59_999);
  }

  add(service: string, method: string, route: string, status: number, n: number, ttfbMs: number): void {
    if (n <= 0) return;
    this.exchanges += n;
    const ttfb = Math.round(ttfbMs * NS);
    const row: EventRow = {
      start_time: BigInt(this.instant) * BigInt(NS),
      'service.name': service,
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'headwater.ttfb_ns': ttfb,
      'http.request.size': 400,
      'http.response.size': 1200,
      // Of every batch one: rules see none, and each costs the fold as much as its row.
      ...(this.builder.rows === 0 ? { 'http.request.headers': [{ name: 'Host', value: `${service}.internal` }] } : {}),
      'headwater.weight': n,
    };
    this.builder.add(row);
  }

  finish() {
    return this.builder.finish();
  }
}
