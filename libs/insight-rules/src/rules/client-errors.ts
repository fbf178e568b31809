import type { InputEndpoint, InputFailure, InputHeader } from '../input.ts';
import { numberOf } from '../numbers.ts';
import { Picture, against, exchangesOf, listed, type Draft } from './picture.ts';
import { THRESHOLDS as T } from './thresholds.ts';

const KINDS = {
  denied: { statuses: [401, 403], words: 'refuses its callers', severity: 'ticket' },
  limited: { statuses: [429], words: 'limits its callers', severity: 'ticket' },
  not_found: { statuses: [404], words: 'is asked for what is not there', severity: 'info' },
  other: { statuses: [] as number[], words: 'refuses what it is sent', severity: 'info' },
} as const;
type Kind = keyof typeof KINDS;

/** Request headers that say who asks. */
const CREDENTIALS = /^(?:authorization|proxy-authorization|cookie|x-api-key|api-key|dpop|x-auth-.*|.*-token)$/;

interface More {
  e: InputEndpoint;
  f: InputFailure;
}

export function clientErrors(p: Picture): Draft[] {
  return p.input.services.flatMap((s) => {
    const more = p.endpoints(s.id).flatMap((e) =>
      p
        .failures(e.id)
        .filter((f) => isMore(f))
        .map((f) => ({ e, f })),
    );
    return (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
      const mine = more.filter(({ f }) => kindOf(f.status!) === kind);
      const answered = mine.reduce((n, { f }) => n + numberOf(f.exchanges), 0);
      return answered >= T.client_errors ? [draft(p, s.id, kind, mine, answered)] : [];
    });
  });
}

function kindOf(status: number): Kind {
  return (Object.keys(KINDS) as Kind[]).find((k) => (KINDS[k].statuses as readonly number[]).includes(status)) ?? 'other';
}

function isMore({ status, share_pct, before_share_pct }: InputFailure): boolean {
  if (status === null || status < 400 || status >= 500) return false;
  const before = before_share_pct ?? 0;
  return share_pct - before >= T.client_points && share_pct >= T.client_times * before;
}

function draft(p: Picture, service: string, kind: Kind, more: readonly More[], answered: number): Draft {
  const name = p.label(service);
  const worst = more.toSorted((a, b) => numberOf(b.f.exchanges) - numberOf(a.f.exchanges));
  const statuses = [...new Set(worst.map(({ f }) => f.status))].join(', ');
  const changed = kind === 'denied' || kind === 'other' ? p.headers(service, 'appeared', 'vanished', 'more_often', 'less_often').filter((h) => h.direction === 'request') : [];
  const said = worst.map(({ e, f }) => `${e.method} ${e.route} ${f.status} on ${against(f.share_pct, f.before_share_pct, '%')}`);
  const half = worst.some(({ e, f }) => f.share_pct >= 50 && exchangesOf(e) >= T.least_exchanges && e.before !== null);
  return {
    rule: `client_errors_${kind}`,
    // Without a before it may always have been so.
    severity: p.input.compared_with === null ? 'info' : kind === 'other' && half ? 'ticket' : KINDS[kind].severity,
    title: `${name} ${KINDS[kind].words}: ${answered} answers ${statuses}`,
    what_changed: `${listed(said)}.`,
    likely_cause: causeOf(kind, changed),
    check_next: [`Failures page, service ${name}, status ${worst[0]!.f.status}: since when, and by whom`, nextOf(kind, name)],
    confidence: p.confidence(worst.reduce((n, { e }) => n + exchangesOf(e), 0)),
    evidence: [...worst.slice(0, 4).flatMap(({ e, f }) => [f.id, e.id]), service, ...changed.map((h) => h.id)],
    weight: answered,
  };
}

function causeOf(kind: Kind, changed: readonly InputHeader[]): string | null {
  if (changed.length === 0) return null;
  const said = listed(
    changed.map((h) => `${h.name} ${h.kind.replace('_', ' ')} (${h.share_pct} % of exchanges, ${h.before_share_pct ?? 0} % before)`),
    3,
  );
  const lacks = kind === 'denied' && changed.some((h) => CREDENTIALS.test(h.name) && (h.kind === 'vanished' || h.kind === 'less_often'));
  return lacks
    ? `Callers no longer send what they are known by: request headers ${said}.`
    : `It coincides with changed request headers: ${said}. That looks like a release of its callers.`;
}

function nextOf(kind: Kind, name: string): string {
  switch (kind) {
    case 'denied':
      return `Headers page, service ${name}: credentials of the callers (authorization, cookie), and whether tokens or keys ran out`;
    case 'limited':
      return `Clients of ${name}: who asks more than before, and whether they wait as Retry-After says`;
    case 'not_found':
      return `Clients of ${name}: one that tries many paths, or one with an old address`;
    case 'other':
      return `Clients of ${name}: which of them, and what they send since then`;
  }
}
