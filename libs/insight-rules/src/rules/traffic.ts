import type { InputEndpoint, InputService } from '../input.ts';
import { Picture, against, exchangesOf, listed, type Draft } from './picture.ts';
import { THRESHOLDS as T } from './thresholds.ts';

/** Services that are asked much more or much less than before, and endpoints that came or went. */
export function traffic(p: Picture): Draft[] {
  if (p.input.compared_with === null) return [];
  return p.input.services.flatMap((s) => [...jump(p, s), ...came(p, s), ...went(p, s)]);
}

function jump(p: Picture, s: InputService): Draft[] {
  const now = exchangesOf(s);
  const before = p.before(s);
  if (Math.max(now, before) < T.traffic_least) return [];
  const up = now >= T.traffic_times * before;
  const down = before >= T.traffic_times * now;
  if (!up && !down) return [];
  const gone = before >= T.gone_times * now;
  const name = p.label(s.id);
  const silent = down ? p.input.hosts.filter((h) => (h.silent_s ?? 0) >= T.silent_s) : [];
  const routes = p.endpoints(s.id).toSorted((a, b) => Math.abs(exchangesOf(b) - p.before(b)) - Math.abs(exchangesOf(a) - p.before(a)));
  const biggest = routes.slice(0, 3);
  const rates = biggest.map((e) => `${e.method} ${e.route} ${rateOf(p, e)}/s (${e.before?.exchanges_per_s ?? 0}/s before)`);
  return [
    {
      rule: up ? 'traffic_jump' : 'traffic_drop',
      severity: gone ? (up ? 'info' : 'ticket') : 'info',
      title:
        before === 0
          ? `${name} is asked, and was not before`
          : now === 0
            ? `${name} is not asked any more`
            : `${name} is asked ${times(up ? now / before : before / now)} times as ${up ? 'often' : 'rarely'}`,
      what_changed: `${against(s.exchanges_per_s, s.before?.exchanges_per_s ?? 0, 'exchanges a second')}.${rates.length > 0 ? ` Most of it: ${listed(rates)}.` : ''}`,
      likely_cause:
        silent.length > 0
          ? `${silent.length === 1 ? `${p.label(silent[0]!.id)} is silent` : `${silent.length} hosts are silent`}: what runs there is not seen, so it may be the capture and not the traffic.`
          : null,
      check_next: [
        up ? `Clients of ${name}: who asks more, with which statuses` : `Callers of ${name} and what leads to it: proxy, name, release`,
        `Services page, ${name}: when it began`,
      ],
      confidence: p.confidence(Math.max(now, before)),
      evidence: [s.id, ...biggest.map((e) => e.id), ...silent.map((h) => h.id)],
      weight: Math.abs(now - before),
    },
  ];
}

function rateOf(p: Picture, e: InputEndpoint): number {
  return Number((exchangesOf(e) / p.seconds).toPrecision(3));
}

function times(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1);
}

function came(p: Picture, s: InputService): Draft[] {
  // What only ever was answered 404 is no endpoint: see client errors.
  const fresh = p.endpoints(s.id).filter((e) => e.change === 'new' && exchangesOf(e) >= T.least_exchanges && e.client_error_pct < 50);
  if (fresh.length === 0) return [];
  return [
    {
      rule: 'new_endpoint',
      severity: 'info',
      title: fresh.length === 1 ? `${p.label(fresh[0]!.id)} is new` : `${fresh.length} endpoints of ${p.label(s.id)} are new`,
      what_changed: `Not asked before, now: ${listed(fresh.map((e) => `${e.method} ${e.route} with ${e.exchanges} exchanges, ${e.error_pct} % failed`))}.`,
      likely_cause: null,
      check_next: [`Whether a release of ${p.label(s.id)} or of its callers was meant to bring it`],
      confidence: p.confidence(Math.max(...fresh.map(exchangesOf))),
      evidence: [...fresh.map((e) => e.id), s.id],
      weight: fresh.reduce((n, e) => n + exchangesOf(e), 0),
    },
  ];
}

function went(p: Picture, s: InputService): Draft[] {
  const gone = p.endpoints(s.id).filter((e) => e.change === 'vanished' && p.before(e) >= T.least_exchanges);
  if (gone.length === 0) return [];
  const share = (100 * gone.reduce((n, e) => n + p.before(e), 0)) / Math.max(1, p.before(s));
  return [
    {
      rule: 'vanished_endpoint',
      severity: share >= T.vanished_pct ? 'ticket' : 'info',
      title: gone.length === 1 ? `${p.label(gone[0]!.id)} is not asked any more` : `${gone.length} endpoints of ${p.label(s.id)} are not asked any more`,
      what_changed: `No exchange in this window; before: ${listed(gone.map((e) => `${e.method} ${e.route} ${e.before?.exchanges_per_s ?? 0}/s`))}, ${Math.round(share)} % of the service's exchanges.`,
      likely_cause: null,
      check_next: [`Whether callers of ${p.label(s.id)} changed, or a proxy sends them elsewhere`, `Request patterns of ${p.label(s.id)}: what was new at the same time`],
      confidence: p.confidence(p.before(s)),
      evidence: [...gone.map((e) => e.id), s.id],
      weight: gone.reduce((n, e) => n + p.before(e), 0),
    },
  ];
}
