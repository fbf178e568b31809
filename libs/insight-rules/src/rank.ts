import type { Facts, Figures, FactsOfEndpoint, FactsOfHeader, FactsOfService } from './facts.ts';
import type { InputHeader } from './input.ts';

/** Under this many exchanges a share says little: half of two is no change. */
export const FLOOR = 50;

/**
 * How much a subject hurts or changed, in exchanges: failures beyond the share of before weigh most, then failures, client errors beyond
 * before, slower answers, and what came or went.
 */
export function hurt(now: Figures, before: Figures): number {
  const share = (n: number, of: number) => (of > 0 ? n / of : 0);
  const beyond = (n: number, nBefore: number) => Math.max(0, n - now.exchanges * share(nBefore, before.exchanges));
  return (
    4 * beyond(now.failed, before.failed) +
    now.failed +
    beyond(now.clientErrors, before.clientErrors) +
    0.5 * now.exchanges * Math.min(1, (slower(now.p50Ms, before.p50Ms) + slower(now.p99Ms, before.p99Ms)) / 4) +
    0.1 * Math.abs(now.exchanges - before.exchanges)
  );
}

/** Doublings of a time. */
function slower(now: number | null, before: number | null): number {
  return now === null || before === null || before <= 0 || now <= before ? 0 : Math.log2(now / before);
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export const endpointKey = (e: { service: string; method: string; route: string }): string => `${e.service}\0${e.method}\0${e.route}`;

/** Those that alerts name first, then what hurts most, then what is busiest; ties by name. */
export function rankedServices({ services, endpoints, alerts }: Facts): FactsOfService[] {
  const alerted = new Set(alerts.map((a) => a.subject.service).filter((s) => s !== undefined));
  // A small route may fail altogether within a large service that does not show it.
  const worst = new Map<string, number>();
  for (const e of endpoints) worst.set(e.service, Math.max(worst.get(e.service) ?? 0, hurt(e.now, e.before)));
  return sorted(
    services,
    (s) => (alerted.has(s.service) ? 1 : 0),
    (s) => hurt(s.now, s.before) + (worst.get(s.service) ?? 0),
    (s) => s.now.exchanges + s.before.exchanges,
    (s) => s.service,
  );
}

export function rankedEndpoints(endpoints: readonly FactsOfEndpoint[], alerted: ReadonlySet<string>): FactsOfEndpoint[] {
  return sorted(
    endpoints,
    (e) => (alerted.has(endpointKey(e)) ? 1 : 0),
    (e) => hurt(e.now, e.before),
    (e) => e.now.exchanges + e.before.exchanges,
    endpointKey,
  );
}

export function sorted<T>(list: readonly T[], first: (t: T) => number, second: (t: T) => number, third: (t: T) => number, name: (t: T) => string): T[] {
  return list
    .map((t) => ({ t, keys: [first(t), second(t), third(t)], name: name(t) }))
    .sort((a, b) => b.keys[0]! - a.keys[0]! || b.keys[1]! - a.keys[1]! || b.keys[2]! - a.keys[2]! || compare(a.name, b.name))
    .map(({ t }) => t);
}

/** Response headers by which a site asks browsers for protection. Strict-Transport-Security is not looked for: over plain HTTP, which is what is captured, it must not be sent (RFC 6797, 7.2). */
const PAGE_HEADERS = ['content-security-policy', 'x-content-type-options'];
export const SECURITY_HEADERS: ReadonlySet<string> = new Set([
  ...PAGE_HEADERS,
  'strict-transport-security',
  'x-frame-options',
  'referrer-policy',
  'permissions-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'cross-origin-embedder-policy',
]);

/** Shares of a service's exchanges between which a header counts as there, as gone, and as noticeably more or less often. */
const THERE = 0.2;
const GONE = 0.01;
const NOTICED = 0.3;
const PAGES = 0.2;
const PROTECTED = 0.5;

export interface Noticed {
  kind: InputHeader['kind'];
  header: FactsOfHeader;
}

/** What is noticed about headers, most telling first. A header may be noticed more than once. */
export function noticedHeaders({ services, headers }: Facts): Noticed[] {
  const found: Noticed[] = [];
  const byKey = new Map<string, FactsOfHeader>();
  for (const h of headers) {
    byKey.set(`${h.service}\0${h.direction}\0${h.name}`, h);
    if (h.direction === 'request' && h.passwords > 0) found.push({ kind: 'credential_in_clear', header: h });
    const kind = change(h);
    if (kind !== null) found.push({ kind, header: h });
  }
  for (const { service, pages, now } of services) {
    if (pages < FLOOR || pages < PAGES * now.exchanges) continue;
    for (const name of PAGE_HEADERS) {
      const none = { service, direction: 'response' as const, name, exchanges: 0, of: now.exchanges, before: 0, ofBefore: 0, passwords: 0, passwordsBefore: 0 };
      const header = byKey.get(`${service}\0response\0${name}`) ?? none;
      if (header.exchanges < PROTECTED * pages && change(header) !== 'vanished') found.push({ kind: 'missing_security_header', header });
    }
  }
  const weight = (n: Noticed) => (n.kind === 'credential_in_clear' ? 3 : n.kind === 'vanished' || n.kind === 'appeared' ? 2 : 1);
  return sorted(
    found,
    weight,
    ({ header: h }) => (SECURITY_HEADERS.has(h.name) ? 1 : 0) + Math.abs(shareOf(h) - (shareBefore(h) ?? 0)),
    ({ header: h }) => h.of,
    ({ kind, header: h }) => `${h.service}\0${h.direction}\0${h.name}\0${kind}`,
  );
}

/** Whether something may be said of a header: also that it is there, where its absence would be noticed. */
export function isTelling(h: FactsOfHeader): boolean {
  return h.passwords > 0 || PAGE_HEADERS.includes(h.name) || change(h) !== null;
}

export function shareOf(h: FactsOfHeader): number {
  return h.of > 0 ? h.exchanges / h.of : 0;
}

export function shareBefore(h: FactsOfHeader): number | null {
  return h.ofBefore > 0 ? h.before / h.ofBefore : null;
}

function change(h: FactsOfHeader): 'appeared' | 'vanished' | 'more_often' | 'less_often' | null {
  const before = shareBefore(h);
  if (before === null || h.of < FLOOR || h.ofBefore < FLOOR) return null;
  const now = shareOf(h);
  if (before <= GONE && now >= THERE) return 'appeared';
  if (now <= GONE && before >= THERE) return 'vanished';
  if (now - before >= NOTICED) return 'more_often';
  return before - now >= NOTICED ? 'less_often' : null;
}
